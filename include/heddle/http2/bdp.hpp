// How much is under way when a connection is full (bandwidth × round trip), found out by PINGs while data flows: grpc's
// BDP estimation. Windows that hold as much never keep a sender waiting.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include <heddle/base/time.hpp>

namespace heddle::http2 {

/// A sample is what arrives between a PING and its answer. When that is about half of the window or more (a window is
/// announced by halves), the window may be what holds the sender back. It is if the bandwidth was never seen before, or
/// if the PING met no queue: then the window doubles. Otherwise the way itself is full, and a larger window would only
/// make queues longer.
class bdp_estimator {
 public:
  /// The payload of its PINGs.
  static constexpr std::uint64_t ping_payload = 0x6865'6464'6c65'4244;

  /// `window`: what the peer may have under way now. Estimates never pass `most`; when it is not larger, nothing is
  /// ever probed.
  bdp_estimator(std::uint32_t window, std::uint32_t most) noexcept : estimate_(window), most_(most) { rest(); }

  /// `n` bytes of DATA came. True: send a PING now, for so much has come that the peer can't mind one, and call
  /// began().
  bool received(std::uint32_t n) noexcept {
    bytes_ += n;
    return bytes_ >= trigger_;
  }
  void began(time_point now) noexcept {
    began_ = now;
    bytes_ = 0;
    trigger_ = no_trigger;
    probing_ = true;
  }
  /// The answer to the PING. True: the estimate has grown. `unread`: what lies here of all that came before; where
  /// readers don't keep up, they are what holds the sender back, and more would only lie here, too.
  bool answered(time_point now, std::int64_t unread) noexcept {
    if (!probing_) return false;
    probing_ = false;
    double const seconds = std::chrono::duration<double>(now - began_).count();
    double const bandwidth = seconds > 0 ? static_cast<double>(bytes_) / seconds : 0;
    if (seconds > 0) shortest_ = std::min(shortest_, seconds);
    bool const full = bytes_ >= estimate_ / 5 * 2, read = static_cast<std::uint64_t>(unread) * 4 <= bytes_;
    bool const no_queue = seconds <= shortest_ * 1.25;
    bool const grows = full && read && seconds > 0 && (bandwidth > bandwidth_ || no_queue);
    if (grows) {
      bandwidth_ = std::max(bandwidth_, bandwidth);
      estimate_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(most_, std::max(bytes_, estimate_) * 2));
      patience_ = 0;
    } else {
      patience_ = std::min(patience_ + 1, 4u);
    }
    rest();
    return grows;
  }

  std::uint32_t estimate() const noexcept { return static_cast<std::uint32_t>(estimate_); }
  bool probing() const noexcept { return probing_; }

 private:
  static constexpr std::uint64_t no_trigger = static_cast<std::uint64_t>(-1);

  /// Until the next PING a quarter of a window goes by, and more the less the last ones have taught us.
  void rest() noexcept {
    bytes_ = 0;
    trigger_ = estimate_ < most_ ? estimate_ / 4 << patience_ : no_trigger;
  }

  std::uint64_t estimate_, most_, bytes_ = 0, trigger_ = no_trigger;
  double bandwidth_ = 0, shortest_ = std::numeric_limits<double>::max();  // the best that was seen
  time_point began_{};
  unsigned patience_ = 0;
  bool probing_ = false;
};

}  // namespace heddle::http2
