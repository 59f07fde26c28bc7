// The one bridge from blocking code: wait on this thread for an awaitable.
#pragma once

#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace heddle {

namespace asio = boost::asio;

namespace detail {

template <class Executor>
void refuse_own_thread(Executor const& executor) {
  if constexpr (requires { executor.running_in_this_thread(); }) {
    if (executor.running_in_this_thread())
      throw std::logic_error("heddle::sync_wait: this thread runs the executor, and would wait for itself");
  }
  if constexpr (requires { executor.get_inner_executor(); }) refuse_own_thread(executor.get_inner_executor());
  if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
    auto const* const inner = executor.template target<asio::io_context::executor_type>();
    if (inner != nullptr) refuse_own_thread(*inner);
  }
}

/// What the coroutine leaves behind. Shared: sync_wait() may give up first, when a handler of somebody else throws.
template <class T>
struct sync_result {
  bool done = false;
  std::exception_ptr error;
  std::optional<T> value;
  void operator()(std::exception_ptr e, T result) {
    done = true;
    error = e;
    if (!e) value.emplace(std::move(result));
  }
  T get() { return std::move(*value); }
};
template <>
struct sync_result<void> {
  bool done = false;
  std::exception_ptr error;
  void operator()(std::exception_ptr e) {
    done = true;
    error = e;
  }
  void get() const noexcept {}
};

}  // namespace detail

/// Runs `context` on this thread until `operation` has ended, and returns its value or throws what it threw. The
/// context is restarted if it was stopped, and is left as it is then, with whatever else is in it. No other thread may
/// run it meanwhile: for a context with threads of its own there is the other overload.
///
/// Throws std::logic_error on a thread that runs the context already: a handler cannot wait for its own loop. Throws
/// std::runtime_error when somebody stops the context before the end, and what other handlers throw, as
/// io_context::run() does; the operation is pending then, so that what it refers to has to outlive the context.
template <class T>
T sync_wait(asio::io_context& context, asio::awaitable<T> operation) {
  detail::refuse_own_thread(context.get_executor());
  auto const end = std::make_shared<detail::sync_result<T>>();
  auto const on_end = [end](auto&&... what) { (*end)(std::forward<decltype(what)>(what)...); };
  if (context.stopped()) context.restart();
  asio::co_spawn(context, std::move(operation), on_end);
  while (!end->done)
    if (context.run_one() == 0) throw std::runtime_error("heddle::sync_wait: the context was stopped before the end");
  if (end->error) std::rethrow_exception(end->error);
  return end->get();
}

/// Blocks this thread, while others run the executor, until `operation` has ended there. Throws std::logic_error on a
/// thread of the executor's own, where that can be told (not of every any_io_executor: then it waits for ever if that
/// was the only one), and std::future_error when the context is destroyed before the end.
template <class Executor, class T>
  requires(asio::execution::is_executor<Executor>::value)
T sync_wait(Executor const& executor, asio::awaitable<T> operation) {
  detail::refuse_own_thread(executor);
  return asio::co_spawn(executor, std::move(operation), asio::use_future).get();
}

/// The same on a context that has its own threads, such as asio::thread_pool.
template <class Context, class T>
  requires(std::is_convertible_v<Context&, asio::execution_context&> && !std::is_same_v<Context, asio::io_context>)
T sync_wait(Context& context, asio::awaitable<T> operation) {
  return sync_wait(context.get_executor(), std::move(operation));
}

#ifdef HEDDLE_SEPARATE_COMPILATION
extern template void sync_wait(asio::io_context& context, asio::awaitable<void> operation);
extern template std::size_t sync_wait(asio::io_context& context, asio::awaitable<std::size_t> operation);
#endif

}  // namespace heddle
