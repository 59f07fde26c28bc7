// PINGs on a server's connections: those it sends, those it answers, and those it has had enough of.
#include <string>
#include <vector>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// A peer that reads when the test says so, and as much.
struct slow_reader {
  explicit slow_reader(world& w, std::size_t capacity) : user(std::make_shared<reader>()) {
    asio::any_io_executor const e = w.context.get_executor();
    auto ends = make_memory_streams(e, e, memory_stream_options().capacity(capacity));
    w.server->serve(std::move(ends.second));
    stream = std::move(ends.first);
  }
  ~slow_reader() { stream->close(); }
  void send(std::string_view bytes) {
    boost::system::error_code ec;
    REQUIRE(stream->write_some(asio::buffer(bytes), ec) == bytes.size());
  }
  /// At most `n` bytes that are there.
  void read(world& w, std::size_t n) {
    REQUIRE(n <= sizeof user->buffer);
    stream->read_some(asio::buffer(user->buffer, n), user);
    w.clock.settle();
  }
  struct reader final : byte_stream_user {
    void on_read(boost::system::error_code ec, std::size_t n) override {
      if (!ec) received.append(buffer, n);
    }
    void on_writable(boost::system::error_code) override {}
    std::string received;
    char buffer[4096];
  };
  std::unique_ptr<byte_stream> stream;
  std::shared_ptr<reader> user;
};

}  // namespace

TEST_CASE("a server asks a silent client after two hours, with and without calls") {
  world w;
  int cancelled = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    try {
      co_await w.clock.sleep_for(100h);
    } catch (boost::system::system_error const&) {
      ++cancelled;
    }
    co_return request;
  };
  bool const calls = GENERATE(true, false);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  if (calls) {
    peer.send(peer.frames.headers(1, grpc_request()) + data(1, framed(text("x")), flag::end_stream));
    w.clock.settle();
  }
  peer.received();
  w.clock.advance(2h - 1ns);
  CHECK(peer.received() == "");
  w.clock.advance(1ns);
  std::vector<parsed_frame> const asked = peer.heard();
  REQUIRE(asked.size() == 1);
  REQUIRE(asked[0].head.type == frame_type::ping);
  SECTION("and is content with the answer") {
    w.clock.advance(19s);
    peer.send(ping(asked[0].payload, flag::ack));
    w.clock.advance(2h - 1ns);
    CHECK(peer.received() == "");
    CHECK(!peer.ended());
    w.clock.advance(1ns);
    CHECK(has(peer.received(), "PING"));
  }
  SECTION("and with any other byte") {
    peer.send(std::string(1, '\0'));  // of a frame that may become whole one day
    w.clock.advance(2h - 1ns);
    CHECK(!peer.ended());
  }
  SECTION("and closes after 20 s without one") {
    w.clock.advance(20s - 1ns);
    CHECK(!peer.ended());
    CHECK(cancelled == 0);
    w.clock.advance(1ns);
    CHECK(peer.ended());
    CHECK(cancelled == (calls ? 1 : 0));
  }
  peer.close();
  w.clock.settle();
}

TEST_CASE("a server's keepalive can be set and switched off") {
  world w(strands::none, server_options().keepalive_time(1min).keepalive_timeout(5s));
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  w.clock.advance(1min + 5s - 1ns);
  CHECK(has(peer.received(), "PING"));
  CHECK(!peer.ended());
  w.clock.advance(1ns);
  CHECK(peer.ended());

  world never_asks(strands::none, server_options().keepalive_time(infinite));
  raw_peer silent = raw_client(never_asks);
  handshake(never_asks, silent);
  never_asks.clock.advance(1000h);
  CHECK(silent.received() == "");
  CHECK(!silent.ended());
}

TEST_CASE("who has not said hello is not asked, but has the handshake timeout") {
  world w(strands::none, server_options().keepalive_time(1s).handshake_timeout(10s));
  raw_peer peer = raw_client(w);
  w.clock.advance(10s - 1ns);
  CHECK(peer.bytes() == "");
  CHECK(!peer.ended());
  w.clock.advance(1ns);
  CHECK(peer.ended());
}

TEST_CASE("a client that asks too often loses its connection, with its calls, at once") {
  world w;
  int cancelled = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    try {
      co_await w.clock.sleep_for(100h);
    } catch (boost::system::system_error const&) {
      ++cancelled;
    }
    co_return request;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(peer.frames.headers(1, grpc_request()) + data(1, framed(text("x")), flag::end_stream));
  w.clock.settle();
  peer.received();
  for (int i = 0; i < 3; ++i) {
    peer.send(ping());
    w.clock.advance(1min);
    CHECK(peer.received() == "PING ACK 12345678");
  }
  CHECK(cancelled == 0);
  peer.send(ping());
  w.clock.settle();
  CHECK(peer.received() == "GOAWAY 1 ENHANCE_YOUR_CALM [too_many_pings]");
  CHECK(peer.ended());
  CHECK(cancelled == 1);
}

TEST_CASE("what a server permits is measured from the options") {
  server_options so;
  so.permit_keepalive_time(10s);
  SECTION("with calls only") {}
  SECTION("or without") { so.permit_keepalive_without_calls(true); }
  bool const without = so.permit_keepalive_without_calls();
  world w(strands::none, so);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  for (int i = 0; i < 20; ++i) {
    if (!peer.ended()) peer.send(ping());
    w.clock.advance(10s);
  }
  CHECK(peer.ended() == !without);
  CHECK(has(peer.received(), "too_many_pings") == !without);
}

TEST_CASE("a PING is answered at the next end of a frame while the socket is full of data") {
  world w;
  echo_everything(w.service);
  slow_reader peer(w, 300);
  engine_peer frames;
  peer.send(std::string(http2::client_preface) + settings() + settings_ack());
  w.clock.settle();
  peer.read(w, 4096);
  peer.user->received.clear();
  // 20 messages, each a kilobyte.
  Text const message = text(std::string(1000, 'm'), 20);
  std::string request = frames.headers(1, grpc_request("/lab.Echo/Download"));
  request += data(1, framed(message), flag::end_stream);
  std::string_view left = request;  // the pipe takes 300 bytes at a time
  while (!left.empty()) {
    peer.send(left.substr(0, 300));
    left.remove_prefix(std::min<std::size_t>(300, left.size()));
    w.clock.settle();
  }
  peer.read(w, 100);
  CHECK(has(as_text(as_bytes(peer.user->received)), "mmmm"));
  peer.send(ping("hurry up"));
  w.clock.settle();
  std::size_t const before = peer.user->received.size();
  for (int i = 0; i < 1000; ++i) peer.read(w, 97);
  std::size_t at = 0, ack_at = 0, data_bytes = 0;
  for (parsed_frame const& f : frames.parse(peer.user->received)) {
    if (f.head.type == frame_type::ping) {
      CHECK(f.text == "PING ACK hurry up");
      ack_at = at;
    }
    if (f.head.type == frame_type::data) data_bytes += f.payload.size();
    at += 9 + f.payload.size();
  }
  CHECK(data_bytes > 20 * 1000);
  // Behind the pipe's 300 bytes and the frame that was half gone, which is one of 16 KiB at most; not behind all.
  CHECK(ack_at >= before);
  CHECK(ack_at <= before + 300 + 16384 + 9);
  CHECK(ack_at < at - 1000);
}
