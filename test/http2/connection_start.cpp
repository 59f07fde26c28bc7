// RFC 9113 §3.4 and §6.5: the preface and the exchange of SETTINGS.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::setting;
using heddle::http2::setting_id;
using namespace std::chrono_literals;

TEST_CASE("a client begins with the preface, its SETTINGS and a larger connection window") {
  client c;
  std::string const first = c.take();
  CHECK(first.substr(0, 24) == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  auto const frames = c.peer.parse(first);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].text == "SETTINGS");
  CHECK(frames[0].payload.find(std::string("\0\2\0\0\0\0", 6)) != std::string::npos);  // ENABLE_PUSH 0
  CHECK(frames[1].text == "WINDOW_UPDATE 0 +983041");
}

TEST_CASE("a server begins with SETTINGS that tell its limits") {
  limits l;
  l.max_concurrent_streams = 7;
  l.stream_window = 70000;
  server s(l);
  auto const frames = s.peer.parse(s.take());
  REQUIRE(frames.size() == 2);
  std::string payload = frames[0].payload;
  std::map<int, std::uint32_t> entries;
  for (; !payload.empty(); payload.erase(0, setting::size)) {
    setting const e = setting::parse(heddle::as_bytes(payload).data());
    entries[static_cast<int>(e.id)] = e.value;
  }
  CHECK(entries == std::map<int, std::uint32_t>{{1, 4096}, {3, 7}, {4, 70000}, {6, 8192}});
}

TEST_CASE("a server takes the preface in any pieces") {
  std::string const start = std::string(heddle::http2::client_preface) + settings();
  for (std::size_t i = 0; i <= start.size(); ++i) {
    server s;
    s.receive(start.substr(0, i));
    s.receive(start.substr(i));
    CHECK(s.sent() == "SETTINGS; WINDOW_UPDATE 0 +983041; SETTINGS ACK");
    CHECK(s.events().empty());
  }
}

TEST_CASE("a server tells from the first wrong byte that nobody speaks HTTP/2") {
  for (std::string const text : {"GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\t", "\x16\x03\x01"}) {
    server s;
    s.receive(text);
    CHECK(s.engine.failed());
    CHECK(s.sent().find("GOAWAY 0 PROTOCOL_ERROR [this port speaks HTTP/2") != std::string::npos);
    CHECK(s.events().substr(0, 22) == "failure PROTOCOL_ERROR");
  }
}

TEST_CASE("the first frame has to be SETTINGS") {
  engine_peer p;
  for (std::string const& first : {ping(), settings_ack(), window_update(0, 1), goaway(0, error_code::no_error),
                                   p.request(1), frame(static_cast<frame_type>(77), no_flags, 0)}) {
    server s;
    s.receive(heddle::http2::client_preface);
    s.receive(first);
    CHECK(s.events() == "failure PROTOCOL_ERROR the first frame is not SETTINGS");
    client c;
    c.receive(first);
    CHECK(c.events() == "failure PROTOCOL_ERROR the first frame is not SETTINGS");
  }
}

TEST_CASE("an empty receive() is nothing") {
  server s;
  CHECK(s.engine.receive({}, s.now) == 0);
  s.handshake();
  CHECK(s.engine.receive({}, s.now) == 0);
  CHECK(s.events().empty());
}

TEST_CASE("nothing overtakes the first SETTINGS, not even the answer to a PING") {
  server s;
  s.receive(heddle::http2::client_preface);
  s.receive({settings(), ping()});
  CHECK(s.sent() == "SETTINGS; WINDOW_UPDATE 0 +983041; SETTINGS ACK; PING ACK 12345678");
}

TEST_CASE("every SETTINGS frame is acknowledged, an acknowledgement is not") {
  server s;
  s.handshake();
  s.receive({settings(), settings({{setting_id::max_frame_size, 20000}}), settings_ack()});
  CHECK(s.sent() == "SETTINGS ACK; SETTINGS ACK");
  CHECK(s.engine.peer_settings().max_frame_size == 20000);
}

TEST_CASE("bad SETTINGS end the connection in both roles") {
  struct row {
    char const* name;
    std::string frame;
    error_code code;
  };
  auto const one = [](int id, std::uint32_t value) { return settings({{static_cast<setting_id>(id), value}}); };
  row const rows[] = {
      {"push 2", one(2, 2), error_code::protocol_error},
      {"window 2^31", one(4, 0x80000000), error_code::flow_control_error},
      {"frame size 0", one(5, 0), error_code::protocol_error},
      {"frame size 2^24", one(5, 1 << 24), error_code::protocol_error},
      {"on a stream", frame(frame_type::settings, no_flags, 1), error_code::protocol_error},
      {"acknowledgement on a stream", frame(frame_type::settings, flag::ack, 1), error_code::protocol_error},
      {"five bytes", frame(frame_type::settings, no_flags, 0, "12345"), error_code::frame_size_error},
      {"acknowledgement with content", frame(frame_type::settings, flag::ack, 0, "123456"),
       error_code::frame_size_error},
  };
  for (row const& r : rows) {
    INFO(r.name);
    server s;
    s.handshake();
    s.receive(r.frame);
    CHECK(s.sent().find("GOAWAY 0 " + std::string(to_string(r.code))) != std::string::npos);
    client c;
    c.handshake();
    c.receive(r.frame);
    CHECK(c.sent().find("GOAWAY 0 " + std::string(to_string(r.code))) != std::string::npos);
  }
  client c;
  c.handshake();
  c.receive(one(2, 1));
  CHECK(c.events() == "failure PROTOCOL_ERROR ENABLE_PUSH 1 from a server");
}

TEST_CASE("the first SETTINGS of a server make room for calls") {
  client c;
  CHECK(c.engine.can_open());  // §6.5.2: a hundred may be assumed
  c.receive(settings());
  CHECK(c.events() == "room");
  CHECK(c.engine.peer_settings().max_concurrent_streams == 0xffffffff);
}

TEST_CASE("a setting from before the first frame does not outlive it") {
  client c;
  for (int i = 0; i < 100; ++i) c.open(true);
  CHECK_FALSE(c.engine.can_open());
  c.receive(settings({{setting_id::max_concurrent_streams, 101}}));
  CHECK(c.engine.can_open());
  c.open(true);
  CHECK_FALSE(c.engine.can_open());
}

TEST_CASE("SETTINGS that nobody acknowledges end the connection after their time") {
  for (bool const acknowledged : {false, true}) {
    server s;
    s.receive({std::string(heddle::http2::client_preface), settings()});
    if (acknowledged) s.receive(settings_ack());
    s.take_quietly();
    s.run_until(s.now + 59s);
    CHECK_FALSE(s.engine.failed());
    s.run_until(s.now + 2s);
    CHECK(s.engine.failed() == !acknowledged);
    CHECK(s.sent() == (acknowledged ? "" : "GOAWAY 0 SETTINGS_TIMEOUT [SETTINGS were not acknowledged in time]"));
  }
}

TEST_CASE("our table size is in force when the peer has acknowledged it, not before") {
  limits l;
  l.header_table_size = 0;
  server s(l);
  s.receive({std::string(heddle::http2::client_preface), settings()});
  s.receive(s.peer.headers(1, fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {"te", "trailers"}}),
                           flag::end_stream));
  s.receive(s.peer.headers(3, fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {"te", "trailers"}}),
                           flag::end_stream));
  CHECK(s.events() == "headers 1 /a te=trailers END; headers 3 /a te=trailers END");
  s.receive(settings_ack());
  s.peer.encoder().peer_max_table_size(0);
  s.receive(s.peer.request(5, flag::end_stream));
  CHECK(s.events() == "headers 5 /s/m END");
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("a table size that the peer ignores is a compression error") {
  limits l;
  l.header_table_size = 0;
  server s(l);
  s.handshake();
  s.receive(s.peer.request(1));
  CHECK(s.events().find("failure COMPRESSION_ERROR RFC 7541 4.2") == 0);
}

TEST_CASE("whatever table size the peer offers, ours stays as small as we like") {
  for (std::uint32_t const size : {0u, 100u, 4096u, 65536u, 0xffffffffu}) {
    client c;
    c.handshake({{setting_id::header_table_size, size}});
    for (int i = 0; i < 3; ++i) c.open(true, "/some/path" + std::to_string(i % 2));
    CHECK(c.sent() == "HEADERS 1 /some/path0 END; HEADERS 3 /some/path1 END; HEADERS 5 /some/path0 END");
  }
}

TEST_CASE("windows beyond what the protocol knows are made to fit") {
  limits l;
  l.stream_window = l.connection_window = 0xffffffff;
  server s(l);
  CHECK(s.sent() == "SETTINGS; WINDOW_UPDATE 0 +2147418112");
  l.connection_window = 1;
  server t(l);
  CHECK(t.sent() == "SETTINGS");
}
