// One suspended operation, erased without allocation: what a coroutine waits in until the library resumes it.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

namespace heddle {

namespace asio = boost::asio;

/// Holds a completion handler of signature void(). Used on one executor, its home; the handler's own executor may be
/// another one. Asio forbids to complete inside the initiating function, so complete() is for later events and
/// complete_later() for everybody.
class waiter {
 public:
  waiter() noexcept = default;
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;
  ~waiter() { drop(); }

  bool waiting() const noexcept { return ops_ != nullptr; }

  /// `co_await w.wait(home, start, cancel)` suspends, then calls `start()`; when its cancellation slot fires, calls
  /// `cancel(type)`, which may complete_later(). Both are named objects that outlive the wait. One wait at a time.
  template <class Start, class Cancel>
  auto wait(asio::any_io_executor const& home, Start const& start, Cancel const& cancel) {
    return asio::async_initiate<asio::deferred_t const&, void()>(
        initiation<Start, Cancel>(this, &home, &start, &cancel), asio::deferred);
  }
  /// The same for a coroutine of the home executor, whose wait is not to be cancelled.
  auto park() { return asio::async_initiate<asio::deferred_t const&, void()>(parking{this}, asio::deferred); }

  /// Resumes: at once when the handler's executor is home, through its own executor otherwise.
  void complete() { finish(true); }
  void complete_later() { finish(false); }
  /// Destroys the handler, and with it the coroutine that waits, without resuming it.
  void drop() noexcept {
    if (ops_ == nullptr) return;
    auto const* const ops = std::exchange(ops_, nullptr);
    ops->destroy(storage_);
  }

 private:
  struct operations {
    void (*finish)(waiter&, bool now);
    void (*destroy)(void*) noexcept;
  };

  template <class Start, class Cancel>
  class initiation {
   public:
    initiation(waiter* self, asio::any_io_executor const* home, Start const* start, Cancel const* cancel) noexcept
        : self_(self), home_(home), start_(start), cancel_(cancel) {}

    template <class Handler>
    void operator()(Handler&& handler) const {
      auto slot = asio::get_associated_cancellation_slot(handler);
      asio::any_io_executor const own = asio::get_associated_executor(handler, *home_);
      if (own == *home_)
        self_->store(at_home<std::decay_t<Handler>>(std::forward<Handler>(handler)));
      else
        self_->store(abroad<std::decay_t<Handler>>(own, std::forward<Handler>(handler)));
      if (slot.is_connected()) slot.assign([cancel = cancel_](asio::cancellation_type type) { (*cancel)(type); });
      (*start_)();
    }

   private:
    waiter* self_;
    asio::any_io_executor const* home_;
    Start const* start_;
    Cancel const* cancel_;
  };

  struct parking {
    waiter* self;

    template <class Handler>
    void operator()(Handler&& handler) const {
      self->store(at_home<std::decay_t<Handler>>(std::forward<Handler>(handler)));
    }
  };

  template <class Handler>
  class at_home {
   public:
    explicit at_home(Handler handler) noexcept(std::is_nothrow_move_constructible_v<Handler>)
        : handler_(std::move(handler)) {}
    void go(bool now) {
      if (now) return std::move(handler_)();
      asio::any_io_executor const own = asio::get_associated_executor(handler_);
      asio::post(own, std::move(handler_));
    }

   private:
    Handler handler_;
  };

  // A handler whose own executor is another one, which is kept at work until then.
  template <class Handler>
  class abroad {
   public:
    abroad(asio::any_io_executor const& own, Handler handler)
        : kept_(std::make_unique<content>(asio::prefer(own, asio::execution::outstanding_work.tracked),
                                          std::move(handler))) {}
    void go(bool) {
      auto const leaving = std::move(kept_);
      asio::post(leaving->own, std::move(leaving->handler));
    }

   private:
    struct content {
      content(asio::any_io_executor o, Handler h) : own(std::move(o)), handler(std::move(h)) {}
      asio::any_io_executor own;
      Handler handler;
    };
    std::unique_ptr<content> kept_;
  };

  // Most are coroutines, which are a pointer.
  template <class Handler>
  static constexpr bool fits =
      sizeof(Handler) <= 32 && alignof(Handler) <= alignof(void*) && std::is_nothrow_move_constructible_v<Handler>;

  template <class Handler>
  void store(Handler handler) {
    if constexpr (fits<Handler>)
      ::new (static_cast<void*>(storage_)) Handler(std::move(handler));
    else
      ::new (static_cast<void*>(storage_)) Handler*(new Handler(std::move(handler)));
    ops_ = &operations_for<Handler>;
  }

  template <class Handler>
  static Handler* handler_in(void* storage) noexcept {
    if constexpr (fits<Handler>)
      return std::launder(static_cast<Handler*>(storage));
    else
      return *std::launder(static_cast<Handler**>(storage));
  }
  template <class Handler>
  static void destroy_handler(void* storage) noexcept {
    if constexpr (fits<Handler>)
      handler_in<Handler>(storage)->~Handler();
    else
      delete handler_in<Handler>(storage);
  }
  template <class Handler>
  static void finish_handler(waiter& self, bool now) {
    // Everything leaves the waiter first: the handler may start the next wait in it, or destroy it.
    Handler handler(std::move(*handler_in<Handler>(self.storage_)));
    destroy_handler<Handler>(self.storage_);
    handler.go(now);
  }

  template <class Handler>
  static constexpr operations operations_for = {&finish_handler<Handler>, &destroy_handler<Handler>};

  void finish(bool now) {
    if (ops_ == nullptr) return;
    auto const* const ops = std::exchange(ops_, nullptr);
    ops->finish(*this, now);
  }

  operations const* ops_ = nullptr;
  alignas(void*) unsigned char storage_[32];
};

namespace detail {

/// A function object that takes a waiting operation to another executor: `f(owner)`, where `owner` holds the waiter.
/// Should the context end before it is run, nobody else knows of the operation, whose coroutine may own the owner: then
/// it is dropped.
template <class Owner, class F>
class waiter_delivery {
 public:
  waiter_delivery(std::shared_ptr<Owner> owner, waiter Owner::*place, F f)
      : owner_(std::move(owner)), place_(place), f_(std::move(f)) {}
  waiter_delivery(waiter_delivery&&) noexcept = default;
  ~waiter_delivery() {
    if (owner_ != nullptr) (*owner_.*place_).drop();
  }
  void operator()() { f_(std::exchange(owner_, nullptr)); }

 private:
  std::shared_ptr<Owner> owner_;
  waiter Owner::*place_;
  F f_;
};

}  // namespace detail

}  // namespace heddle
