// as: test/codegen/golden/structured_binding.hpp check: coroutines
asio::awaitable<void> bind() {
  auto [a, b] = co_await both();  // reject: structured_binding
  auto const& [c, d] =  // reject: structured_binding
      std::make_pair(1, co_await one());
  for (auto&& [e, f] : co_await list()) use(e, f);  // reject: structured_binding
}
