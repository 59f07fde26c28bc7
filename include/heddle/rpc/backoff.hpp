// How long to wait between connection attempts (doc/connection-backoff.md). The same curve serves retries (A6).
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include <heddle/base/random.hpp>

namespace heddle {

/// Defaults are those of connection-backoff.md: 1 s, growing by 1.6 up to 120 s, each +-20 %, and at least 20 s for an
/// attempt to connect. `min_connect_timeout` is a knob of its own: lowering the backoff must not cut handshakes short.
class backoff_options {
 public:
  backoff_options() noexcept = default;

  std::chrono::nanoseconds initial() const noexcept { return initial_; }
  std::chrono::nanoseconds max() const noexcept { return max_; }
  double multiplier() const noexcept { return multiplier_; }
  double jitter() const noexcept { return jitter_; }
  std::chrono::nanoseconds min_connect_timeout() const noexcept { return min_connect_timeout_; }

  backoff_options& initial(std::chrono::nanoseconds delay) & noexcept {
    initial_ = delay;
    return *this;
  }
  backoff_options&& initial(std::chrono::nanoseconds delay) && noexcept { return std::move(initial(delay)); }

  /// Of the delay before its jitter.
  backoff_options& max(std::chrono::nanoseconds delay) & noexcept {
    max_ = delay;
    return *this;
  }
  backoff_options&& max(std::chrono::nanoseconds delay) && noexcept { return std::move(max(delay)); }

  backoff_options& multiplier(double factor) & noexcept {
    multiplier_ = factor;
    return *this;
  }
  backoff_options&& multiplier(double factor) && noexcept { return std::move(multiplier(factor)); }

  /// The part of a delay by which it may be shorter or longer: 0.2 is +-20 %.
  backoff_options& jitter(double part) & noexcept {
    jitter_ = part;
    return *this;
  }
  backoff_options&& jitter(double part) && noexcept { return std::move(jitter(part)); }

  backoff_options& min_connect_timeout(std::chrono::nanoseconds timeout) & noexcept {
    min_connect_timeout_ = timeout;
    return *this;
  }
  backoff_options&& min_connect_timeout(std::chrono::nanoseconds timeout) && noexcept {
    return std::move(min_connect_timeout(timeout));
  }

 private:
  std::chrono::nanoseconds initial_ = std::chrono::seconds(1);
  std::chrono::nanoseconds max_ = std::chrono::seconds(120);
  double multiplier_ = 1.6;
  double jitter_ = 0.2;
  std::chrono::nanoseconds min_connect_timeout_ = std::chrono::seconds(20);
};

/// The state of one backoff. For connections the delay counts from the START of the failed attempt, not from its end.
class backoff {
 public:
  explicit backoff(backoff_options const& options) noexcept : options_(options) { reset(); }

  /// The delay before the next attempt; each call is a step further.
  std::chrono::nanoseconds next(random_source& random) {
    double const delay = current_ * (1 + options_.jitter() * (2 * random.uniform() - 1));
    current_ = std::min(current_ * options_.multiplier(), static_cast<double>(options_.max().count()));
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(std::clamp(delay, 0.0, longest)));
  }

  /// After a success: the next delay is the initial one again.
  void reset() noexcept { current_ = static_cast<double>(std::min(options_.initial(), options_.max()).count()); }

  backoff_options const& options() const noexcept { return options_; }

 private:
  static constexpr double longest = 1e18;  // 30 years: can be added to the time of any clock

  backoff_options options_;
  double current_ = 0;  // nanoseconds, before jitter
};

}  // namespace heddle
