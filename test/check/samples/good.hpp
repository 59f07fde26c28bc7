// as: include/heddle/transport/good.hpp check: all
// Shapes that every check lets pass.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace heddle {

// Words in comments do not count: steady_timer, co_await f([x] {}), auto [a, b] = co_await x, reset_cancellation_state.
namespace asio = boost::asio;

class good_options {
 public:
  good_options&& timeout(int seconds) && {
    seconds_ = seconds;
    return std::move(*this);
  }

 private:
  int seconds_ = 0;
};

struct good_stream {
  asio::awaitable<std::optional<int>> read(good_options options = good_options());
  asio::awaitable<void> write(int value, int const* more = nullptr);
  asio::awaitable<std::pair<int, int>> both();
};

inline std::string const good_text = "co_await f(T{1}), [x] {}, // no comment";
inline char const good_raw[] = R"(auto [a, b] = co_await "x"; { [c] )";
inline constexpr long good_number = 1'000'000;

inline asio::awaitable<void> good_coroutine(good_stream& stream, std::vector<int> const& values) {
  while (auto value = co_await stream.read()) co_await stream.write(*value);
  for (int value : {1, 2, 3}) co_await stream.write(value);
  for (auto const& [size, copy] : std::vector<std::pair<int, int>>{{1, 2}}) co_await stream.write(size + copy);
  if (auto value = co_await stream.read(good_options().timeout(5)); value && *value > 3) {
    auto const twice = [n = *value] { return 2 * n; };
    co_await stream.write(twice());
  } else if (values.size() > 1) {
    co_await stream.write(values[0]);
  }
  auto parts = co_await stream.both();
  auto& [first, second] = parts;
  int array[2]{first, second};
  co_await stream.write(array[0], &array[co_await stream.read() ? 0 : 1]);
  auto body = [&stream, first]() -> asio::awaitable<void> { co_await stream.write(first); };
  co_await asio::co_spawn(co_await asio::this_coro::executor, std::move(body), asio::use_awaitable);
  co_await asio::co_spawn(
      co_await asio::this_coro::executor, []() -> asio::awaitable<void> { co_return; }, asio::use_awaitable);
  auto unspawned = [&stream](auto handler) {
    if (handler(std::vector<int>{1}, [&stream] { return 1; })) return;
  };
  (void)unspawned;
  co_await
      [](int) -> asio::awaitable<void> { co_return; }({1});  // lint: allow braced_argument because an int is trivial
}

}  // namespace heddle
