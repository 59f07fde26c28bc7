// as: include/heddle/client/cancellation_state.hpp check: coroutines
asio::awaitable<void> state() {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());  // reject: cancellation_state
  co_await asio::this_coro::throw_if_cancelled(false);  // reject: cancellation_state
}
