// as: include/heddle/client/capturing_lambda.hpp check: coroutines
asio::awaitable<void> with_name(std::string name) {
  co_await run([name] { return name.size(); });  // reject: capturing_lambda
  int const n = 1 + co_await run(
                        1,
                        [&, name = std::move(name)] { return 7; });  // reject: capturing_lambda
  co_await asio::co_spawn(executor, [=]() -> asio::awaitable<void> { co_await other(); }, asio::use_awaitable);  // reject: capturing_lambda
  if (n == 1) co_return co_await run([] { return 1; }, [this] { return 2; });  // reject: capturing_lambda
  take([name] { return 1; }, co_await other());  // reject: capturing_lambda
  while (co_await run([n] { return n; })) {  // reject: capturing_lambda
    auto named = [n] { return n; };
  }
}
