// Calls that a server has not looked at are made once more, in silence.
#include <string>

#include "support/raw_peer.hpp"

namespace heddle::test {

namespace {

struct scripted {
  explicit scripted(channel_options co = channel_options()) {
    co.use_clock(w.clock).use_connector(servers.connector(w)).single_threaded(true);
    channel.emplace(w.context, "ipv4:192.0.2.1:1", co);
  }
  task unary(call_options options = call_options()) {
    auto const body = [this, options]() -> asio::awaitable<void> {
      Text const request = text("x");
      lab::echo::client client(*channel);
      end = co_await status_of(client.unary(request, options));
      ++ended;
    };
    return w.start(body);
  }
  void greet(std::vector<http2::setting> const& entries = {}) {
    w.clock.settle();
    servers.last().send(settings(entries) + settings_ack());
    w.clock.settle();
  }
  std::string answer(raw_peer& peer, stream_id id) {
    // Encoded one after the other: both leave entries in the compression table.
    std::string bytes = peer.frames.headers(id, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
    bytes += data(id, framed(text("answer")));
    bytes += peer.frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream);
    return bytes;
  }
  world w;
  raw_servers servers;
  std::optional<heddle::channel> channel;
  status end;
  int ended = 0;
};

}  // namespace

TEST_CASE("a refused call is made again on the same connection, once") {
  scripted s;
  task const t = s.unary();
  s.greet();
  raw_peer& peer = s.servers.last();
  peer.received();
  peer.send(rst_stream(1, error_code::refused_stream));
  s.w.clock.settle();
  CHECK(s.ended == 0);
  std::string const again = peer.received();
  INFO(again);
  CHECK(has(again, "HEADERS 3 /lab.Echo/Unary"));
  CHECK(has(again, "DATA 3 ["));
  SECTION("and succeeds") {
    peer.send(s.answer(peer, 3));
    s.w.clock.settle();
    REQUIRE(s.ended == 1);
    CHECK(s.end.is_ok());
  }
  SECTION("and is refused again") {
    peer.send(rst_stream(3, error_code::refused_stream));
    s.w.clock.settle();
    REQUIRE(s.ended == 1);
    CHECK(s.end.code() == status_code::unavailable);
  }
}

TEST_CASE("a call above GOAWAY's last stream goes to another connection") {
  scripted s;
  task const t = s.unary();
  s.greet();
  s.servers.last().send(goaway(0, error_code::no_error));
  s.w.clock.settle();
  CHECK(s.ended == 0);
  REQUIRE(s.servers.peers.size() == 2);
  s.greet();
  raw_peer& peer = s.servers.last();
  std::string const again = peer.received();
  INFO(again);
  CHECK(has(again, "HEADERS 1 /lab.Echo/Unary"));
  peer.send(s.answer(peer, 1));
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.is_ok());
}

TEST_CASE("a call below GOAWAY's last stream stays") {
  scripted s;
  task const t = s.unary();
  s.greet();
  s.servers.last().send(goaway(http2::max_stream_id, error_code::no_error) + goaway(1, error_code::no_error));
  s.w.clock.settle();
  CHECK(s.ended == 0);
  CHECK(s.servers.peers.size() == 1);
  raw_peer& peer = s.servers.last();
  peer.send(s.answer(peer, 1));
  s.w.clock.advance(2s);
  REQUIRE(s.ended == 1);
  CHECK(s.end.is_ok());
}

TEST_CASE("a stream is replayed, whatever it has sent so far") {
  scripted s;
  lab::echo::client client(*s.channel);
  bool half_close = GENERATE(false, true);
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = client.chat();
    co_await chat.write(text("one"));
    co_await chat.write(text("two"));
    if (half_close) co_await chat.writes_done();
    auto const message = co_await chat.read();
    REQUIRE(message);
    CHECK(message->text() == "answer");
    auto const more = co_await chat.read();
    CHECK(!more);
  };
  task const t = s.w.start(body);
  s.greet();
  raw_peer& peer = s.servers.last();
  std::string const first = peer.received();
  peer.send(rst_stream(1, error_code::refused_stream));
  s.w.clock.settle();
  std::string const again = peer.received();
  INFO(first << "\n" << again);
  CHECK(has(again, "HEADERS 3 /lab.Echo/Chat"));
  CHECK(has(again, "DATA 3 [?????\?\?one?????\?\?two]"));
  CHECK(has(again, " END") == half_close);
  peer.send(s.answer(peer, 3));
  s.w.clock.settle();
  t.get();
}

TEST_CASE("a call that has its headers, or has sent more than replay_limit, is not made again") {
  scripted s(channel_options().replay_limit(100));
  lab::echo::client client(*s.channel);
  bool const large = GENERATE(false, true);
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = client.chat();
    co_await chat.write(text(std::string(large ? 200 : 10, 'x')));
    s.end = co_await status_of(chat.read());
    ++s.ended;
  };
  task const t = s.w.start(body);
  s.greet();
  raw_peer& peer = s.servers.last();
  if (!large) peer.send(peer.frames.headers(1, fields({{":status", "200"}, {"content-type", "application/grpc"}})));
  s.w.clock.settle();
  peer.send(rst_stream(1, error_code::refused_stream));
  s.w.clock.settle();
  t.get();
  CHECK(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
}

TEST_CASE("calls beyond the peer's MAX_CONCURRENT_STREAMS wait for room") {
  scripted s;
  std::vector<task> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(s.unary());
  s.greet({{http2::setting_id::max_concurrent_streams, 2}});
  raw_peer& peer = s.servers.last();
  std::string sent = peer.received();
  CHECK(has(sent, "HEADERS 3 "));
  CHECK(!has(sent, "HEADERS 5 "));
  peer.send(s.answer(peer, 1));
  s.w.clock.settle();
  CHECK(s.ended == 1);
  sent = peer.received();
  CHECK(has(sent, "HEADERS 5 "));
  CHECK(!has(sent, "HEADERS 7 "));
  peer.send(settings({{http2::setting_id::max_concurrent_streams, 10}}));
  s.w.clock.settle();
  sent = peer.received();
  CHECK(has(sent, "HEADERS 7 "));
  CHECK(has(sent, "HEADERS 9 "));
  for (stream_id const id : {3u, 5u, 7u, 9u}) peer.send(s.answer(peer, id));
  s.w.clock.settle();
  CHECK(s.ended == 5);
  CHECK(s.servers.peers.size() == 1);
}

TEST_CASE("what waits for room fails with the connection, or finds the next one") {
  scripted s;
  std::vector<task> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(s.unary());
  s.greet({{http2::setting_id::max_concurrent_streams, 1}});
  s.servers.last().close();
  s.w.clock.settle();
  CHECK(s.ended == 1);  // the one that was sent
  CHECK(s.end.code() == status_code::unavailable);
  REQUIRE(s.servers.peers.size() == 2);
  s.greet();
  raw_peer& peer = s.servers.last();
  peer.send({s.answer(peer, 1), s.answer(peer, 3)});
  s.w.clock.settle();
  CHECK(s.ended == 3);
  CHECK(s.end.is_ok());
}

}  // namespace heddle::test
