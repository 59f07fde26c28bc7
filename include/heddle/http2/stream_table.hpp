// Finds open streams by id, and remembers how the last ones were closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <heddle/http2/frame.hpp>
#include <heddle/http2/stream_state.hpp>

namespace heddle::http2 {

class stream;

/// Robin Hood hashing. Ids are odd and grow, so that the identity over half the id spreads them evenly: nearly all are
/// at home, however many are open, and nothing has to be looked at beyond.
class stream_table {
 public:
  stream* find(stream_id id) const noexcept {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = home(id);; i = (i + 1) & mask_) {
      if (slots_[i].id == id) return slots_[i].value;
      if (slots_[i].id == 0) return nullptr;
    }
  }
  void insert(stream_id id, stream* value) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    place(id, value);
    ++size_;
  }
  void erase(stream_id id) noexcept {
    if (slots_.empty()) return;
    std::size_t i = home(id);
    while (slots_[i].id != id) {
      if (slots_[i].id == 0) return;
      i = (i + 1) & mask_;
    }
    --size_;
    // Whatever probed past this slot moves up, so that no tombstones gather.
    for (std::size_t next = (i + 1) & mask_; slots_[next].id != 0 && distance(next) != 0; next = (next + 1) & mask_) {
      slots_[i] = slots_[next];
      i = next;
    }
    slots_[i] = slot();
  }
  std::size_t size() const noexcept { return size_; }

  /// Calls `f(stream&)` for each open stream. `f` must not insert or erase.
  template <class F>
  void for_each(F&& f) const {
    for (slot const& s : slots_)
      if (s.id != 0) f(*s.value);
  }

 private:
  struct slot {
    stream_id id = 0;
    stream* value = nullptr;
  };

  std::size_t home(stream_id id) const noexcept { return (id >> 1) & mask_; }
  /// How far from its home the stream in slot `i` is.
  std::size_t distance(std::size_t i) const noexcept { return (i - home(slots_[i].id)) & mask_; }
  void place(stream_id id, stream* value) noexcept {
    slot moving{id, value};
    std::size_t i = home(id);
    for (std::size_t far = 0; slots_[i].id != 0; i = (i + 1) & mask_, ++far) {
      std::size_t const its = distance(i);
      if (its >= far) continue;
      std::swap(moving, slots_[i]);  // who is nearer to home goes on
      far = its;
    }
    slots_[i] = moving;
  }
  void grow() {
    std::vector<slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (slot const& s : old)
      if (s.id != 0) place(s.id, s.value);
  }

  std::vector<slot> slots_;
  std::size_t mask_ = 0, size_ = 0;
};

/// How the streams closed last ended, so that late frames on them get the answer that RFC 9113 §5.1 wants. Takes memory
/// for as many as there were, up to 256.
class closed_streams {
 public:
  /// `id` must not be in here.
  void remember(stream_id id, stream_state how) {
    if (next_ == ring_.size() && next_ < most) ring_.resize(ring_.empty() ? 8 : ring_.size() * 2);
    ring_[next_ % most] = {id, how};
    ++next_;
  }
  /// Also when `id` is in here: late frames have changed what others mean.
  void change(stream_id id, stream_state how) {
    for (entry& e : ring_)
      if (e.id == id) return static_cast<void>(e.how = how);
    remember(id, how);
  }
  stream_state find(stream_id id) const noexcept {
    for (entry const& e : ring_)
      if (e.id == id) return e.how;
    return stream_state::forgotten;
  }

 private:
  static constexpr std::size_t most = 256;
  struct entry {
    stream_id id = 0;
    stream_state how = stream_state::forgotten;
  };
  std::vector<entry> ring_;
  std::size_t next_ = 0;
};

}  // namespace heddle::http2
