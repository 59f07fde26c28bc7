// as: include/heddle/server/runner_sample.hpp check: coroutines
asio::awaitable<void> runner() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}
