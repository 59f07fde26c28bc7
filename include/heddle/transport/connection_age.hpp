// When a server has had enough of a connection (gRFC A9).
#pragma once

#include <algorithm>
#include <cstdint>

#include <heddle/base/time.hpp>

namespace heddle::transport {

/// A machine without I/O and without a clock. All times may be infinite.
class connection_age {
 public:
  enum class verdict : std::uint8_t { stay, idle, aged, over };

  /// Stays for ever.
  connection_age() noexcept = default;
  /// `max_age` has its jitter already.
  connection_age(duration max_idle, duration max_age, duration grace) noexcept
      : max_idle_(max_idle), max_age_(max_age), grace_(grace) {}

  void start(time_point now) noexcept {
    idle_since_ = now;
    ends_ = after(now, max_age_);
  }
  /// There are calls, or there was one.
  void busy() noexcept { idle_since_ = never; }
  /// There are no calls. Counts from the first time after busy().
  void idle(time_point now) noexcept {
    if (idle_since_ == never) idle_since_ = now;
  }
  /// The peer was told the last stream: the second GOAWAY has gone out, for whatever reason.
  void last_stream_named(time_point now) noexcept {
    if (named_ == never) named_ = now;
  }

  /// Call at next() or later. `idle` and `aged`: shut the connection down, gracefully. `over`: end it with its calls.
  /// Each is said once.
  verdict look(time_point now) noexcept {
    if (now >= over_at()) {
      over_ = true;
      return verdict::over;
    }
    if (!aged_ && now >= ends_) {
      aged_ = true;
      aged_at_ = now;
      return verdict::aged;
    }
    if (now >= idle_at()) {
      told_idle_ = true;
      return verdict::idle;
    }
    return verdict::stay;
  }
  time_point next() const noexcept { return std::min({over_at(), aged_ ? never : ends_, idle_at()}); }

 private:
  time_point idle_at() const noexcept {
    return told_idle_ || idle_since_ == never ? never : after(idle_since_, max_idle_);
  }
  /// The grace belongs to the age: a drain for another reason has its own.
  time_point over_at() const noexcept {
    if (!aged_ || over_ || named_ == never) return never;
    return after(std::max(named_, aged_at_), grace_);
  }

  duration max_idle_ = infinite, max_age_ = infinite, grace_ = infinite;
  time_point idle_since_ = never, ends_ = never, aged_at_ = never, named_ = never;
  bool told_idle_ = false, aged_ = false, over_ = false;
};

/// ±10 % of `age`, for `uniform` in [0, 1): connections that came together do not leave together.
constexpr duration jittered_age(duration age, double uniform) noexcept {
  if (age > infinite / 2) return age;  // nobody will see it
  auto const tenth = static_cast<double>((age / 10).count());
  return age + duration(static_cast<duration::rep>(tenth * (2 * uniform - 1)));
}

}  // namespace heddle::transport
