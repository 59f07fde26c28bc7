// Operations with a completion token: what was started, its handler and its result, in one block on the heap.
#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <heddle/base/status.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle {

/// What says how an operation of that signature tells its end: a callback, asio::use_future, asio::deferred,
/// asio::as_tuple(asio::use_awaitable) and so on. `Other` is what an overload takes in its place.
template <class Token, class Signature, class Other = void>
concept completion_token =
    !std::same_as<std::remove_cvref_t<Token>, Other> && asio::completion_token_for<Token, Signature>;

namespace detail {

/// Where an erased operation leaves how it ended, before its waiter completes.
struct operation_outcome {
  status why;
  bool yes = false;  // reading: there is a message; writing: it was taken
};

/// `State` knows what is to be done, and keeps arguments and results:
///   waiter& place();                                 where to wait, alive as long as the state is
///   asio::any_io_executor const& home() const;       the waiter's executor
///   void start();                                    on any executor; must not complete() the waiter itself
///   void cancel();                                   on the handler's executor, also when it is too late, or too early
///   std::tuple<...> take();                          on the handler's executor: what the handler gets
template <class State, class Handler>
class operation {
 public:
  template <class... Args>
  static void launch(Handler&& handler, Args&&... args) {
    allocator memory(asio::get_associated_allocator(handler));
    operation* const self = traits::allocate(memory, 1);
    try {
      traits::construct(memory, self, std::move(handler), std::forward<Args>(args)...);
    } catch (...) {
      traits::deallocate(memory, self, 1);
      throw;
    }
    completion done(self);
    self->state_.place().wait(self->state_.home(), self->start_, self->cancel_)(std::move(done));
  }

  template <class... Args>
  explicit operation(Handler&& handler, Args&&... args)
      : memory_(asio::get_associated_allocator(handler)),
        handler_(std::move(handler)),
        state_(std::forward<Args>(args)...),
        executor_(executor_for(handler_, state_.home())),
        work_(asio::prefer(executor_, asio::execution::outstanding_work.tracked)) {}
  operation(operation const&) = delete;
  operation& operator=(operation const&) = delete;

 private:
  using allocator =
      typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<operation>;
  using traits = std::allocator_traits<allocator>;

  using own_executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  /// The system's executor and use_future's, which know no work, mean any thread: the home's, before the system starts
  /// threads for them.
  static constexpr bool anywhere = !asio::can_query_v<own_executor, asio::execution::outstanding_work_t::tracked_t>;

  static asio::any_io_executor executor_for(Handler const& handler, asio::any_io_executor const& home) {
    if constexpr (anywhere)
      return home;
    else
      return asio::get_associated_executor(handler, home);
  }

  /// What the waiter holds. Destroying it destroys the operation.
  class completion {
   public:
    using executor_type = asio::any_io_executor;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Handler>;

    explicit completion(operation* owned) noexcept : owned_(owned) {}
    completion(completion&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
    ~completion() {
      if (owned_ != nullptr) destroy(owned_);
    }
    void operator()() { finish(std::exchange(owned_, nullptr)); }

    executor_type get_executor() const noexcept { return owned_->executor_; }
    allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(owned_->handler_); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot_of(owned_->handler_); }

   private:
    operation* owned_;
  };

  struct starter {
    operation* self;
    void operator()() const { self->state_.start(); }
  };
  struct canceller {
    operation* self;
    void operator()(asio::cancellation_type type) const {
      if (type != asio::cancellation_type::none) self->state_.cancel();
    }
  };

  static auto slot_of(Handler const& handler) noexcept {
    return asio::get_associated_cancellation_slot(handler, asio::cancellation_slot());  // 1.81: std::ref needs both
  }

  static void destroy(operation* self) noexcept {
    allocator memory(self->memory_);
    traits::destroy(memory, self);
    traits::deallocate(memory, self, 1);
  }

  /// The memory is free again, and no signal leads here any more, when the handler is called: it may start the next
  /// one.
  static void finish(operation* self) {
    completion owner(self);
    auto slot = slot_of(self->handler_);
    if (slot.is_connected()) slot.clear();
    auto result = self->state_.take();
    asio::any_io_executor const work = self->work_;
    Handler handler(std::move(self->handler_));
    { completion const freed(std::move(owner)); }
    auto const call = [&handler](auto&&... values) {
      if constexpr (anywhere) {
        own_executor const own = asio::get_associated_executor(handler);
        asio::dispatch(own, asio::append(std::move(handler), std::move(values)...));
      } else {
        std::move(handler)(std::move(values)...);
      }
    };
    std::apply(call, std::move(result));
  }

  allocator const memory_;
  Handler handler_;
  State state_;
  asio::any_io_executor const executor_, work_;
  starter const start_{this};
  canceller const cancel_{this};
};

/// Begins an operation when it has its handler. Says where it lives, for tokens that need an executor of their own.
template <class State>
class operation_initiation {
 public:
  using executor_type = asio::any_io_executor;

  explicit operation_initiation(executor_type home) noexcept : home_(std::move(home)) {}
  executor_type get_executor() const noexcept { return home_; }

  template <class Handler, class... Args>
  void operator()(Handler&& handler, Args&&... args) const {
    std::decay_t<Handler> own(std::forward<Handler>(handler));
    operation<State, std::decay_t<Handler>>::launch(std::move(own), std::forward<Args>(args)...);
  }

 private:
  executor_type home_;
};

/// Runs `State(args...)` for a token, at once or when the token wants it: hence `args` are kept by value until then.
/// `Token` is given, as it was deduced for a forwarding reference.
template <class State, class Signature, class Token, class... Args>
auto start_operation(std::remove_reference_t<Token>& token, asio::any_io_executor const& home, Args&&... args) {
  return asio::async_initiate<Token, Signature>(operation_initiation<State>(home), token, std::forward<Args>(args)...);
}

}  // namespace detail

}  // namespace heddle
