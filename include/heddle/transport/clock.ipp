#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/transport/clock.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle {

namespace detail {

class system_timer final : public timer {
 public:
  explicit system_timer(asio::any_io_executor const& executor) : timer_(executor) {}
  ~system_timer() override { system_timer::cancel(); }

  void wait_until(time_point when, std::function<void()> f) override {
    cancel();
    // The operation owns what it calls, so that whoever waits goes down with the context.
    auto const owned = std::make_shared<alarm>(alarm{std::move(f), false});
    alarm_ = owned;
    timer_.expires_at(when);
    timer_.async_wait([owned](boost::system::error_code) {
      if (owned->cancelled) return;  // perhaps between expiry and this call
      owned->cancelled = true;
      auto const call = std::move(owned->f);
      call();
    });
  }
  void cancel() override {
    auto const live = alarm_.lock();
    if (live == nullptr) return;
    live->cancelled = true;
    alarm_.reset();
    timer_.cancel();
  }

 private:
  struct alarm {
    std::function<void()> f;
    bool cancelled;
  };
  asio::steady_timer timer_;
  std::weak_ptr<alarm> alarm_;
};

class steady_system_clock final : public clock {
 public:
  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<timer> make_timer(asio::any_io_executor const& executor) override {
    return std::make_unique<system_timer>(executor);
  }
};

}  // namespace detail

HEDDLE_DECL clock& system_clock() noexcept {
  static detail::steady_system_clock only;
  return only;
}

HEDDLE_DECL asio::awaitable<void> clock::sleep_for(duration delay) {
  asio::any_io_executor const executor = co_await asio::this_coro::executor;
  std::unique_ptr<timer> const alarm = make_timer(executor);
  std::weak_ptr<waiter> sleeper;
  bool cancelled = false;
  auto owned = std::make_shared<waiter>();  // by the alarm once it is set, not by this coroutine, which it owns
  waiter& place = *owned;
  auto const start = [&, this] {
    sleeper = owned;
    std::function<void()> wake = [owned] { owned->complete(); };
    owned.reset();
    alarm->wait_until(after(now(), delay), std::move(wake));
  };
  auto const cancel = [&](asio::cancellation_type) {
    auto const sleeping = sleeper.lock();
    if (sleeping == nullptr) return;
    cancelled = true;
    alarm->cancel();
    sleeping->complete_later();
  };
  co_await place.wait(executor, start, cancel);
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace heddle
