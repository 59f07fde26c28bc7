#include <heddle/transport/clock.hpp>

#include <chrono>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
namespace asio = boost::asio;

TEST_CASE("the system's clock is the steady one, and its timers fire") {
  heddle::clock& clock = heddle::system_clock();
  auto const before = clock.now();
  CHECK(before <= std::chrono::steady_clock::now());
  asio::io_context context;
  auto const timer = clock.make_timer(context.get_executor());
  auto const start = clock.now();
  int fired = 0;
  timer->wait_until(start + 5ms, [&] { ++fired; });
  CHECK(fired == 0);
  context.run();
  CHECK(fired == 1);
  CHECK(clock.now() >= start + 5ms);
}

TEST_CASE("an alarm in the past comes soon, but not at once") {
  asio::io_context context;
  auto const timer = heddle::system_clock().make_timer(context.get_executor());
  int fired = 0;
  timer->wait_until(heddle::time_point(), [&] { ++fired; });
  CHECK(fired == 0);
  context.run();
  CHECK(fired == 1);
}

TEST_CASE("an alarm that is cancelled, replaced or outlived does not come") {
  asio::io_context context;
  auto timer = heddle::system_clock().make_timer(context.get_executor());
  auto const now = heddle::system_clock().now();
  int first = 0, second = 0;
  timer->wait_until(now, [&] { ++first; });
  SECTION("cancelled") { timer->cancel(); }
  SECTION("replaced") {
    timer->wait_until(now, [&] { ++second; });
  }
  SECTION("outlived") { timer.reset(); }
  SECTION("cancelled when it was under way") {
    asio::post(context, [&] { timer->cancel(); });
    timer->wait_until(now, [&] { ++first; });
    asio::post(context, [&] { timer->cancel(); });
  }
  context.run();
  CHECK(first == 0);
  CHECK(second <= 1);
}

TEST_CASE("an alarm may set the next one, and destroy its timer") {
  asio::io_context context;
  auto timer = heddle::system_clock().make_timer(context.get_executor());
  int fired = 0;
  timer->wait_until(heddle::time_point(), [&] {
    ++fired;
    timer->wait_until(heddle::time_point(), [&] {
      ++fired;
      timer.reset();
    });
  });
  context.run();
  CHECK(fired == 2);
}

TEST_CASE("a context that goes takes those who sleep along") {
  int living = 0;
  struct witness {
    explicit witness(int& n) : living(n) { ++living; }
    ~witness() { --living; }
    int& living;
  };
  {
    asio::io_context context;
    auto const sleep = [&]() -> asio::awaitable<void> {
      witness const here(living);
      co_await heddle::system_clock().sleep_for(1h);
    };
    asio::co_spawn(context, sleep, [](std::exception_ptr) {});
    context.poll();
    CHECK(living == 1);
  }
  CHECK(living == 0);
}

TEST_CASE("sleep_for() ends on cancellation") {
  asio::io_context context;
  asio::cancellation_signal signal;
  std::exception_ptr error;
  auto const sleep = [&]() -> asio::awaitable<void> { co_await heddle::system_clock().sleep_for(1h); };
  asio::co_spawn(context, sleep, asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { error = e; }));
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.restart();
  context.run();
  REQUIRE(error);
  try {
    std::rethrow_exception(error);
  } catch (boost::system::system_error const& e) {
    CHECK(e.code() == asio::error::operation_aborted);
  }
}
