// DATA of a stream that waits for a window or for the socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <heddle/base/bytes.hpp>

namespace heddle::http2 {

/// A FIFO of bytes. Much of it leaves by reference: whoever sends it shares its memory, and what comes later goes into
/// memory of its own.
class pending_data {
 public:
  /// Less than this is copied faster than it is shared.
  static constexpr std::size_t least_shared = 8 * 1024;

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return front_.size() + back_.size(); }

  std::uint8_t* prepare(std::size_t n) { return back_.prepare(n); }
  void commit(std::size_t n) noexcept { back_.commit(n); }

  /// What is first, in one place.
  bytes_view front() {
    if (front_.empty()) {
      if (back_.size() < least_shared) return back_.view();
      shared_ = std::make_shared<byte_buffer>(std::exchange(back_, byte_buffer()));
      front_ = shared_->view();
    }
    return front_;
  }
  /// Who keeps front() as it is; null: nobody.
  std::shared_ptr<byte_buffer const> owner() const noexcept { return front_.empty() ? nullptr : shared_; }
  /// Drops bytes that front() has shown.
  void consume(std::size_t n) noexcept {
    if (front_.empty()) return back_.consume(n);
    front_ = front_.subspan(n);
    if (front_.empty()) shared_ = nullptr;
  }
  /// Gives memory above `keep` back. Only does so while empty.
  void shrink(std::size_t keep) noexcept {
    if (empty()) back_.shrink(keep);
  }
  void clear() noexcept {
    front_ = {};
    shared_ = nullptr;
    back_.clear();
  }

 private:
  std::shared_ptr<byte_buffer const> shared_;  // what front_ is a part of
  bytes_view front_;
  byte_buffer back_;
};

}  // namespace heddle::http2
