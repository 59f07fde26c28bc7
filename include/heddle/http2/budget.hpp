// What a peer may cost us: token buckets, the reasons to draw on them, and the counters that operators read.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/time.hpp>
#include <heddle/http2/limits.hpp>

namespace heddle::http2 {

/// Why something was charged, refused or reset. Each one is a counter.
enum class reason : std::uint8_t {
  none,
  // resets by or because of the peer
  early_reset,
  cancelled_by_peer,
  refused_stream,
  malformed_headers,
  stream_closed,
  stream_flow_control,
  stream_window_zero,
  stream_window_overflow,
  content_length_mismatch,
  self_dependency,
  stream_frame_size,
  // odd frames
  unknown_frame,
  priority_frame,
  idle_window_update,
  empty_data,
  interim_response,
  frame_on_closed_stream,
  // our own resets: never charged
  application_reset,
  early_answer,
  stalled_answer,
  count_
};

enum class budget : std::uint8_t { resets, cancels, glitches, none };

constexpr budget budget_of(reason why) noexcept {
  if (why == reason::cancelled_by_peer) return budget::cancels;
  if (why >= reason::early_reset && why <= reason::stream_frame_size) return budget::resets;
  if (why >= reason::unknown_frame && why <= reason::frame_on_closed_stream) return budget::glitches;
  return budget::none;
}

/// The GOAWAY debug text when a budget is spent.
constexpr std::string_view exhausted_text(budget which) noexcept {
  switch (which) {
    case budget::resets: return "too_many_resets";
    case budget::cancels: return "too_many_cancels";
    case budget::glitches: return "too_many_glitches";
    case budget::none: break;
  }
  return "";
}

class token_bucket {
 public:
  token_bucket(double burst, double per_second) noexcept : tokens_(burst), burst_(burst), per_second_(per_second) {}

  /// False when nothing is left at `now`.
  bool take(time_point now) noexcept {
    give(std::chrono::duration<double>(now - last_).count() * per_second_);
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  void give(double n) noexcept { tokens_ = std::min(burst_, tokens_ + n); }

 private:
  double tokens_, burst_, per_second_;
  time_point last_{};
};

/// The buckets of one connection, and how often each reason came up.
class budgets {
 public:
  explicit budgets(limits const& l) noexcept
      : resets_(l.reset_burst, l.resets_per_second),
        cancels_(l.cancel_burst, l.cancels_per_second),
        glitches_(l.glitch_burst, l.glitches_per_second) {}

  /// Counts `why` and draws on its bucket. False when that bucket is spent.
  bool charge(reason why, time_point now) noexcept {
    ++counts_[static_cast<std::size_t>(why)];
    switch (budget_of(why)) {
      case budget::resets: return resets_.take(now);
      case budget::cancels: return cancels_.take(now);
      case budget::glitches: return glitches_.take(now);
      case budget::none: break;
    }
    return true;
  }
  void call_completed() noexcept { resets_.give(1); }
  std::uint64_t count(reason why) const noexcept { return counts_[static_cast<std::size_t>(why)]; }

 private:
  token_bucket resets_, cancels_, glitches_;
  std::array<std::uint64_t, static_cast<std::size_t>(reason::count_)> counts_{};
};

}  // namespace heddle::http2
