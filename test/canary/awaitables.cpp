// The same with asio::awaitable, and what Asio itself does.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "canary.hpp"

namespace canary {
namespace {

namespace asio = boost::asio;
template <class T = void>
using awaitable = asio::awaitable<T>;

int const deep = 200'000;  // enough to overflow 8 MiB of stack, were there a frame for each

awaitable<> spawn_lambda_in_await() {
  counted c;
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::co_spawn(
      executor, [c]() -> awaitable<> { co_return; }, asio::use_awaitable);
}
awaitable<> spawn_lambda_named() {
  counted c;
  auto const executor = co_await asio::this_coro::executor;
  auto body = [c]() -> awaitable<> {
    if (!c.intact()) throw std::logic_error("destroyed");
    co_return;
  };
  co_await asio::co_spawn(executor, std::move(body), asio::use_awaitable);
}
awaitable<> initiate_lambda_in_await() {
  counted c;
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::async_initiate<asio::use_awaitable_t<> const&, void()>(
      [c, executor](auto handler) { asio::post(executor, std::move(handler)); }, asio::use_awaitable);
}
awaitable<> initiate_lambda_named() {
  counted c;
  auto const executor = co_await asio::this_coro::executor;
  auto start = [c, executor](auto handler) { asio::post(executor, std::move(handler)); };
  co_await asio::async_initiate<asio::use_awaitable_t<> const&, void()>(std::move(start), asio::use_awaitable);
}
awaitable<> complete_inline() {
  for (int i = 0; i < deep; ++i)
    co_await asio::async_initiate<asio::use_awaitable_t<> const&, void()>([](auto handler) { std::move(handler)(); },
                                                                          asio::use_awaitable);
}
awaitable<> complete_posted() {
  auto const executor = co_await asio::this_coro::executor;
  for (int i = 0; i < deep; ++i) co_await asio::post(executor, asio::use_awaitable);
}

awaitable<std::optional<std::string>> read(int& left) {
  counted c;
  if (left == 0) co_return std::nullopt;
  --left;
  co_return std::string(40, 'x');
}
awaitable<> loop_of_reads() {
  int left = deep;
  std::size_t size = 0;
  while (auto text = co_await read(left)) size += text->size();
  if (size != std::size_t{40} * deep) throw std::logic_error("lost something");
}
awaitable<> both_at_once() {
  using namespace asio::experimental::awaitable_operators;
  int left = 1;
  int right = 2;
  auto const result = co_await (read(left) && read(right));
  if (!std::get<0>(result) || left != 0 || right != 1) throw std::logic_error("wrong values");
}

template <awaitable<> (*Body)()>
bool ends_well() {
  bool good = false;
  {
    asio::io_context context;
    asio::co_spawn(context, Body(), [&good](std::exception_ptr error) { good = !error; });
    context.run();
  }
  return good;
}

}  // namespace

std::vector<shape> awaitable_shapes() {
  return {
      {false, "co_await co_spawn(executor, [c] {...}, use_awaitable)", ends_well<spawn_lambda_in_await>},
      {true, "the same with a named lambda", ends_well<spawn_lambda_named>},
      {false, "co_await async_initiate<...>([c] {...}, use_awaitable)", ends_well<initiate_lambda_in_await>},
      {true, "the same with a named lambda", ends_well<initiate_lambda_named>},
      {false, "completing from inside the initiation, 200,000 times", ends_well<complete_inline>},
      {true, "completing through post, 200,000 times", ends_well<complete_posted>},
      {true, "while (auto x = co_await read()), 200,000 times", ends_well<loop_of_reads>},
      {true, "co_await (a() && b())", ends_well<both_at_once>},
  };
}

}  // namespace canary
