// How TLS connections end: well, cut off, or never begun.
#include <string>

#include "support/raw_peer.hpp"
#include "support/relay.hpp"
#include "support/tls_world.hpp"

namespace heddle::test {

namespace {

void h2_server(SSL_CTX* context) {
  show(context, certificates::get().server);
  select(context, true);
}
void h2_client(SSL_CTX* context) { offer(context, "h2"); }

raw_peer cleartext_client(tls_world& w) {
  asio::any_io_executor const e = w.context.get_executor();
  auto ends = make_memory_streams(e, e);
  w.server->serve(w.filter(std::move(ends.second)));
  return raw_peer(std::move(ends.first));
}

}  // namespace

// ---- silence

TEST_CASE("a client that says nothing, or half a hello, is closed after the handshake timeout") {
  for (std::string const& hello : {std::string(), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    tls_world w;
    raw_peer peer = cleartext_client(w);
    if (!hello.empty()) peer.send(hello);
    w.clock.advance(9s);
    CHECK(!peer.ended());
    w.clock.advance(2s);
    CHECK(peer.ended());
    CHECK(w.clock.pending() == 0);
  }
}

TEST_CASE("a client that shakes hands and says nothing more is closed after the handshake timeout") {
  tls_world w;
  raw_tls_peer const peer = raw_tls_client(w, h2_client);
  CHECK(peer.established());
  w.clock.advance(9s);
  CHECK(!peer.ended());
  w.clock.advance(2s);
  CHECK(peer.ended());
  CHECK(peer.heard_close_notify());
}

TEST_CASE("a server that says nothing is given up after the client's handshake timeout") {
  tls_caller c(tls_client_options().server_name("server.test").handshake_timeout(3s));
  c.begin();
  auto const silent = c.take();
  c.clock.advance(2900ms);
  CHECK(c.end.message() == "the call has not ended");
  c.clock.advance(200ms);
  CHECK(c.end.code() == status_code::unavailable);
  CHECK(c.end.origin() == status_origin::transport);
  CHECK(has(c.end.message(), "tls_client_options::handshake_timeout()"));
}

TEST_CASE("a server that shakes hands and says nothing more is given up in the time for connecting") {
  tls_caller c;
  raw_tls_peer const server = c.answer(h2_server);
  c.clock.settle();
  CHECK(server.established());
  c.clock.advance(21s);
  INFO(to_string(c.end));
  CHECK(c.end.code() == status_code::unavailable);
}

// ---- cut off

TEST_CASE("an end without close_notify fails the calls that are open, and no others") {
  for (bool const polite : {true, false}) {
    tls_caller c;
    raw_tls_peer server = c.answer(h2_server);
    c.clock.settle();
    server.send(settings() + settings_ack());
    c.clock.settle();
    CHECK(c.end.message() == "the call has not ended");
    if (polite) server.say_close_notify();
    server.close();
    c.clock.settle();
    CHECK(c.end.code() == status_code::unavailable);
    CHECK(c.end.origin() == status_origin::transport);
    CHECK(has(c.end.message(), polite ? "the peer closed it" : "without the end of TLS (close_notify)"));
  }
}

TEST_CASE("an answer that is complete counts, though the connection is cut off behind it") {
  tls_caller c;
  raw_tls_peer server = c.answer(h2_server);
  c.clock.settle();
  engine_peer script;
  std::string const answer = framed(text("!"));
  server.send(settings() + settings_ack());
  c.clock.settle();
  header_list const head = fields({{":status", "200"}, {"content-type", "application/grpc"}});
  server.send(script.headers(1, head) + data(1, answer) + script.trailers(1));
  server.close();
  c.clock.settle();
  INFO(to_string(c.end));
  CHECK(c.end.is_ok());
}

TEST_CASE("a connection that is cut off after any byte of the handshake fails clearly") {
  for (direction const d : {direction::to_server, direction::to_client}) {
    bool passed = false;
    for (std::size_t after = 0; !passed && after < 10'000; after += 7) {
      tls_world w;
      echo_everything(w.service);
      auto const serve = [&w](std::unique_ptr<byte_stream> stream) { w.server->serve(w.filter(std::move(stream))); };
      relay r(w.context.get_executor(), serve, d, after, breakage::close);
      w.connector = connect_tls(client_context_for(certificates::get().ca),
                                tls_client_options().server_name("server.test").over(r.connector()));
      w.reconnect();
      status const end = w.call();
      INFO("after " << after << ": " << to_string(end));
      passed = end.is_ok();
      if (!passed) {
        CHECK(end.code() == status_code::unavailable);
        CHECK(!end.message().empty());
      }
    }
    CHECK(passed);
  }
}

TEST_CASE("bytes that were changed on the way end the connection") {
  tls_world w;
  raw_tls_peer peer = raw_tls_client(w, h2_client);
  peer.send(std::string(http2::client_preface) + settings());
  w.clock.settle();
  CHECK(!peer.received().empty());
  peer.send_raw(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  w.clock.settle();
  CHECK(peer.ended());
  CHECK(has(peer.error(), "bad record mac"));
}

// ---- renegotiation

TEST_CASE("a client that wants to renegotiate is refused") {
  tls_world w;
  raw_tls_peer peer = raw_tls_client(w, [](SSL_CTX* c) {
    h2_client(c);
    SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
  });
  REQUIRE(peer.established());
  peer.send(std::string(http2::client_preface) + settings());
  w.clock.settle();
  CHECK(SSL_renegotiate(peer.ssl()) == 1);
  SSL_do_handshake(peer.ssl());
  peer.flush();
  w.clock.settle();
  CHECK(has(peer.error(), "no renegotiation"));
}

// ---- the end

TEST_CASE("a drained server says close_notify, and does not wait long for a silent peer") {
  tls_world w;
  task const serving = w.start([&]() -> asio::awaitable<void> { co_await w.server->run(); });
  raw_tls_peer peer = raw_tls_client(w, h2_client);
  peer.send(std::string(http2::client_preface) + settings() + settings_ack());
  w.clock.settle();
  bool done = false;
  task const draining = w.start([&]() -> asio::awaitable<void> {
    co_await w.server->drain(10s);
    done = true;
  });
  w.clock.advance(30s);
  CHECK(done);
  CHECK(peer.heard_close_notify());
}

TEST_CASE("after the last word a silent peer is given two seconds") {
  tls_world w;
  raw_tls_peer peer = raw_tls_client(w);  // no ALPN: one answer and the end
  peer.send("GET / HTTP/1.1\r\n\r\n");
  w.clock.settle();
  CHECK(peer.heard_close_notify());
  CHECK(w.clock.pending() == 1);
  boost::system::error_code ec;
  CHECK(peer.stream().write_some(asio::buffer("x", 1), ec) == 1);  // still open
  w.clock.advance(2s);
  CHECK(w.clock.pending() == 0);
  peer.stream().write_some(asio::buffer("x", 1), ec);
  CHECK(ec);
}

TEST_CASE("a channel that goes says close_notify to its server") {
  tls_caller c;
  raw_tls_peer server = c.answer(h2_server);
  c.clock.settle();
  server.send(settings() + settings_ack());
  c.clock.settle();
  c.channel.reset();
  c.clock.settle();
  CHECK(c.end.code() == status_code::cancelled);
  CHECK(server.heard_close_notify());
  CHECK(server.ended());
}

// ---- destruction

TEST_CASE("a channel may go at any moment of connecting") {
  for (int turns = 0; turns < 60; ++turns) {
    tls_world w;
    echo_everything(w.service);
    status end(status_code::unknown, "the call has not ended");
    auto const call = [&end, client = w.client()]() -> asio::awaitable<void> {
      end = co_await status_of(client.unary(text("?")));
    };
    task const t = w.start(call);
    for (int i = 0; i < turns; ++i) w.context.poll_one();
    w.channel.reset();
    w.clock.settle();
    CHECK(t.done());
    CHECK((end.is_ok() || end.code() == status_code::cancelled));
    w.clock.advance(1min);
    CHECK(w.clock.pending() == 0);
  }
}

TEST_CASE("a context may go at any moment") {
  for (int turns = 0; turns < 60; ++turns) {
    tls_world w;
    echo_everything(w.service);
    task const t = w.start([&]() -> asio::awaitable<void> { co_await w.client().unary(text("?")); });
    for (int i = 0; i < turns; ++i) w.context.poll_one();
  }
}

TEST_CASE("a server may go at any moment of a handshake") {
  for (int turns = 0; turns < 60; ++turns) {
    tls_world w;
    echo_everything(w.service);
    status end;
    task const t = w.start([&]() -> asio::awaitable<void> { end = co_await status_of(w.client().unary(text("?"))); });
    for (int i = 0; i < turns; ++i) w.context.poll_one();
    w.server.reset();
    w.server.emplace(w.context, server_options().single_threaded(true).use_clock(w.clock));
    w.clock.advance(1min);
    CHECK(t.done());
  }
}

}  // namespace heddle::test
