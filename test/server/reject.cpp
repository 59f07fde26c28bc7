// What a server answers to requests that reach no handler, from a client that writes its own frames.
#include <string>

#include "support/raw_peer.hpp"

namespace heddle::test {

namespace {

struct connection {
  explicit connection(world& w) : w_(w), peer(raw_client(w)) { handshake(w, peer); }
  std::string ask(std::initializer_list<std::string> pieces) {
    peer.send(pieces);
    w_.clock.settle();
    return peer.received();
  }
  std::string headers(stream_id id, header_list const& list, std::uint8_t flags = no_flags) {
    return peer.frames.headers(id, list, flags);
  }
  world& w_;
  raw_peer peer;
};

header_list with(header_list list, std::string_view name, std::string_view value) {
  header_list changed;
  bool there = false;
  for (header_field const f : list) {
    if (f.name == name) {
      there = true;
      if (!value.empty()) changed.add(name, value);
    } else {
      changed.add(f.name, f.value);
    }
  }
  if (!there) changed.add(name, value);
  return changed;
}

}  // namespace

TEST_CASE("requests that are no gRPC calls get an HTTP answer") {
  world w;
  echo_everything(w.service);
  connection c(w);
  struct row {
    char const* name;
    header_list head;
    char const* status;
  };
  row const rows[] = {
      {"GET", fields({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}), "405"},
      {"PUT", with(grpc_request(), ":method", "PUT"), "405"},
      {"no content-type", with(grpc_request(), "content-type", ""), "415"},
      {"another content-type", with(grpc_request(), "content-type", "application/json"), "415"},
      {"a longer word", with(grpc_request(), "content-type", "application/grpcfoo"), "415"},
      {"gRPC-Web", with(grpc_request(), "content-type", "application/grpc-web"), "415"},
  };
  stream_id id = 1;
  for (row const& r : rows) {
    INFO(r.name);
    std::string const with_end = c.ask({c.headers(id, r.head, flag::end_stream)});
    INFO(with_end);
    CHECK(has(with_end, std::string("HEADERS ") + std::to_string(id) + " " + r.status + " content-type=text/plain"));
    CHECK(has(with_end, "content-length="));
    CHECK(has(with_end, "END"));
    CHECK(!has(with_end, "grpc-status"));
    CHECK(!has(with_end, "RST"));
    id += 2;
    // A stream without an end may wait for the answer; who uploads so many bytes may not bear one before.
    std::string const at_once = c.ask({c.headers(id, r.head), data(id, "half")});
    INFO(at_once);
    CHECK(has(at_once, r.status));
    CHECK(has(at_once, "END"));
    id += 2;
    header_list const sized = with(r.head, "content-length", "8");
    CHECK(!has(c.ask({c.headers(id, sized), data(id, "half")}), r.status));
    std::string const in_the_end = c.ask({data(id, "rest", flag::end_stream)});
    INFO(in_the_end);
    CHECK(has(in_the_end, r.status));
    CHECK(has(in_the_end, "END"));
    id += 2;
  }
}

TEST_CASE("calls that no handler serves are answered with Trailers-Only") {
  world w;
  echo_everything(w.service);
  connection c(w);
  struct row {
    char const* name;
    header_list head;
    char const* says;
  };
  row const rows[] = {
      {"unknown service", grpc_request("/lab.Other/Unary"), "grpc-status=12 grpc-message=unknown service lab.Other"},
      {"unknown method", grpc_request("/lab.Echo/Other"),
       "grpc-status=12 grpc-message=service lab.Echo has no method Other"},
      {"no slash", grpc_request("/unary"), "grpc-status=12 grpc-message=malformed method name"},
      {"no service", grpc_request("//Unary"), "grpc-status=12 grpc-message=malformed"},
      {"no method", grpc_request("/lab.Echo/"), "grpc-status=12 grpc-message=malformed"},
      {"a deeper path", grpc_request("/x/lab.Echo/Unary"), "grpc-status=12 grpc-message=malformed"},
      {"case matters", grpc_request("/lab.Echo/unary"), "grpc-status=12"},
      {"another codec", with(grpc_request(), "content-type", "application/grpc+json"),
       "grpc-status=12 grpc-message=content-type application/grpc+json is not supported"},
      {"unknown compression", with(grpc_request(), "grpc-encoding", "zebra"),
       "grpc-status=12 grpc-message=grpc-encoding zebra is not supported here, only identity,gzip,deflate: "
       "server_options::compressors()"},
      {"a bad timeout", with(grpc_request(), "grpc-timeout", "1x"), "grpc-status=13"},
      {"no time left", with(grpc_request(), "grpc-timeout", "0n"), "grpc-status=4"},
  };
  stream_id id = 1;
  for (row const& r : rows) {
    INFO(r.name);
    std::string const answer = c.ask({c.headers(id, r.head), data(id, framed(text("x")), flag::end_stream)});
    INFO(answer);
    CHECK(has(answer, "HEADERS " + std::to_string(id) + " 200 content-type=application/grpc"));
    CHECK(has(answer, r.says));
    CHECK(has(answer, " END"));
    CHECK(!has(answer, "DATA"));
    id += 2;
  }
  std::string const encoding = c.ask({c.headers(id, with(grpc_request(), "grpc-encoding", "zebra"))});
  CHECK(has(encoding, "grpc-accept-encoding=identity,gzip,deflate"));
  id += 2;
  std::string const good = c.ask({c.headers(id, grpc_request()), data(id, framed(text("x")), flag::end_stream)});
  CHECK(has(good, "grpc-status=0"));
}

TEST_CASE("content-types of gRPC") {
  world w;
  echo_everything(w.service);
  connection c(w);
  stream_id id = 1;
  for (char const* type : {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8",
                           "application/grpc+proto; x=y", "Application/GRPC"}) {
    INFO(type);
    std::string const answer = c.ask(
        {c.headers(id, with(grpc_request(), "content-type", type)), data(id, framed(text("x")), flag::end_stream)});
    INFO(answer);
    CHECK(has(answer, "grpc-status=0"));
    id += 2;
  }
}

TEST_CASE("a call wants exactly one request") {
  world w;
  echo_everything(w.service);
  connection c(w);
  stream_id id = 1;
  for (char const* path : {"/lab.Echo/Unary", "/lab.Echo/Download"}) {
    INFO(path);
    struct row {
      char const* name;
      std::string body;
      char const* says;
    };
    std::string const one = framed(text("x")), broken = std::string("\0\0\0\0\2\x0f\x0f", 7);
    row const rows[] = {
        {"none", "", "grpc-status=12 grpc-message=the request has no message where exactly one is wanted"},
        {"two", one + one, "grpc-status=12 grpc-message=the request has more than the one message"},
        {"one and a half", one + one.substr(0, 3), "grpc-status="},
        {"half", one.substr(0, one.size() - 1), "grpc-status=13"},
        {"half a prefix", one.substr(0, 3), "grpc-status=13"},
        {"no such message", broken, "grpc-status=13 grpc-message=the request is no lab.Text"},
        {"too large", std::string("\0\x7f\xff\xff\xff", 5), "grpc-status=8"},
        {"compressed", "\1" + one.substr(1), "grpc-status=13"},
        {"a flag that nobody knows", "\2" + one.substr(1), "grpc-status=13"},
    };
    for (row const& r : rows) {
      INFO(r.name);
      std::string answer = c.ask({c.headers(id, grpc_request(path)), data(id, r.body, flag::end_stream)});
      INFO(answer);
      CHECK(has(answer, r.says));
      CHECK(has(answer, " END"));
      CHECK(!has(answer, "grpc-status=0"));
      id += 2;
      // The same in pieces, the end alone.
      c.ask({c.headers(id, grpc_request(path))});
      answer.clear();
      for (char const b : r.body) answer += c.ask({data(id, std::string(1, b))});
      answer += c.ask({data(id, "", flag::end_stream)});
      INFO(answer);
      CHECK(has(answer, r.says));
      CHECK(!has(answer, "grpc-status=0"));
      id += 2;
    }
  }
  std::string const at_once = c.ask({c.headers(id, grpc_request(), flag::end_stream)});
  CHECK(has(at_once, "grpc-status=12 grpc-message=the request has no message"));
  std::string const good =
      c.ask({c.headers(id + 2, grpc_request()), data(id + 2, framed(text("x")), flag::end_stream)});
  CHECK(has(good, "grpc-status=0"));
}

TEST_CASE("messages of a stream that are none") {
  world w;
  echo_everything(w.service);
  connection c(w);
  struct row {
    char const* name;
    std::string body;
    char const* says;
  };
  std::string const one = framed(text("x"));
  row const rows[] = {
      {"half", one.substr(0, one.size() - 1), "grpc-status=13"},
      {"one and a half", one + one.substr(0, 3), "grpc-status=13"},
      {"no such message", std::string("\0\0\0\0\2\x0f\x0f", 7), "grpc-status=13"},
      {"too large", std::string("\0\x7f\xff\xff\xff", 5), "grpc-status=8"},
      {"compressed", "\1" + one.substr(1), "grpc-status=13"},
  };
  stream_id id = 1;
  for (char const* path : {"/lab.Echo/Upload", "/lab.Echo/Chat"}) {
    for (row const& r : rows) {
      INFO(path << " " << r.name);
      std::string const answer = c.ask({c.headers(id, grpc_request(path)), data(id, r.body, flag::end_stream)});
      INFO(answer);
      CHECK(has(answer, r.says));
      CHECK(has(answer, " END"));
      id += 2;
    }
  }
}

TEST_CASE("a request head that is too large is a status, not a reset") {
  world w;
  echo_everything(w.service);
  connection c(w);
  std::string const answer = c.ask(
      {c.headers(1, with(grpc_request(), "big", std::string(9000, 'x'))), data(1, framed(Text()), flag::end_stream)});
  INFO(answer);
  CHECK(has(answer, "grpc-status=8 grpc-message=the request headers are larger than server_options::limits()"));
}

TEST_CASE("a client that speaks HTTP/1.1 is told so") {
  world w;
  for (char const* request :
       {"GET / HTTP/1.1\r\nhost: x\r\n\r\n", "POST /lab.Echo/Unary HTTP/1.1\r\n\r\n", "PRI * HTTP/1.1\r\n\r\n"}) {
    INFO(request);
    raw_peer peer = raw_client(w);
    w.clock.settle();
    peer.send(request);
    w.clock.advance(2s);
    std::string const answer = peer.bytes();
    CHECK(answer.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
    auto const body = answer.find("\r\n\r\n");
    REQUIRE(body != std::string::npos);
    CHECK(has(answer, "content-length: " + std::to_string(answer.size() - body - 4) + "\r\n"));
    CHECK(peer.ended());
  }
}

TEST_CASE("garbage is answered with GOAWAY and a close") {
  world w;
  echo_everything(w.service);
  for (std::string const& garbage :
       {std::string("\x16\x03\x01\x02", 4), std::string("hello, is this gRPC? I think so."), std::string(100, '\0'),
        std::string(http2::client_preface) + std::string(50, '\xff')}) {
    raw_peer peer = raw_client(w);
    w.clock.settle();
    peer.send(garbage);
    w.clock.advance(15s);
    std::string const answer = peer.received();
    INFO(printable(garbage) << " was answered with " << answer);
    CHECK(has(answer, "GOAWAY"));
    CHECK(peer.ended());
  }
  connection good(w);
  std::string const answer = good.ask({good.headers(1, grpc_request()), data(1, framed(text("x")), flag::end_stream)});
  CHECK(has(answer, "grpc-status=0"));
}

TEST_CASE("a preface may come byte by byte") {
  world w;
  echo_everything(w.service);
  raw_peer peer = raw_client(w);
  std::string const bytes = std::string(http2::client_preface) + settings() + settings_ack();
  for (char const c : bytes) {
    peer.send(std::string(1, c));
    w.clock.settle();
  }
  peer.received();
  peer.send(peer.frames.headers(1, grpc_request()) + data(1, framed(text("x")), flag::end_stream));
  w.clock.settle();
  CHECK(has(peer.received(), "grpc-status=0"));
}

TEST_CASE("who says nothing is closed after the handshake timeout") {
  server_options so;
  so.handshake_timeout(3s);
  world w(strands::none, so);
  raw_peer silent = raw_client(w), half = raw_client(w);
  half.send(std::string(http2::client_preface).substr(0, 10));
  w.clock.advance(2s);
  CHECK(!silent.ended());
  CHECK(!half.ended());
  w.clock.advance(3s);
  CHECK(silent.ended());
  CHECK(half.ended());
}

}  // namespace heddle::test
