// The time line everything is measured on. Where "now" comes from is an injected clock, never this header.
#pragma once

#include <chrono>

namespace heddle {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// "Never": later than every deadline.
inline constexpr time_point never = time_point::max();

/// Of options: for ever.
inline constexpr duration infinite = duration::max();

/// `now + delay` without overflow: a delay that reaches past the end of time is `never`.
constexpr time_point after(time_point now, duration delay) noexcept {
  if (delay > duration::zero() && now > never - delay) return never;
  return now + delay;
}

}  // namespace heddle
