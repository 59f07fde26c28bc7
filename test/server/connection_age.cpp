// Connections that a server ends because they are idle or old (gRFC A9).
#include <string>
#include <vector>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// uniform() is what the test says.
struct chosen_random final : random_source {
  explicit chosen_random(std::vector<double> v) : values(std::move(v)) {}
  std::uint64_t next() override { return static_cast<std::uint64_t>(values[at++ % values.size()] * 0x1p53) << 11; }
  std::vector<double> values;
  std::size_t at = 0;
};

server_options options() {
  server_options so;
  so.use_random(std::make_shared<chosen_random>(std::vector<double>{0.5}));  // no jitter
  return so;
}

/// The two GOAWAYs, with the PING between them answered.
void expect_goodbye(world& w, raw_peer& peer, std::string const& text, std::string const& last) {
  auto const frames = peer.heard();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].text == "GOAWAY max NO_ERROR [" + text + "]");
  REQUIRE(frames[1].head.type == frame_type::ping);
  peer.send(ping(frames[1].payload, flag::ack));
  w.clock.settle();
  CHECK(peer.received() == "GOAWAY " + last + " NO_ERROR [" + text + "]");
}

std::string call(raw_peer& peer, stream_id id) {
  std::string bytes = peer.frames.headers(id, grpc_request());
  return bytes + data(id, framed(text("x")), flag::end_stream);
}

struct outcome {
  bool ended = false;
  heddle::status status;
};

task start_call(world& w, outcome& o) {
  auto const body = [&w, &o]() -> asio::awaitable<void> {
    Text const request;
    o.status = co_await status_of(w.client().unary(request));
    o.ended = true;
  };
  return w.start(body);
}

}  // namespace

TEST_CASE("by default a connection lives as long as its client answers") {
  world w(strands::none, server_options(), channel_options().idle_timeout(infinite));
  echo_everything(w.service);
  outcome first, second;
  task const a = start_call(w, first);
  w.clock.advance(24h * 30);
  task const b = start_call(w, second);
  w.clock.settle();
  CHECK(first.status.is_ok());
  CHECK(second.status.is_ok());
  CHECK(w.connections == 1);
}

TEST_CASE("a connection without calls is told max_idle") {
  world w(strands::none, options().max_connection_idle(1min));
  echo_everything(w.service);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  SECTION("that never had any") {
    w.clock.advance(1min - 1ns);
    CHECK(peer.received() == "");
    w.clock.advance(1ns);
    expect_goodbye(w, peer, "max_idle", "0");
  }
  SECTION("from the end of the last one") {
    w.clock.advance(40s);
    peer.send(call(peer, 1));  // comes and goes in one batch
    w.clock.advance(1min - 1ns);
    CHECK(!has(peer.received(), "GOAWAY"));
    w.clock.advance(1ns);
    expect_goodbye(w, peer, "max_idle", "1");
  }
  CHECK(peer.ended());
}

TEST_CASE("a connection with a call is not idle") {
  world w(strands::none, options().max_connection_idle(1min));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(10min);
    co_return request;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(call(peer, 1));
  w.clock.advance(10min);
  CHECK(has(peer.received(), "HEADERS 1"));
  w.clock.advance(1min - 1ns);
  CHECK(peer.received() == "");
  w.clock.advance(1ns);
  expect_goodbye(w, peer, "max_idle", "1");
  CHECK(peer.ended());
}

TEST_CASE("a call that crosses the GOAWAY for idleness is answered") {
  world w(strands::none, options().max_connection_idle(1min));
  echo_everything(w.service);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  w.clock.advance(1min);
  peer.send(call(peer, 1));
  w.clock.settle();
  CHECK(has(peer.received(), "grpc-status=0"));
  w.clock.advance(10s);  // for the answer to the PING
  CHECK(peer.received() == "GOAWAY 1 NO_ERROR [max_idle]");
  CHECK(peer.ended());
}

TEST_CASE("a connection that is old is told max_age, and its calls may end") {
  world w(strands::none, options().max_connection_age(1min));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(10min);
    co_return request;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(call(peer, 1));
  w.clock.advance(1min - 1ns);
  CHECK(!has(peer.received(), "GOAWAY"));
  w.clock.advance(1ns);
  expect_goodbye(w, peer, "max_age", "1");
  CHECK(!peer.ended());
  w.clock.advance(9min);
  CHECK(has(peer.received(), "grpc-status=0"));
  CHECK(peer.ended());
}

TEST_CASE("the age of each connection has a jitter of its own") {
  server_options so;
  so.max_connection_age(100s).use_random(std::make_shared<chosen_random>(std::vector<double>{0, 0.75}));
  world w(strands::none, so);
  raw_peer first = raw_client(w), second = raw_client(w);
  handshake(w, first);
  handshake(w, second);
  w.clock.advance(90s - 1ns);
  CHECK(first.received() == "");
  w.clock.advance(1ns);
  CHECK(has(first.received(), "max_age"));
  w.clock.advance(15s - 1ns);
  CHECK(second.received() == "");
  w.clock.advance(1ns);
  CHECK(has(second.received(), "max_age"));
}

TEST_CASE("a server draws its own jitter when it is given none") {
  world w(strands::none, server_options().max_connection_age(100s));
  std::vector<raw_peer> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(raw_client(w));
  for (raw_peer& p : peers) handshake(w, p);
  w.clock.advance(90s - 1ns);
  for (raw_peer& p : peers) CHECK(p.received() == "");
  w.clock.advance(10s);
  int told = 0;
  for (raw_peer& p : peers) told += has(p.received(), "max_age");
  CHECK(told > 0);
  CHECK(told < 20);
}

TEST_CASE("when the grace of an old connection is over, its calls end") {
  world w(GENERATE(strands::none, strands::everywhere),
          options().max_connection_age(1min).max_connection_age_grace(30s));
  int cancelled = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    try {
      co_await w.clock.sleep_for(10min);
    } catch (boost::system::system_error const&) {
      ++cancelled;
    }
    co_return request;
  };
  outcome o;
  task const t = start_call(w, o);
  w.clock.advance(1min);
  CHECK(!o.ended);
  w.clock.advance(30s - 1ns);
  CHECK(!o.ended);
  CHECK(cancelled == 0);
  w.clock.advance(1ns);
  CHECK(cancelled == 1);
  REQUIRE(o.ended);
  INFO(to_string(o.status));
  CHECK(o.status.code() == status_code::unavailable);
  CHECK(has(o.status.message(), "max_age"));
}

TEST_CASE("the grace counts from the second GOAWAY, which a silent client puts off") {
  world w(strands::none, options().max_connection_age(1min).max_connection_age_grace(30s));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    try {
      co_await w.clock.sleep_for(10min);
    } catch (boost::system::system_error const&) {
    }
    co_return request;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(call(peer, 1));
  w.clock.advance(1min + 10s);  // limits::goaway_ping_timeout
  CHECK(has(peer.received(), "GOAWAY 1 NO_ERROR [max_age]"));
  w.clock.advance(30s - 1ns);
  CHECK(!peer.ended());
  w.clock.advance(1ns);
  CHECK(peer.ended());
  CHECK(peer.received() == "");
}

TEST_CASE("a client that does not read is let go in spite of what waits for it") {
  world w(strands::none, options().max_connection_age(1min).max_connection_age_grace(30s));
  echo_everything(w.service);
  asio::any_io_executor const e = w.context.get_executor();
  auto ends = make_memory_streams(e, e, memory_stream_options().capacity(1000));
  w.server->serve(std::move(ends.second));
  engine_peer frames;
  std::string request = std::string(http2::client_preface) + settings() + settings_ack();
  request += frames.headers(1, grpc_request("/lab.Echo/Download"));
  request += data(1, framed(text("x", 1000000)), flag::end_stream);
  boost::system::error_code ec;
  REQUIRE(ends.first->write_some(asio::buffer(request), ec) == request.size());
  w.clock.advance(1min + 10s + 30s + 1s);
  CHECK(ends.first->write_some(asio::buffer("x", 1), ec) == 0);
  CHECK(ec == asio::error::broken_pipe);
}

TEST_CASE("a channel has its calls on a new connection before the old one is gone, and loses none") {
  world w(GENERATE(strands::none, strands::everywhere),
          options().max_connection_age(1min).max_connection_age_grace(1h));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(7s);
    co_return request;
  };
  std::vector<outcome> outcomes(200);
  std::vector<task> tasks;
  for (outcome& o : outcomes) {
    tasks.push_back(start_call(w, o));
    w.clock.advance(2s);
  }
  w.clock.advance(1min);
  for (outcome const& o : outcomes) {
    INFO(to_string(o.status));
    CHECK(o.ended);
    CHECK(o.status.is_ok());
  }
  CHECK(w.connections >= 6);
  CHECK(w.connections <= 8);
}
