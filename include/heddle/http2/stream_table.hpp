// Finds open streams by id, and remembers how the last ones were closed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/http2/frame.hpp>
#include <heddle/http2/stream_state.hpp>

namespace heddle::http2 {

class stream;

/// Open addressing with linear probing; ids are odd and grow, so the identity over half the id spreads them evenly.
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
    // Backward shift: whatever probed past this slot moves up, so that no tombstones gather.
    for (std::size_t hole = i;;) {
      slots_[hole].id = 0;
      for (std::size_t j = (hole + 1) & mask_;; j = (j + 1) & mask_) {
        if (slots_[j].id == 0) return;
        if (((j - home(slots_[j].id)) & mask_) >= ((j - hole) & mask_)) {
          slots_[hole] = slots_[j];
          hole = j;
          break;
        }
      }
    }
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
  void place(stream_id id, stream* value) noexcept {
    std::size_t i = home(id);
    while (slots_[i].id != 0) i = (i + 1) & mask_;
    slots_[i].id = id;
    slots_[i].value = value;
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

/// How the streams closed last ended, so that late frames on them get the answer that RFC 9113 §5.1 wants.
class closed_streams {
 public:
  /// `id` must not be in here.
  void remember(stream_id id, stream_state how) noexcept {
    ring_[next_ % ring_.size()] = {id, how};
    ++next_;
  }
  /// Also when `id` is in here: late frames have changed what others mean.
  void change(stream_id id, stream_state how) noexcept {
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
  struct entry {
    stream_id id = 0;
    stream_state how = stream_state::forgotten;
  };
  std::array<entry, 256> ring_{};
  std::size_t next_ = 0;
};

}  // namespace heddle::http2
