// RFC 9113 §5.2 and §6.9: one direction's credit, signed, since a SETTINGS change may take it below zero.
#pragma once

#include <cstdint>

#include <heddle/http2/frame.hpp>

namespace heddle::http2 {

/// What we may still send.
class send_window {
 public:
  explicit send_window(std::int64_t size = 65535) noexcept : size_(size) {}

  std::int64_t available() const noexcept { return size_; }
  void take(std::int64_t n) noexcept { size_ -= n; }
  /// False when the credit would pass 2^31-1 (§6.9.1: FLOW_CONTROL_ERROR); nothing is changed then.
  [[nodiscard]] bool grow(std::int64_t n) noexcept {
    if (size_ + n > std::int64_t{max_window}) return false;
    size_ += n;
    return true;
  }

 private:
  std::int64_t size_;
};

/// What the peer may still send us. It grows when the application has taken data, and is announced when half of it
/// is used up, so that a WINDOW_UPDATE is rare and the sender never waits for one that a reader already earned.
class receive_window {
 public:
  explicit receive_window(std::uint32_t size = 65535) noexcept : size_(size), left_(size) {}

  /// False when the peer sent more than it was allowed to.
  [[nodiscard]] bool receive(std::int64_t n) noexcept {
    if (n > 0 && n > left_) return false;  // §6.9.1: a frame without content is free, also below zero
    left_ -= n;
    held_ += n;
    return true;
  }
  /// The application took `n` bytes. Returns the increment to announce now, 0 for none.
  std::uint32_t consume(std::int64_t n) noexcept {
    earn(n);
    return announce(size_);
  }
  /// The same for a window that many share. What some hold for long must not starve the others, so that half of what
  /// is not held is enough.
  std::uint32_t consume_shared(std::int64_t n) noexcept {
    earn(n);
    return announce(size_ - held_);
  }
  /// Nobody will read the `n` bytes, and nothing is granted for them.
  void drop(std::int64_t n) noexcept { held_ -= n; }
  /// The peer has acknowledged that the window is only `size` bytes wide. Returns the increment to announce now.
  std::uint32_t shrink(std::uint32_t size) noexcept {
    left_ -= std::int64_t{size_} - size;
    size_ = size;
    return announce(size_);
  }
  /// The peer is being told that the window is `size` bytes wide, which is no less than it was.
  void widen(std::uint32_t size) noexcept {
    left_ += std::int64_t{size} - size_;
    size_ = size;
  }
  std::int64_t held() const noexcept { return held_; }
  std::int64_t left() const noexcept { return left_; }
  std::uint32_t size() const noexcept { return size_; }

 private:
  void earn(std::int64_t n) noexcept {
    if (n > held_) n = held_;
    held_ -= n;
    earned_ += n;
  }
  std::uint32_t announce(std::int64_t of) noexcept {
    if (earned_ * 2 < of) return 0;
    auto const increment = static_cast<std::uint32_t>(earned_);
    left_ += earned_;
    earned_ = 0;
    return increment;
  }

  std::uint32_t size_;
  std::int64_t left_, held_ = 0, earned_ = 0;
};

}  // namespace heddle::http2
