// Connections that end in an orderly way, on either side's wish, and cost no call.
#include "support/scripted_channel.hpp"

namespace heddle::test {

namespace {

/// Calls without pause, each one a task: nobody waits for the one before.
struct flood {
  explicit flood(world& wo) : w(wo) {}

  void burst(int n) {
    for (int i = 0; i < n; ++i) {
      auto const body = [this]() -> asio::awaitable<void> {
        Text const request = text("x");
        status const s = co_await status_of(w.client().unary(request));
        ++ended;
        if (s.is_ok()) {
          ++ok;
        } else {
          last = s;
        }
      };
      tasks.push_back(w.start(body));
    }
  }

  world& w;
  std::vector<task> tasks;
  int ended = 0, ok = 0;
  status last;
};

}  // namespace

TEST_CASE("a GOAWAY without calls closes the connection, and the next call finds another one") {
  auto const code = GENERATE(error_code::no_error, error_code::enhance_your_calm);
  scripted_channel s;
  task const first = s.start(call_kind::unary);
  s.greet();
  s.answer(1);
  CHECK(s.ended == 1);
  s.last().received();
  s.send({goaway(http2::max_stream_id, code), goaway(1, code, "bye")});
  CHECK(s.last().ended());
  CHECK(s.peers.size() == 1);  // nobody needs another one yet
  task const second = s.start(call_kind::unary);
  s.greet();
  REQUIRE(s.peers.size() == 2);
  s.answer(1);
  CHECK(s.ended == 2);
  CHECK(s.end.is_ok());
}

TEST_CASE("calls under way end on the old connection while new ones use the next, whatever code GOAWAY has") {
  auto const code = GENERATE(error_code::no_error, error_code::internal_error, error_code::enhance_your_calm);
  bool const two_steps = GENERATE(false, true);
  scripted_channel s;
  task const old = s.start(GENERATE(values(all_kinds)));
  s.greet();
  if (two_steps) s.send({goaway(http2::max_stream_id, code)});
  task const young = s.start(call_kind::unary);
  s.w.clock.settle();
  if (!two_steps) s.send({goaway(1, code)});
  s.greet();
  REQUIRE(s.peers.size() == 2);
  if (two_steps) {
    s.peers[0].send(goaway(1, code));
    s.w.clock.settle();
  }
  CHECK(s.ended == 0);
  s.answer(1);
  CHECK(s.ended == 1);
  CHECK(s.end.is_ok());
  CHECK(!s.peers[0].ended());
  s.answer(s.peers[0], 1);
  CHECK(s.ended == 2);
  CHECK(s.end.is_ok());
  CHECK(s.peers[0].ended());  // the last call was over
}

TEST_CASE("the connection behind a GOAWAY may be lost without its old calls being made again") {
  scripted_channel s;
  task const t = s.start(call_kind::unary);
  s.greet();
  s.send({goaway(1, error_code::internal_error, "disk on fire")});
  s.last().close();
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
  INFO(s.end.message());
  CHECK(has(s.end.message(), "disk on fire"));
  CHECK(s.peers.size() == 1);
}

TEST_CASE("a GOAWAY that takes calls back which an earlier one gave up is a protocol error, and the next call lives") {
  scripted_channel s;
  task const first = s.start(call_kind::unary);
  s.greet();
  task const second = s.start(call_kind::unary);
  s.w.clock.settle();
  s.send({goaway(1, error_code::no_error)});  // the second call is the next connection's
  REQUIRE(s.peers.size() == 2);
  s.peers[0].received();
  s.peers[0].send(goaway(3, error_code::no_error));
  s.w.clock.settle();
  CHECK(has(s.peers[0].received(), "GOAWAY 0 PROTOCOL_ERROR"));
  CHECK(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
  s.greet();
  s.answer(1);
  CHECK(s.ended == 2);
  CHECK(s.end.is_ok());
}

TEST_CASE("a server that says GOAWAY at once is no server: calls wait for the next try, and tries get rarer") {
  scripted_channel s(channel_options().backoff(backoff_options().jitter(0)));
  auto const wait = call_options().wait_for_ready(true);
  task const patient = s.start(call_kind::unary, "question", wait);
  task const hasty = s.start(call_kind::unary);
  s.w.clock.settle();
  s.send({settings() + settings_ack() + goaway(0, error_code::no_error, "not today")});
  CHECK(s.ended == 1);  // the one that does not wait
  CHECK(s.end.code() == status_code::unavailable);
  INFO(s.end.message());
  CHECK(has(s.end.message(), "not today"));
  CHECK(s.peers.size() == 1);
  for (std::size_t tries = 2; tries < 6; ++tries) {
    auto const asked = s.w.clock.now();
    while (s.peers.size() < tries && s.w.clock.now() < asked + 5min) s.w.clock.advance(100ms);
    REQUIRE(s.peers.size() == tries);
    CHECK(s.w.clock.now() >= asked + std::chrono::milliseconds(500 * tries));
    s.send({settings() + settings_ack() + goaway(0, error_code::no_error)});
  }
  while (s.peers.size() < 6) s.w.clock.advance(100ms);
  s.greet();
  s.answer(1);
  CHECK(s.ended == 2);
  CHECK(s.end.is_ok());
}

TEST_CASE("connections whose ids are used up are replaced, and no call notices") {
  http2::limits few;
  few.last_stream_id = 19;  // ten calls
  bool const by_server = GENERATE(false, true);
  world w(strands::none, by_server ? server_options().limits(few) : server_options(),
          by_server ? channel_options() : channel_options().limits(few));
  echo_everything(w.service);
  flood calls(w);
  for (int i = 0; i < 20; ++i) {
    calls.burst(25);
    if (i % 3 == 0) w.clock.settle();
  }
  w.clock.advance(10s);
  INFO(calls.last.message());
  CHECK(calls.ended == 500);
  CHECK(calls.ok == 500);
  if (by_server)
    CHECK(w.connections >= 3);
  else
    CHECK(w.connections == 50);
}

TEST_CASE("a stream that outlives its connection's ids goes on to its end") {
  http2::limits few;
  few.last_stream_id = 9;
  world w(strands::none, server_options(), channel_options().limits(few));
  echo_everything(w.service);
  std::string heard;
  auto const talk = [&]() -> asio::awaitable<void> {
    lab::echo::client client = w.client();
    auto chat = client.chat();
    for (int i = 0; i < 10; ++i) {
      co_await chat.write(text(std::to_string(i)));
      auto const back = co_await chat.read();
      REQUIRE(back);
      heard += back->text();
      co_await w.clock.sleep_for(1s);
    }
    co_await chat.writes_done();
    auto const more = co_await chat.read();
    CHECK(!more);
  };
  task const t = w.start(talk);
  flood calls(w);
  for (int i = 0; i < 12; ++i) {
    calls.burst(3);
    w.clock.advance(1s);
  }
  t.get();
  CHECK(heard == "0123456789");
  CHECK(calls.ok == 36);
  CHECK(w.connections > 5);
}

TEST_CASE("a server that shuts down under a flood of calls loses none of them") {
  // The doors: connections go to the server that is up, as with an address that another process has taken over.
  for (int restart = 0; restart < 50; ++restart) {
    CAPTURE(restart);
    world w;
    echo_everything(w.service);
    std::optional<heddle::server> old_one(std::in_place, w.context,
                                          server_options().single_threaded(true).use_clock(w.clock));
    scripted_echo slow;
    int served_by_old = 0;
    slow.on_unary = [&](server_context&, Text& request) -> reply<Text> {
      ++served_by_old;
      co_await w.clock.sleep_for(std::chrono::milliseconds(served_by_old % 7));
      co_return request;
    };
    old_one->add(slow);
    bool down = false;
    auto const accept = [&](std::unique_ptr<byte_stream> stream) {
      if (down)
        w.server->serve(std::move(stream));
      else
        old_one->serve(std::move(stream));
    };
    w.channel.emplace(
        w.context, "ipv4:192.0.2.1:1",
        channel_options().single_threaded(true).use_clock(w.clock).use_connector(testing::connect_memory(
            w.context.get_executor(), accept, memory_stream_options().max_read(1 + 13 * restart).capacity(2000))));
    flood calls(w);
    std::size_t left = 1;
    auto const drain = [&]() -> asio::awaitable<void> { left = co_await old_one->drain(10s); };
    std::optional<task> draining;
    for (int turn = 0; turn < 40; ++turn) {
      calls.burst(10);
      for (int polls = 0; polls < restart; ++polls) w.context.poll_one();
      if (turn == 20) {
        down = true;
        draining.emplace(w.context.get_executor(), drain);
      }
      if (turn % 5 == 0) w.clock.advance(1ms);
    }
    w.clock.advance(10s);
    draining->get();
    INFO(calls.last.message());
    CHECK(left == 0);
    CHECK(calls.ended == 400);
    CHECK(calls.ok == 400);
    CHECK(served_by_old > 0);
    CHECK(served_by_old < 400);
  }
}

}  // namespace heddle::test
