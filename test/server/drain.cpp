// The stages of a server's end.
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

/// Handlers that end when the test says so.
struct slow_handlers {
  int started = 0, answered = 0, cancelled = 0;
  duration work = 1s;

  void serve(world& w) {
    w.service.on_unary = [this, &w](server_context&, Text& request) -> reply<Text> {
      ++started;
      try {
        co_await w.clock.sleep_for(work);
        ++answered;
      } catch (boost::system::system_error const&) {
        ++cancelled;
      }
      co_return request;
    };
  }
};

/// What a call ended with.
struct outcome {
  bool ended = false;
  heddle::status status;
};

task call(world& w, outcome& o, call_options const& options = call_options()) {
  auto const body = [&w, &o, options]() -> asio::awaitable<void> {
    Text const request;
    o.status = co_await status_of(w.client().unary(request, options));
    o.ended = true;
  };
  return w.start(body);
}

struct drained {
  bool ended = false;
  std::size_t left = 0;
  time_point at;
};

task drain(world& w, drained& d, duration grace) {
  auto const body = [&w, &d, grace]() -> asio::awaitable<void> {
    d.left = co_await w.server->drain(grace);
    d.ended = true;
    d.at = w.clock.now();
  };
  return w.start(body);
}

task run_server(world& w, drained& d) {
  auto const body = [&w, &d]() -> asio::awaitable<void> {
    d.left = co_await w.server->run();
    d.ended = true;
    d.at = w.clock.now();
  };
  return w.start(body);
}

}  // namespace

TEST_CASE("drain() without connections ends at once") {
  world w(GENERATE(values(both)));
  drained d, again;
  task const t = drain(w, d, 10s);
  w.clock.settle();
  t.get();
  CHECK(d.left == 0);
  task const u = drain(w, again, 10s);
  w.clock.settle();
  u.get();
  CHECK(again.left == 0);
}

TEST_CASE("drain() of idle connections ends after a round trip") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  CHECK(o.status.is_ok());
  drained d;
  time_point const start = w.clock.now();
  task const t = drain(w, d, 10s);
  w.clock.advance(1s);
  t.get();
  CHECK(d.left == 0);
  CHECK(d.at == start);
}

TEST_CASE("drain() lets calls end in time") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.serve(w);
  std::vector<outcome> outcomes(5);
  std::vector<task> calls;
  for (outcome& o : outcomes) calls.push_back(call(w, o));
  w.clock.advance(500ms);
  drained d;
  time_point const start = w.clock.now();
  task const t = drain(w, d, 10s);
  w.clock.advance(400ms);
  CHECK(!d.ended);
  w.clock.advance(200ms);
  t.get();
  CHECK(d.left == 0);
  CHECK(d.at == start + 500ms);
  CHECK(handlers.answered == 5);
  for (outcome const& o : outcomes) CHECK(o.status.is_ok());
}

TEST_CASE("drain() resets what is open at the end of the grace, and cancels its handlers") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  std::vector<outcome> outcomes(5);
  std::vector<task> calls;
  for (outcome& o : outcomes) calls.push_back(call(w, o));
  w.clock.settle();
  CHECK(handlers.started == 5);
  drained d;
  time_point const start = w.clock.now();
  task const t = drain(w, d, 10s);
  w.clock.advance(10s - 1ns);
  CHECK(!d.ended);
  CHECK(handlers.cancelled == 0);
  w.clock.advance(1s);
  t.get();
  CHECK(d.left == 0);
  CHECK(d.at >= start + 10s);
  CHECK(d.at <= start + 11s);
  CHECK(handlers.cancelled == 5);
  w.clock.settle();
  for (outcome const& o : outcomes) {
    CHECK(o.ended);
    CHECK(to_string(o.status) ==
          "UNAVAILABLE: the server is shutting down, and has not waited any longer for this call");
  }
}

TEST_CASE("a handler that never returns is left to itself") {
  world w(GENERATE(values(both)));
  server_context* seen = nullptr;
  testing::manual_clock* const clock = &w.clock;
  bool returned = false;
  status late_write;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    seen = &context;
    auto const message = co_await peer.read();
    CHECK(message);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await clock->sleep_for(1h);
    late_write = co_await status_of(peer.write(text("is anybody there?")));
    CHECK(context.cancelled());
    CHECK(context.request_headers().get("key") == "value");
    CHECK(context.peer() == "memory");
    context.trailers().add("late", "1");
    returned = true;
    co_return ok;
  };
  outcome o;
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat(call_options().header("key", "value"));
    co_await chat.write(text("x"));
    o.status = co_await status_of(chat.read());
    o.ended = true;
  };
  task const c = w.start(body);
  w.clock.settle();
  REQUIRE(seen != nullptr);
  drained d;
  time_point const start = w.clock.now();
  task const t = drain(w, d, 10s);
  w.clock.advance(11s);
  t.get();
  CHECK(d.left == 1);
  CHECK(d.at > start + 10s);
  CHECK(d.at <= start + 11s);
  CHECK(o.ended);
  CHECK(!returned);
  CHECK(seen->cancelled());
  CHECK(seen->request_headers().get("key") == "value");
  SECTION("and returns in the end") {
    w.clock.advance(2h);
    CHECK(returned);
    CHECK(late_write.code() == status_code::cancelled);
  }
  SECTION("and returns after the server's end") {
    w.server.reset();
    w.clock.advance(2h);
    CHECK(returned);
    CHECK(late_write.code() == status_code::cancelled);
  }
  SECTION("and never returns") {}
}

TEST_CASE("a peer that does not read does not keep drain() waiting") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  asio::any_io_executor const executor = w.context.get_executor();
  auto ends = make_memory_streams(executor, executor);
  w.server->serve(std::move(ends.second));  // nobody at the other end
  w.clock.settle();
  drained d;
  time_point const start = w.clock.now();
  task const t = drain(w, d, 2s);
  w.clock.advance(3s);
  t.get();
  CHECK(d.left == 0);
  CHECK(d.at <= start + 3s);
}

TEST_CASE("run() that is cancelled drains, and a second time stops") {
  server_options so;
  so.grace(10s);
  world w(GENERATE(values(both)), so);
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  drained d;
  task t = run_server(w, d);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  CHECK(handlers.started == 1);
  time_point const start = w.clock.now();
  t.cancel();
  w.clock.settle();
  CHECK(!d.ended);
  CHECK(handlers.cancelled == 0);
  SECTION("once") {
    w.clock.advance(11s);
    t.get();
    CHECK(d.at >= start + 10s);
  }
  SECTION("twice") {
    t.cancel();
    w.clock.advance(1s);
    t.get();
    CHECK(d.at <= start + 1s);
  }
  CHECK(d.left == 0);
  CHECK(handlers.cancelled == 1);
  CHECK(o.ended);
}

TEST_CASE("run() ends with drain()") {
  world w(GENERATE(values(both)));
  drained r, d;
  task const run = run_server(w, r);
  w.clock.settle();
  CHECK(!r.ended);
  task const t = drain(w, d, 1s);
  w.clock.settle();
  run.get();
  t.get();
}

TEST_CASE("a second drain() waits for the first") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.serve(w);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  drained first, second;
  task const t = drain(w, first, 10s);
  task const u = drain(w, second, 10s);
  w.clock.advance(2s);
  t.get();
  u.get();
  CHECK(o.status.is_ok());
}

TEST_CASE("drain() that is cancelled resets at once") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  drained d;
  time_point const start = w.clock.now();
  task t = drain(w, d, 1h);
  w.clock.advance(1s);
  t.cancel();
  w.clock.advance(2s);
  t.get();
  CHECK(d.at <= start + 2s);
  CHECK(handlers.cancelled == 1);
}

TEST_CASE("a call that begins while its server drains goes elsewhere") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.serve(w);
  heddle::server other(w.context, server_options().single_threaded(true).use_clock(w.clock));
  other.add(w.service);
  heddle::server* current = &*w.server;
  channel_options co;
  co.use_clock(w.clock).use_connector(testing::connect_memory(
      w.context.get_executor(), [&current](std::unique_ptr<byte_stream> s) { current->serve(std::move(s)); }));
  w.channel.emplace(w.context, "ipv4:192.0.2.1:50051", co);
  outcome before, during, after;
  task const a = call(w, before);
  w.clock.settle();
  drained d;
  current = &other;
  task const t = drain(w, d, 10s);
  task const b = call(w, during);
  w.clock.settle();
  task const c = call(w, after);
  w.clock.advance(3s);
  CHECK(before.status.is_ok());
  CHECK(during.status.is_ok());
  CHECK(after.status.is_ok());
  t.get();
  CHECK(d.left == 0);
}

TEST_CASE("a second drain() shortens the first, and does not lengthen it") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  drained first, second;
  time_point const start = w.clock.now();
  bool const shorter = GENERATE(true, false);
  task const t = drain(w, first, shorter ? 1h : 2s);
  w.clock.advance(1s);
  task const u = drain(w, second, shorter ? 1s : 1h);
  w.clock.advance(999ms);
  CHECK(handlers.cancelled == 0);
  CHECK(!first.ended);
  w.clock.advance(1s);
  t.get();
  u.get();
  CHECK(first.at <= start + 3s);
  CHECK(second.at == first.at);
  CHECK(handlers.cancelled == 1);
}

TEST_CASE("drain() without grace ends a drain() that has some") {
  world w(GENERATE(values(both)));
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  drained first, second;
  time_point const start = w.clock.now();
  task const t = drain(w, first, 30s);
  w.clock.settle();
  task const u = drain(w, second, 0s);
  w.clock.advance(1s);
  t.get();
  u.get();
  CHECK(first.at <= start + 1s);
  CHECK(handlers.cancelled == 1);
}

TEST_CASE("the first cancellation of run() is kind also while somebody drains") {
  server_options so;
  so.grace(10s);
  world w(GENERATE(values(both)), so);
  slow_handlers handlers;
  handlers.work = 1h;
  handlers.serve(w);
  drained r, d;
  task t = run_server(w, r);
  outcome o;
  task const c = call(w, o);
  w.clock.settle();
  task const u = drain(w, d, 1h);
  w.clock.settle();
  time_point const start = w.clock.now();
  t.cancel();
  w.clock.advance(5s);
  CHECK(handlers.cancelled == 0);
  CHECK(!r.ended);
  SECTION("and keeps the earlier end") {
    w.clock.advance(6s);
    CHECK(r.at >= start + 10s);
  }
  SECTION("and the second is not") {
    t.cancel();
    w.clock.advance(1s);
    CHECK(r.at <= start + 6s);
  }
  t.get();
  u.get();
  CHECK(handlers.cancelled == 1);
}
