// Every operation of a handler, and of a server, with every kind of completion token, as test/client/tokens.cpp has
// them for a client; what the operations do is in tokens.cpp.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "support/completions.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

/// Has `use(name, operation)` awaited in a handler for one operation of each kind, where `operation(token)` starts it.
/// What is read is there after 1 s.
template <class Use>
void each_stream_operation(world& w, Use use) {
  bool done = false;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    auto const send_headers = [&](auto&& token) { return context.send_headers(std::forward<decltype(token)>(token)); };
    auto const write = [&](auto&& token) { return peer.write(text("x"), std::forward<decltype(token)>(token)); };
    auto const write_with = [&](auto&& token) {
      return peer.write(text("x"), write_options().compress(false), std::forward<decltype(token)>(token));
    };
    auto const read = [&](auto&& token) { return peer.read(std::forward<decltype(token)>(token)); };
    Text into;
    auto const read_into = [&](auto&& token) { return peer.read(into, std::forward<decltype(token)>(token)); };
    co_await use("send_headers", send_headers);
    co_await use("write", write);
    co_await use("write with options", write_with);
    co_await use("read", read);
    co_await use("read into", read_into);
    auto const big = [&](auto&& token) {
      return peer.write(text(std::string(5'000'000, 'x')), std::forward<decltype(token)>(token));
    };
    co_await use("write that waits", big);
    done = true;
    co_return ok;
  };
  auto const client = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat(call_options().max_receive_message_size(8 << 20));
    auto const send = [&]() -> asio::awaitable<void> {
      bool goes = true;
      for (int i = 1; goes; ++i) {
        co_await w.clock.sleep_for(1s);
        goes = co_await chat.write(text("x", i));
      }
    };
    auto const receive = [&]() -> asio::awaitable<void> {
      co_await w.clock.sleep_for(1s);
      while (co_await chat.read()) {
      }
    };
    co_await (send() && receive());
  };
  task const t = w.start(client);
  for (int i = 0; i < 1000 && !t.done(); ++i) w.clock.advance(100ms);
  t.get();
  CHECK(done);
}

/// A server with a call that takes 2 s, which is told after 1 s to drain.
struct ending_server {
  explicit ending_server(strands s) : w(s) {
    w.service.on_unary = [this](server_context&, Text& request) -> reply<Text> {
      co_await w.clock.sleep_for(2s);
      co_return request;
    };
    w.client().unary(text("x"), asio::detached);
    w.clock.settle();
    auto const drain_later = [this]() -> asio::awaitable<void> {
      co_await w.clock.sleep_for(1s);
      co_await w.server->drain(1h);
    };
    draining.emplace(w.start(drain_later));
  }
  world w;
  std::optional<task> draining;
};

/// Calls `use(world, name, operation)` for run() and for drain(), each of a server of its own that ends after 2 s.
template <class Use>
void each_server_operation(Use use) {
  auto const s = GENERATE(values(both));
  {
    ending_server e(s);
    use(e.w, "run", [&](auto&& token) { return e.w.server->run(std::forward<decltype(token)>(token)); });
  }
  ending_server e(s);
  use(e.w, "drain", [&](auto&& token) { return e.w.server->drain(1h, std::forward<decltype(token)>(token)); });
}

/// Asio's && can't join a tuple and nothing.
asio::awaitable<int> sleep(world& w, duration time) {
  co_await w.clock.sleep_for(time);
  co_return 0;
}

status first_of(status s) { return s; }
template <class... More>
status first_of(std::tuple<status, More...> const& all) {
  return std::get<0>(all);
}

}  // namespace

TEST_CASE("every operation of a stream takes a handler that can only be moved, and its allocator") {
  world w(GENERATE(values(both)));
  auto const use = [&w](char const* name, auto operation) -> asio::awaitable<void> {
    INFO(name);
    arena memory;
    completion end;
    int living = -1;
    bool inside = true;
    auto const look = [&] {
      living = memory.living;
      CHECK(!inside);
    };
    operation(asio::bind_allocator(arena_allocator<std::byte>(memory), move_only(end, look)));
    CHECK(end.calls == 0);
    CHECK(memory.allocations >= 1);
    inside = false;
    co_await w.clock.sleep_for(5s);
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
    CHECK(living == 0);
    CHECK(memory.living == 0);
  };
  each_stream_operation(w, use);
}

TEST_CASE("every operation of a stream takes use_future") {
  world w(GENERATE(values(both)));
  auto const use = [&w](char const* name, auto operation) -> asio::awaitable<void> {
    INFO(name);
    auto future = operation(asio::use_future);
    co_await w.clock.sleep_for(5s);
    REQUIRE(future.wait_for(0s) == std::future_status::ready);
    CHECK(first_of(future.get()) == ok);
  };
  each_stream_operation(w, use);
}

TEST_CASE("every operation of a stream takes deferred, use_awaitable and as_tuple") {
  world w(GENERATE(values(both)));
  int n = 0;
  int const odd = GENERATE(0, 1);
  auto const use = [&](char const* name, auto operation) -> asio::awaitable<void> {
    INFO(name);
    if (n++ % 2 == odd) {
      auto const result = co_await operation(asio::as_tuple(asio::use_awaitable));
      CHECK(first_of(result) == ok);
    } else {
      auto deferred = operation(asio::as_tuple(asio::deferred));
      co_await w.clock.sleep_for(1s);
      auto const result = co_await std::move(deferred);
      CHECK(first_of(result) == ok);
    }
  };
  each_stream_operation(w, use);
}

TEST_CASE("handlers of a stream's operations run on their associated executor") {
  world w(GENERATE(values(both)));
  asio::io_context elsewhere;
  auto const strand = asio::make_strand(elsewhere);
  auto const use = [&](char const* name, auto operation) -> asio::awaitable<void> {
    INFO(name);
    completion end;
    bool there = false;
    auto const look = [&] { there = strand.running_in_this_thread(); };
    operation(asio::bind_executor(strand, move_only(end, look)));
    co_await w.clock.sleep_for(5s);
    CHECK(end.calls == 0);
    elsewhere.restart();
    elsewhere.run();  // as long as there is something to come
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
    CHECK(there);
  };
  each_stream_operation(w, use);
}

TEST_CASE("operators join and race every operation of a stream") {
  world w(GENERATE(values(both)));
  auto const use = [&w](char const* name, auto operation) -> asio::awaitable<void> {
    INFO(name);
    auto const ended = [&operation]() -> asio::awaitable<status> {
      auto const result = co_await operation(asio::use_awaitable);
      co_return first_of(result);
    };
    auto const joined = co_await (operation(asio::use_awaitable) && sleep(w, 5s));
    CHECK(first_of(joined) == ok);
    auto const won = co_await (ended() || w.clock.sleep_for(1min));
    REQUIRE(won.index() == 0);
    CHECK(std::get<0>(won) == ok);
    auto const bare = co_await (operation(asio::use_awaitable) || w.clock.sleep_for(1min));
    CHECK(bare.index() == 0);
  };
  each_stream_operation(w, use);
}

TEST_CASE("an operation of a stream that loses a race is cancelled, and takes nothing with it") {
  world w(GENERATE(values(both)));
  bool const into = GENERATE(false, true);
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    Text message;
    std::size_t lost = 0;
    if (into) {
      auto const race = co_await (peer.read(message, asio::use_awaitable) || w.clock.sleep_for(1s));
      lost = race.index();
    } else {
      auto const race = co_await (peer.read(asio::use_awaitable) || w.clock.sleep_for(1s));
      lost = race.index();
    }
    CHECK(lost == 1);
    CHECK(!context.cancelled());
    bool const more = co_await peer.read(message);
    CHECK(more);
    CHECK(message.number() == 1);
    int sent = 0;
    for (lost = 0; lost == 0;) {
      ++sent;
      auto const race =
          co_await (peer.write(text(std::string(50000, 'x'), sent), asio::use_awaitable) || w.clock.sleep_for(1s));
      lost = race.index();
    }
    CHECK(!context.cancelled());
    context.trailers().add("sent", std::to_string(sent));
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    co_await w.clock.sleep_for(2s);
    co_await chat.write(text("x", 1));
    co_await w.clock.sleep_for(10s);
    int received = 0;
    Text message;
    while (co_await chat.read(message)) CHECK(message.number() == ++received);
    CHECK(chat.trailers().get("sent") == std::to_string(received));
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
}

TEST_CASE("run() and drain() take a handler that can only be moved, and its allocator") {
  each_server_operation([](world& w, char const* name, auto operation) {
    INFO(name);
    arena memory;
    completion end;
    int living = -1;
    operation(
        asio::bind_allocator(arena_allocator<std::byte>(memory), move_only(end, [&] { living = memory.living; })));
    CHECK(memory.allocations >= 1);
    w.clock.advance(1500ms);
    CHECK(end.calls == 0);
    w.clock.advance(1s);
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
    CHECK(living == 0);
    CHECK(memory.living == 0);
  });
}

TEST_CASE("run() and drain() take use_future") {
  each_server_operation([](world& w, char const* name, auto operation) {
    INFO(name);
    auto future = operation(asio::use_future);
    w.clock.advance(1500ms);
    CHECK(future.wait_for(0s) == std::future_status::timeout);
    w.clock.advance(1s);
    REQUIRE(future.wait_for(0s) == std::future_status::ready);
    CHECK(future.get() == std::tuple(status(), std::size_t(0)));
  });
}

TEST_CASE("run() and drain() take deferred, use_awaitable and as_tuple") {
  bool const deferred = GENERATE(false, true);
  each_server_operation([deferred](world& w, char const* name, auto operation) {
    INFO(name);
    auto const body = [&]() -> asio::awaitable<void> {
      if (deferred) {
        auto kept = operation(asio::as_tuple(asio::deferred));
        auto const result = co_await std::move(kept);
        CHECK(result == std::tuple(status(), std::size_t(0)));
      } else {
        auto const result = co_await operation(asio::as_tuple(asio::use_awaitable));
        CHECK(result == std::tuple(status(), std::size_t(0)));
      }
    };
    task const t = w.start(body);
    w.clock.advance(1500ms);
    CHECK(!t.done());
    w.clock.advance(1s);
    t.get();
  });
}

TEST_CASE("handlers of run() and drain() run on their associated executor") {
  each_server_operation([](world& w, char const* name, auto operation) {
    INFO(name);
    asio::io_context elsewhere;
    auto const strand = asio::make_strand(elsewhere);
    completion end;
    bool there = false;
    operation(asio::bind_executor(strand, move_only(end, [&] { there = strand.running_in_this_thread(); })));
    w.clock.advance(3s);
    CHECK(end.calls == 0);
    elsewhere.run();
    CHECK(end.calls == 1);
    CHECK(there);
  });
}

TEST_CASE("operators join and race run() and drain()") {
  int const form = GENERATE(0, 1, 2);
  each_server_operation([form](world& w, char const* name, auto operation) {
    INFO(name);
    auto const body = [&]() -> asio::awaitable<void> {
      if (form == 0) {
        auto const joined = co_await (operation(asio::use_awaitable) && sleep(w, 3s));
        CHECK(first_of(joined) == ok);
        CHECK(std::get<1>(joined) == 0);
      } else if (form == 1) {
        auto const won = co_await (operation(asio::use_awaitable) || w.clock.sleep_for(1min));
        REQUIRE(won.index() == 0);
        CHECK(std::get<0>(won) == std::tuple(status(), std::size_t(0)));
      } else {  // cancelled: run() drains with its grace, drain() gives up what it has
        auto const lost = co_await (operation(asio::use_awaitable) || w.clock.sleep_for(500ms));
        CHECK(lost.index() == 1);
      }
    };
    task const t = w.start(body);
    w.clock.advance(499ms);
    CHECK(!t.done());
    w.clock.advance(3s);
    t.get();
  });
}
