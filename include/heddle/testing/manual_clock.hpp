// Time that stands still until a test moves it.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <heddle/transport/clock.hpp>
#include <heddle/transport/context_shutdown.hpp>

namespace heddle::testing {

/// For one io_context that the test runs itself, on one thread. Outlives the timers it makes. What waits for its alarms
/// when the context is destroyed goes down with it.
class manual_clock final : public clock, private heddle::detail::shutdown_listener {
 public:
  explicit manual_clock(asio::io_context& context) : context_(context) {}
  ~manual_clock() {
    if (listening_) heddle::detail::shutdown_service::of(context_.get_executor()).remove(*this);
  }

  time_point now() const noexcept override { return now_; }
  std::unique_ptr<timer> make_timer(asio::any_io_executor const& executor) override {
    if (!listening_) heddle::detail::shutdown_service::of(context_.get_executor()).add(*this);
    listening_ = true;
    return std::make_unique<manual_timer>(*this, executor);
  }

  /// Runs what is ready, then lets `d` pass from alarm to alarm, running everything that each one causes before the
  /// next.
  void advance(duration d) {
    time_point const target = now_ + d;
    for (;;) {
      settle();
      if (alarms_.empty() || alarms_.begin()->first > target) break;
      auto const due = alarms_.begin();
      now_ = std::max(now_, due->first);
      auto const next = due->second;
      alarms_.erase(due);
      asio::post(next->executor, [next] { next->ring(); });
    }
    now_ = target;
  }
  /// Runs what is ready, without letting time pass.
  void settle() {
    context_.restart();
    while (context_.poll() != 0) {
    }
  }
  asio::io_context& context() noexcept { return context_; }
  /// Alarms that are set.
  std::size_t pending() const noexcept { return alarms_.size(); }

 private:
  struct alarm {
    asio::any_io_executor executor;
    std::function<void()> f;
    bool cancelled = false;
    void ring() {
      if (cancelled) return;
      cancelled = true;
      auto const call = std::move(f);
      call();
    }
  };

  class manual_timer final : public timer {
   public:
    manual_timer(manual_clock& owner, asio::any_io_executor executor) : owner_(owner), executor_(std::move(executor)) {}
    ~manual_timer() override { manual_timer::cancel(); }
    void wait_until(time_point when, std::function<void()> f) override {
      cancel();
      auto const set = std::make_shared<alarm>();
      set->executor = executor_;
      set->f = std::move(f);
      alarm_ = set;
      owner_.alarms_.emplace(when, set);
    }
    void cancel() override {
      auto const set = alarm_.lock();
      alarm_.reset();
      if (set == nullptr || set->cancelled) return;
      set->cancelled = true;
      for (auto it = owner_.alarms_.begin(); it != owner_.alarms_.end(); ++it) {
        if (it->second != set) continue;
        owner_.alarms_.erase(it);
        break;
      }
    }

   private:
    manual_clock& owner_;
    asio::any_io_executor executor_;
    std::weak_ptr<alarm> alarm_;
  };

  void on_context_shutdown() noexcept override {
    listening_ = false;
    auto const dropped = std::exchange(alarms_, {});
  }

  asio::io_context& context_;
  bool listening_ = false;
  time_point now_{std::chrono::hours(1)};
  std::multimap<time_point, std::shared_ptr<alarm>> alarms_;
};

}  // namespace heddle::testing
