// When to ask whether the peer is still there, and when to believe that it is not (gRFC A8 and A9).
#pragma once

#include <algorithm>
#include <cstdint>

#include <heddle/base/time.hpp>

namespace heddle::transport {

/// A machine without I/O and without a clock. Whatever is read is a sign of life, and silence is measured from it,
/// never from the last PING: else a client would be struck by a server that is set to the very time that it is set to.
class keepalive {
 public:
  enum class verdict : std::uint8_t { alive, ask, dead };

  /// Off.
  keepalive() noexcept = default;
  /// Asks after `time` of silence, and believes in death after `timeout` without an answer of any kind. With `always`,
  /// also while there are no calls. `time` may be infinite: off.
  keepalive(duration time, duration timeout, bool always) noexcept : time_(time), timeout_(timeout), always_(always) {}

  bool is_on() const noexcept { return time_ != infinite; }
  duration timeout() const noexcept { return timeout_; }

  void heard(time_point now) noexcept {
    heard_ = now;
    asked_ = never;
  }
  /// Call at next() or later, and before the first call after none. `ask`: send a PING; it is told once.
  verdict look(time_point now, bool calls) noexcept {
    if (!is_on()) return verdict::alive;
    if (asked_ != never) return now < after(asked_, timeout_) ? verdict::alive : verdict::dead;
    if (now < next(calls)) return verdict::alive;
    asked_ = now;
    ++times_asked_;
    return verdict::ask;
  }
  std::uint64_t times_asked() const noexcept { return times_asked_; }
  /// When look() will say something else; `never` while nobody needs to know. A PING that is under way when the last
  /// call ends still decides.
  time_point next(bool calls) const noexcept {
    if (!is_on()) return never;
    if (asked_ != never) return after(asked_, timeout_);
    return calls || always_ ? after(heard_, time_) : never;
  }

 private:
  duration time_ = infinite, timeout_ = infinite;
  bool always_ = false;
  time_point heard_{};
  time_point asked_ = never;
  std::uint64_t times_asked_ = 0;
};

/// What A8 sets for clients, and grpc-go for servers.
inline constexpr duration min_client_keepalive_time = std::chrono::seconds(10);
inline constexpr duration min_server_keepalive_time = std::chrono::seconds(1);

/// What a client asks after once it was told too_many_pings.
constexpr duration doubled_keepalive_time(duration time) noexcept { return time > infinite / 2 ? infinite : time * 2; }

}  // namespace heddle::transport
