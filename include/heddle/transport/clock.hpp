// Where time comes from. Nothing else in the library asks a clock or sets a timer, so tests can hold time still.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/time.hpp>

namespace heddle {

namespace asio = boost::asio;

/// One alarm at a time. Not thread-safe: used on the executor it was made for. Destroying it cancels.
class timer {
 public:
  virtual ~timer() = default;
  /// Calls `f` on the timer's executor at `when` or soon after, never from inside this call. Replaces the alarm before.
  virtual void wait_until(time_point when, std::function<void()> f) = 0;
  /// No call comes after this, not even one that was under way.
  virtual void cancel() = 0;
};

/// Thread-safe. Must outlive the timers it makes.
class clock {
 public:
  virtual ~clock() = default;
  virtual time_point now() const noexcept = 0;
  virtual std::unique_ptr<timer> make_timer(asio::any_io_executor const& executor) = 0;

  /// Suspends the calling coroutine. Any cancellation wakes it, with boost::asio::error::operation_aborted thrown.
  asio::awaitable<void> sleep_for(duration delay);
};

/// std::chrono::steady_clock and its timers.
clock& system_clock() noexcept;

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/clock.ipp>
#endif
