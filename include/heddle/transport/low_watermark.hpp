// How much a read waits for while a large message comes in. To be woken for each segment of it costs more than to read
// them together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include <heddle/base/time.hpp>

namespace heddle::transport {

/// What byte_stream::receive_low_watermark() is told. While the rest of a message is on its way, nothing that comes
/// before the rest has come can be used, but for what other streams are sent in between. These must not wait for a
/// message that does not come: so a read waits only as long as bytes keep coming, and a way too slow for that is left
/// alone for a while.
class low_watermark {
 public:
  static constexpr std::size_t least = 16 * 1024, most = 128 * 1024;
  /// What is sent in between waits at most for twice as long.
  static constexpr duration patience = std::chrono::microseconds(500);

  /// What the stream was told last.
  std::size_t value() const noexcept { return value_; }
  /// Before a read. `missing` bytes are sure to be under way before anything can be done; 0: nobody knows. True: tell
  /// the stream.
  bool wait_for(std::size_t missing, time_point now) noexcept {
    heard_ = true;
    std::size_t wanted = missing < least || refused_ ? 1 : std::min(missing, most);
    if (reads_at_rest_ != 0) {
      --reads_at_rest_;
      wanted = 1;
    }
    bool const near_enough = value_ <= wanted && value_ >= wanted / 2;  // to tell costs a system call
    if (near_enough) return false;
    value_ = wanted;
    if (value_ != 1 && due_ == never) due_ = after(now, patience);
    return true;
  }

  /// The stream can't wait: nothing will be told it any more.
  void refuse() noexcept {
    refused_ = true;
    value_ = 1;
    due_ = never;
  }

  /// When to call look().
  time_point due() const noexcept { return due_; }
  /// True: nothing has come for so long that the stream must be told.
  bool look(time_point now) noexcept {
    if (now < due_) return false;
    bool const heard = std::exchange(heard_, false);
    due_ = value_ != 1 && heard ? after(now, patience) : never;
    if (value_ == 1 || heard) return false;
    value_ = 1;
    reads_at_rest_ = rest;
    return true;
  }

 private:
  static constexpr unsigned rest = 64;

  std::size_t value_ = 1;
  time_point due_ = never;
  bool refused_ = false;
  bool heard_ = false;  // since look()
  unsigned reads_at_rest_ = 0;
};

}  // namespace heddle::transport
