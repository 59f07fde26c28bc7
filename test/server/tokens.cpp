// Every operation of a handler, and of a server, with completion tokens.
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};
constexpr auto types = {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                        asio::cancellation_type::total};

}  // namespace

TEST_CASE("a handler echoes with awaited tokens of every kind") {
  world w(GENERATE(values(both)));
  int turns = 0;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    context.headers().add("early", "1");
    status const sent = co_await context.send_headers(asio::use_awaitable);
    CHECK(sent == ok);
    for (;;) {
      std::tuple<status, std::optional<Text>> const got = co_await peer.read(asio::use_awaitable);
      CHECK(std::get<0>(got) == ok);
      if (!std::get<1>(got)) break;
      status const wrote = co_await peer.write(*std::get<1>(got), asio::use_awaitable);
      CHECK(wrote == ok);
      Text into;
      auto const more = co_await peer.read(into, asio::as_tuple(asio::deferred));
      CHECK(std::get<0>(more) == ok);
      if (!std::get<1>(more)) break;
      auto const again = co_await peer.write(into, asio::as_tuple(asio::use_awaitable));
      CHECK(std::get<0>(again) == ok);
      ++turns;
    }
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    metadata const headers = co_await chat.headers();
    CHECK(headers.get("early") == "1");
    for (int i = 0; i < 6; ++i) {
      co_await chat.write(text("x", i));
      auto const answer = co_await chat.read();
      REQUIRE(answer);
      CHECK(answer->number() == i);
    }
    co_await chat.writes_done();
    auto const end = co_await chat.read();
    CHECK(!end);
  };
  w.run(body);
  CHECK(turns == 3);
}

TEST_CASE("callbacks of a stream never run inside of what starts them, ready or not") {
  world w(GENERATE(values(both)));
  int messages = 0, writes = 0, ends = 0, headers = 0;
  bool inside = false;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    std::function<void()> next = [&] {
      inside = true;
      peer.read([&](status s, std::optional<Text> message) {
        CHECK(!inside);
        CHECK(s == ok);
        if (!message) {
          ++ends;
          return;
        }
        ++messages;
        next();
      });
      inside = false;
    };
    inside = true;
    context.send_headers([&](status s) {
      CHECK(!inside);
      CHECK(s == ok);
      ++headers;
    });
    peer.write(text("hello"), [&](status s) {
      CHECK(!inside);
      CHECK(s == ok);
      ++writes;
    });
    inside = false;
    next();
    while (ends == 0) co_await w.clock.sleep_for(1s);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    for (int i = 0; i < 1000; ++i) co_await chat.write(text("x", i));
    co_await chat.writes_done();
    while (co_await chat.read()) {
    }
  };
  task const t = w.start(body);
  w.clock.advance(5s);
  t.get();
  CHECK(messages == 1000);
  CHECK(writes == 1);
  CHECK(headers == 1);
  CHECK(ends == 1);
}

TEST_CASE("what a handler leaves pending ends with CANCELLED after it") {
  world w(GENERATE(values(both)));
  asio::io_context elsewhere;
  std::vector<status> ends;
  w.service.on_chat = [&](server_context&, stream<Text, Text>& peer) -> reply<void> {
    peer.read([&](status s, std::optional<Text> message) {
      CHECK(!message);
      ends.push_back(std::move(s));
    });
    bool goes = true;
    while (goes) {
      peer.write(text(std::string(50000, 'x')), asio::bind_executor(elsewhere, [&ends](status s) {
                   if (!s.is_ok()) ends.push_back(std::move(s));
                 }));
      co_await w.clock.sleep_for(10ms);
      elsewhere.restart();
      goes = elsewhere.poll() != 0;
    }
    CHECK(ends.empty());
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    co_await w.clock.sleep_for(20s);
    while (co_await chat.read()) {
    }
  };
  task const t = w.start(body);
  w.clock.advance(1min);
  elsewhere.restart();
  elsewhere.run();
  t.get();
  REQUIRE(ends.size() == 2);
  for (status const& s : ends) CHECK(s.code() == status_code::cancelled);
}

TEST_CASE("a client that goes away ends pending operations with CANCELLED") {
  world w(GENERATE(values(both)));
  std::vector<status> ends;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    auto const read = co_await peer.read(asio::as_tuple(asio::deferred));
    ends.push_back(std::get<0>(read));
    ends.push_back(co_await peer.write(text("x"), asio::deferred));
    ends.push_back(co_await context.send_headers(asio::deferred));
    auto const again = co_await peer.read(asio::deferred);
    ends.push_back(std::get<0>(again));
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    co_await w.clock.sleep_for(1s);
  };
  task const t = w.start(body);
  w.clock.advance(2s);
  t.get();
  if (ends.empty()) return;  // the terminal cancellation may have thrown first
  for (status const& s : ends) CHECK(s.code() == status_code::cancelled);
}

TEST_CASE("a bad request message is a status, and ends the reads") {
  server_options so;
  world w(GENERATE(values(both)), std::move(so.max_receive_message_size(10)));
  status why;
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    auto const first = co_await in.read(asio::use_awaitable);
    CHECK(std::get<1>(first));
    auto const second = co_await in.read(asio::use_awaitable);
    CHECK(!std::get<1>(second));
    why = std::get<0>(second);
    co_return why;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto upload = w.client().upload();
    co_await upload.write(text("short"));
    co_await upload.write(text("longer than ten bytes"));
    status const s = co_await status_of(upload.finish());
    CHECK(s.code() == status_code::resource_exhausted);
  };
  w.run(body);
  CHECK(why.code() == status_code::resource_exhausted);
}

TEST_CASE("run() and drain() take tokens") {
  world w(GENERATE(values(both)));
  auto run = w.server->run(asio::use_future);
  int drained = 0;
  bool inside = true;
  w.clock.settle();
  CHECK(run.wait_for(0s) == std::future_status::timeout);
  w.server->drain(1s, [&](status s, std::size_t abandoned) {
    CHECK(!inside);
    CHECK(s == ok);
    CHECK(abandoned == 0);
    ++drained;
  });
  inside = false;
  w.clock.settle();
  CHECK(drained == 1);
  CHECK(run.get() == std::tuple(status(), std::size_t(0)));
  inside = true;  // and once more, when it is over
  w.server->run([&](status, std::size_t) {
    CHECK(!inside);
    ++drained;
  });
  inside = false;
  w.clock.settle();
  CHECK(drained == 2);
}

TEST_CASE("a server that is destroyed ends its run()") {
  world w(GENERATE(values(both)));
  auto const run = w.server->run(asio::use_future);
  w.server.reset();
  w.clock.settle();
  CHECK(run.wait_for(0s) == std::future_status::ready);
}

TEST_CASE("cancelling run() or drain() with a token is as cancelling the awaitables, whatever the type") {
  auto const type = GENERATE(values(types));
  server_options so;
  world w(GENERATE(values(both)), std::move(so.grace(10s)));
  int started = 0, cancelled = 0;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    ++started;
    status const s = co_await status_of(w.clock.sleep_for(1h));
    (void)s;
    cancelled += context.cancelled();
    co_return request;
  };
  asio::cancellation_signal running, draining;
  std::vector<std::string> ends;
  w.server->run(asio::bind_cancellation_slot(running.slot(), [&](status s, std::size_t) {
    CHECK(s == ok);
    ends.push_back("run");
  }));
  bool const through_drain = GENERATE(false, true);
  w.client().unary(text("x"), [&](status s, Text) {
    CHECK(!s.is_ok());
    ends.push_back("call");
  });
  w.clock.settle();
  CHECK(started == 1);
  if (through_drain) {
    w.server->drain(1h, asio::bind_cancellation_slot(draining.slot(), [&](status s, std::size_t) {
                      CHECK(s == ok);
                      ends.push_back("drain");
                    }));
    w.clock.advance(20s);
    CHECK(ends.empty());
    draining.emit(type);
  } else {
    running.emit(type);
    w.clock.advance(9s);
    CHECK(ends.empty());  // the grace
    running.emit(type);
  }
  w.clock.settle();
  CHECK(ends.size() == (through_drain ? 3u : 2u));
}

TEST_CASE("cancelling an operation of a stream, at each point and by each type") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  int points = 0;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    asio::cancellation_signal signal;
    status why;
    std::optional<Text> message;
    int calls = 0;
    auto const on_read = [&](status s, std::optional<Text> m) {
      ++calls;
      why = std::move(s);
      message = std::move(m);
    };
    // waiting: CANCELLED
    peer.read(asio::bind_cancellation_slot(signal.slot(), on_read));
    co_await w.clock.sleep_for(1s);
    CHECK(calls == 0);
    signal.emit(type);
    CHECK(calls == 0);
    co_await w.clock.sleep_for(1s);
    CHECK(calls == 1);
    CHECK(why.code() == status_code::cancelled);
    ++points;
    // the stream goes on, and the message that comes now is the next read's
    peer.write(text("go on"), [](status s) { CHECK(s == ok); });
    co_await w.clock.sleep_for(1s);
    // ready when it starts: the message has been taken, and cancellation is too late
    peer.read(asio::bind_cancellation_slot(signal.slot(), on_read));
    signal.emit(type);
    co_await w.clock.sleep_for(1s);
    CHECK(calls == 2);
    CHECK(why == ok);
    REQUIRE(message);
    CHECK(message->number() == 1);
    ++points;
    // after its end: nothing is there to be cancelled
    signal.emit(type);
    // send_headers() and a write with room never wait
    int immediate = 0;
    context.send_headers(asio::bind_cancellation_slot(signal.slot(), [&](status s) {
      CHECK(s == ok);
      ++immediate;
    }));
    signal.emit(type);
    peer.write(text("x"), asio::bind_cancellation_slot(signal.slot(), [&](status s) {
                 CHECK(s == ok);
                 ++immediate;
               }));
    signal.emit(type);
    co_await w.clock.sleep_for(1s);
    CHECK(immediate == 2);
    ++points;
    // a write that waits: CANCELLED, and sent all the same
    int written = 0;
    status last;
    for (int i = 1;; ++i) {
      peer.write(text(std::string(50000, 'x'), i), asio::bind_cancellation_slot(signal.slot(), [&](status s) {
                   ++written;
                   last = std::move(s);
                 }));
      co_await w.clock.sleep_for(10ms);
      if (written != i) break;
    }
    int const before = written;
    signal.emit(type);
    co_await w.clock.sleep_for(10ms);
    CHECK(written == before + 1);
    CHECK(last.code() == status_code::cancelled);
    ++points;
    context.trailers().add("sent", std::to_string(written));
    co_return ok;
  };
  int received = 0;
  std::string sent;
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const go_on = co_await chat.read();
    REQUIRE(go_on);
    CHECK(go_on->text() == "go on");
    co_await chat.write(text("x", 1));
    auto const x = co_await chat.read();
    REQUIRE(x);
    co_await w.clock.sleep_for(20s);
    Text message;
    while (co_await chat.read(message)) {
      ++received;
      CHECK(message.number() == received);
    }
    sent = chat.trailers().get("sent").value_or("");
  };
  task const t = w.start(body);
  w.clock.advance(1min);
  t.get();
  CHECK(points == 4);
  CHECK(std::to_string(received) == sent);
}
