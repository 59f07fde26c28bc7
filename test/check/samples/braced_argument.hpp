// as: examples/9_sample/braced_argument.hpp check: coroutines
asio::awaitable<void> braces() {
  co_await take(options{1, "x"});  // reject: braced_argument
  auto x = co_await take(1, {});  // reject: braced_argument
  co_await take(std::vector<int>{1, 2});  // reject: braced_argument
  if (co_await take(  //
          1, options{.retries = 2}))  // reject: braced_argument
    co_return;
}
