// Every operation of a client with a completion token, joined and raced by Asio's operators.
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "support/client_operations.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

/// Of what an operator makes of an operation's outcome.
status const& status_in(status const& s) { return s; }
template <class... Rest>
status const& status_in(std::tuple<status, Rest...> const& all) {
  return std::get<0>(all);
}

/// Handlers that neither read nor answer.
void say_nothing(world& w) {
  w.service.on_unary = [&w](server_context&, Text&) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return Text();
  };
  w.service.on_upload = [&w](server_context&, reader<Text>&) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return Text();
  };
  w.service.on_chat = [&w](server_context&, stream<Text, Text>&) -> reply<void> {
    co_await w.clock.sleep_for(1h);
    co_return ok;
  };
}

/// Those that find something to wait for at such servers, on one call after the other.
template <class F>
void each_waiting_operation(world& w, F run) {
  lab::echo::client client = w.client();
  channel_options co;
  co.use_clock(w.clock).use_connector(
      [](connect_request const&, connect_handler) { return std::make_unique<connection_attempt>(); });
  heddle::channel nowhere(w.context, "ipv4:192.0.2.1:1", std::move(co));
  run("connect", [&](auto&& token) { return nowhere.connect(std::forward<decltype(token)>(token)); });
  run("wait_for_change", [&](auto&& token) {
    return nowhere.wait_for_change(connectivity::connecting, std::forward<decltype(token)>(token));
  });
  run("unary", [&](auto&& token) { return client.unary(text("x"), std::forward<decltype(token)>(token)); });
  auto chat = client.chat();
  run("read", [&](auto&& token) { return chat.read(std::forward<decltype(token)>(token)); });
  Text into;
  run("read into", [&](auto&& token) { return chat.read(into, std::forward<decltype(token)>(token)); });
  run("headers", [&](auto&& token) { return chat.headers(std::forward<decltype(token)>(token)); });
  auto upload = client.upload();
  run("finish", [&](auto&& token) { return upload.finish(std::forward<decltype(token)>(token)); });
}

}  // namespace

TEST_CASE("every operation can be joined with &&") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const seven = [&]() -> asio::awaitable<int> {  // a value: Boost 1.81 can't join a tuple with void
    co_await w.clock.sleep_for(1s);
    co_return 7;
  };
  each_operation(w, [&](char const* name, auto operation) {
    INFO(name);
    auto const body = [&]() -> asio::awaitable<void> {
      auto const left = co_await (operation(asio::use_awaitable) && seven());
      CHECK(status_in(left) == ok);
      CHECK(std::get<int>(left) == 7);
    };
    task const t = w.start(body);
    w.clock.advance(1s - 1ns);
    CHECK(!t.done());
    w.clock.advance(1ns);
    t.get();
  });
}

TEST_CASE("every operation can win a race with ||") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  each_operation(w, [&](char const* name, auto operation) {
    INFO(name);
    auto const body = [&]() -> asio::awaitable<void> {
      auto const result = co_await (operation(asio::use_awaitable) || w.clock.sleep_for(1h));
      REQUIRE(result.index() == 0);
      CHECK(status_in(std::get<0>(result)) == ok);
    };
    w.run(body);
  });
}

TEST_CASE("every operation that waits can lose a race with ||, and lets go") {
  world w(GENERATE(values(both)));
  say_nothing(w);
  each_waiting_operation(w, [&](char const* name, auto operation) {
    INFO(name);
    bool lost = false;
    auto const body = [&]() -> asio::awaitable<void> {
      auto const result = co_await (operation(asio::use_awaitable) || w.clock.sleep_for(1s));
      lost = result.index() == 1;
    };
    task const t = w.start(body);
    w.clock.advance(1s - 1ns);
    CHECK(!t.done());
    w.clock.advance(1ns);
    t.get();
    CHECK(lost);
  });
}

TEST_CASE("an operation that has lost a race leaves its call to the next ones") {
  world w(GENERATE(values(both)));
  bool go_on = false;
  w.service.on_chat = [&](server_context&, stream<Text, Text>& both_ways) -> reply<void> {
    while (!go_on) co_await w.clock.sleep_for(1s);
    Text one;
    while (co_await both_ways.read(one)) co_await both_ways.write(text("seen", one.number()));
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const read = co_await (chat.read(asio::use_awaitable) || w.clock.sleep_for(1s));
    CHECK(read.index() == 1);
    auto const headers = co_await (chat.headers(asio::use_awaitable) || w.clock.sleep_for(1s));
    CHECK(headers.index() == 1);
    Text large = text(std::string(100'000, 'x'));
    int sent = 0;
    for (bool room = true; room; ++sent) {
      large.set_number(sent);
      auto const wrote = co_await (chat.write(large, asio::use_awaitable) || w.clock.sleep_for(1s));
      room = wrote.index() == 0;
      REQUIRE(sent < 100);
    }
    CHECK(sent > 1);
    go_on = true;
    auto const closed = co_await (chat.writes_done(asio::use_awaitable) || w.clock.sleep_for(1s));
    CHECK(closed.index() == 0);
    Text one;
    int seen = 0;
    for (; co_await chat.read(one); ++seen) CHECK(one.number() == seen);
    CHECK(seen == sent);  // the message of the write that lost had been taken over: it only waited for room behind it
  };
  task const t = w.start(body);
  w.clock.advance(60s);
  t.get();
}
