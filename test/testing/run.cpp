#include <heddle/testing/run.hpp>

#include <chrono>
#include <stdexcept>

#include <boost/asio/this_coro.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
namespace asio = boost::asio;
using heddle::testing::manual_clock;
using heddle::testing::run;

TEST_CASE("run() returns what the coroutine returns, and throws what it throws") {
  asio::io_context context{1};
  manual_clock clock(context);
  auto const seven = [&]() -> asio::awaitable<int> {
    co_await clock.sleep_for(1s);
    co_return 7;
  };
  CHECK(run(clock, seven(), 1s) == 7);
  auto const wrong = []() -> asio::awaitable<void> {
    throw std::logic_error("wrong");
    co_return;
  };
  CHECK_THROWS_AS(run(clock, wrong()), std::logic_error);
}

TEST_CASE("what waits for something that does not come is cancelled") {
  asio::io_context context{1};
  manual_clock clock(context);
  bool gone = false;
  auto const wait = [&]() -> asio::awaitable<void> {
    try {
      co_await clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      gone = true;
      throw;
    }
  };
  CHECK_THROWS_AS(run(clock, wait(), 1s), std::runtime_error);
  CHECK(gone);
}

TEST_CASE("what ignores its cancellation may go on when run() has thrown") {
  asio::io_context context{1};
  manual_clock clock(context);
  bool ended = false;
  auto const stubborn = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await clock.sleep_for(1h);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await clock.sleep_for(1h);
    ended = true;
  };
  CHECK_THROWS_AS(run(clock, stubborn()), std::runtime_error);
  clock.advance(1h);
  CHECK(!ended);
  clock.advance(1h);
  CHECK(ended);
}
