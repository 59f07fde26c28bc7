#include <heddle/testing/manual_clock.hpp>

#include <chrono>
#include <string>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
namespace asio = boost::asio;
using heddle::testing::manual_clock;

TEST_CASE("time stands still until it is moved, and passes from alarm to alarm") {
  asio::io_context context;
  manual_clock clock(context);
  auto const start = clock.now();
  std::string log;
  auto const sleep = [&](char name, heddle::duration d, int times) -> asio::awaitable<void> {
    for (int i = 0; i < times; ++i) {
      co_await clock.sleep_for(d);
      log += name + std::to_string((clock.now() - start) / 1s) + " ";
    }
  };
  asio::co_spawn(context, sleep('a', 2s, 3), asio::detached);
  asio::co_spawn(context, sleep('b', 3s, 2), asio::detached);
  clock.settle();
  CHECK(clock.now() == start);
  CHECK(clock.pending() == 2);
  clock.advance(2s - 1ns);
  CHECK(log.empty());
  clock.advance(1ns);
  CHECK(log == "a2 ");
  clock.advance(10s);
  CHECK(log == "a2 b3 a4 b6 a6 ");
  CHECK(clock.now() == start + 12s);
  CHECK(clock.pending() == 0);
}

TEST_CASE("alarms of the manual clock can be cancelled, replaced and outlived") {
  asio::io_context context;
  manual_clock clock(context);
  int fired = 0;
  auto timer = clock.make_timer(context.get_executor());
  timer->wait_until(clock.now() + 1s, [&] { ++fired; });
  timer->wait_until(clock.now() + 2s, [&] { ++fired; });
  CHECK(clock.pending() == 1);
  clock.advance(1s);
  CHECK(fired == 0);
  clock.advance(1s);
  CHECK(fired == 1);
  timer->wait_until(clock.now() - 1s, [&] { ++fired; });
  CHECK(fired == 1);
  clock.advance(0s);
  CHECK(fired == 2);
  timer->wait_until(clock.now() + 1s, [&] { ++fired; });
  timer->cancel();
  timer->wait_until(clock.now() + 1s, [&] { ++fired; });
  timer.reset();
  clock.advance(5s);
  CHECK(fired == 2);
  CHECK(clock.pending() == 0);
}

TEST_CASE("a sleeper can be cancelled, and goes down with its context") {
  int living = 0, cancelled = 0;
  struct witness {
    explicit witness(int& n) : living(n) { ++living; }
    ~witness() { --living; }
    int& living;
  };
  auto context = std::make_unique<asio::io_context>();
  manual_clock clock(*context);
  asio::cancellation_signal signal;
  auto const sleep = [&]() -> asio::awaitable<void> {
    witness const here(living);
    co_await clock.sleep_for(1h);
  };
  asio::co_spawn(*context, sleep,
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { cancelled += e != nullptr; }));
  asio::co_spawn(*context, sleep, asio::detached);
  clock.settle();
  CHECK(living == 2);
  signal.emit(asio::cancellation_type::terminal);
  clock.settle();
  CHECK(cancelled == 1);
  CHECK(living == 1);
  CHECK(clock.pending() == 1);
  context.reset();
  CHECK(living == 0);
}
