// asio::spawn: coroutines with a stack of their own, which wait by a yield_context as their token.
#include <string>
#include <tuple>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/spawn.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

TEST_CASE("a stackful coroutine calls, reads and writes") {
  world w(GENERATE(strands::none, strands::everywhere));
  echo_everything(w.service);
  bool done = false;
  auto const body = [&](asio::yield_context yield) {
    status const connected = w.channel->connect(yield);
    CHECK(connected == ok);
    auto client = w.client();
    std::tuple<status, Text> const answer = client.unary(text("stack"), yield);
    CHECK(std::get<0>(answer) == ok);
    CHECK(std::get<1>(answer).text() == "stack");
    auto chat = client.chat();
    for (int i = 0; i < 100; ++i) {
      std::tuple<status, bool> const wrote = chat.write(text("x", i), yield);
      CHECK(std::get<1>(wrote));
      std::tuple<status, std::optional<Text>> const got = chat.read(yield);
      REQUIRE(std::get<1>(got));
      CHECK(std::get<1>(got)->number() == i);
    }
    status const closed = chat.writes_done(yield);
    CHECK(closed == ok);
    auto const end = chat.read(yield);
    CHECK(std::get<0>(end) == ok);
    CHECK(!std::get<1>(end));
    done = true;
  };
  asio::spawn(w.context, body, [](std::exception_ptr error) { CHECK(!error); });
  w.clock.settle();
  CHECK(done);
}

TEST_CASE("a stackful coroutine is cancelled where it waits") {
  world w;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return request;
  };
  status why;
  asio::cancellation_signal signal;
  auto const body = [&](asio::yield_context yield) { why = std::get<0>(w.client().unary(text("x"), yield)); };
  asio::spawn(w.context, body, asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  w.clock.settle();
  signal.emit(asio::cancellation_type::terminal);
  w.clock.settle();
  CHECK(why.code() == status_code::cancelled);
}
