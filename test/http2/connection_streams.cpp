// Ids, limits on how many streams there are, and the two ways to go away.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::reason;
using heddle::http2::setting;
using heddle::http2::setting_id;
using namespace std::chrono_literals;

namespace {

limits at_most(std::uint32_t streams) {
  limits l;
  l.max_concurrent_streams = streams;
  return l;
}

}  // namespace

// ---- ids

TEST_CASE("a client may skip ids, and may not go back to them") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), s.peer.request(7), s.peer.request(0x5fffffff)});
  CHECK(s.events() == "headers 1 /s/m; headers 7 /s/m; headers 1610612735 /s/m");
  s.receive(s.peer.request(5));
  CHECK(s.sent() == "GOAWAY 1610612735 PROTOCOL_ERROR [HEADERS on a stream that has ended]");
}

TEST_CASE("a server that sees the last ids coming says GOAWAY, and serves what the client may still send") {
  server s;
  s.handshake();
  s.receive({s.peer.request(0x5fffffff), s.peer.request(0x60000001)});
  CHECK(s.sent() == "GOAWAY max NO_ERROR [graceful]; PING heddle!!");
  s.receive({s.peer.request(0x60000003), s.peer.request(0x7fffffff), ping("heddle!!", flag::ack)});
  CHECK(s.sent() == "GOAWAY max NO_ERROR [graceful]");
  CHECK(s.known().size() == 4);
  for (stream_id const id : s.known()) {
    s.respond(id);
    s.send_trailers(id);
  }
  s.take_quietly();
  s.release_all();
  CHECK(s.engine.drained());
}

TEST_CASE("streams of the wrong parity, and stream 0, are protocol errors") {
  for (stream_id id : {0u, 2u, 4u, 0x7ffffffeu}) {
    server s;
    s.handshake();
    s.receive(s.peer.request(id));
    CHECK(s.events().find("failure PROTOCOL_ERROR HEADERS on") == 0);
  }
  for (stream_id id : {0u, 2u, 3u, 0x7fffffffu}) {
    client c;
    c.handshake();
    c.open(true);
    c.receive(c.peer.response(id));
    CHECK(c.events().find("failure PROTOCOL_ERROR HEADERS on") == 0);
  }
}

TEST_CASE("frames on idle streams are protocol errors, except PRIORITY") {
  for (stream_id id : {2u, 3u}) {
    for (std::string const& f : {data(id, "x"), rst_stream(id, error_code::cancel), window_update(id, 1)}) {
      server s;
      s.handshake();
      s.receive({s.peer.request(1), f});
      CHECK(s.events().find("failure PROTOCOL_ERROR") != std::string::npos);
      client c;
      c.handshake();
      c.open(true);
      c.receive(f);
      CHECK(c.events().find("failure PROTOCOL_ERROR") == 0);
    }
    server s;
    s.handshake();
    s.receive({priority(id), s.peer.request(3)});
    CHECK(s.events() == "headers 3 /s/m");
  }
}

TEST_CASE("a PRIORITY frame is read over, except that nobody depends on himself") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), priority(1, 3), priority(1, 1)});
  CHECK(s.sent() == "RST_STREAM 1 PROTOCOL_ERROR");
  s.receive({priority(1, 1), frame(frame_type::priority, no_flags, 1, "1234")});  // closed by now
  CHECK(s.sent().empty());
  s.receive(s.peer.request(3));
  s.receive(frame(frame_type::priority, no_flags, 3, "1234"));
  CHECK(s.sent() == "RST_STREAM 3 FRAME_SIZE_ERROR");
  s.receive(s.peer.request(5, flag::end_stream));
  s.respond(5, true);
  s.take_quietly();
  s.receive({priority(5, 5), priority(5, 5)});
  CHECK(s.sent() == "RST_STREAM 5 PROTOCOL_ERROR");
  s.receive(priority(7, 7));
  CHECK(s.sent() == "GOAWAY 5 PROTOCOL_ERROR [a stream that depends on itself]");
}

TEST_CASE("a client stops opening streams long before their ids end, and its calls go on") {
  limits l;
  CHECK(l.last_stream_id < 0x7fffffff / 4 * 3 + 4);
  l.last_stream_id = 5;
  client c(l);
  c.handshake();
  for (int i = 0; i < 3; ++i) {
    CHECK(c.engine.can_open());
    CHECK_FALSE(c.engine.retired());
    c.open(true);
  }
  CHECK_FALSE(c.engine.can_open());
  CHECK(c.engine.retired());
  c.receive({c.peer.response(5), c.peer.trailers(5)});
  CHECK(c.events() == "headers 5 200; trailers 5 grpc-status=0; room");
}

TEST_CASE("PUSH_PROMISE is a protocol error for both") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), frame(frame_type::push_promise, flag::end_headers, 1, u32(2))});
  CHECK(s.events().find("failure PROTOCOL_ERROR PUSH_PROMISE") != std::string::npos);
  client c;
  c.handshake();
  c.open(true);
  c.receive(frame(frame_type::push_promise, flag::end_headers, 1, u32(2)));
  CHECK(c.events().find("failure PROTOCOL_ERROR PUSH_PROMISE") == 0);
}

// ---- how many

TEST_CASE("streams beyond the limit are refused, and their header blocks are decoded") {
  server s(at_most(2));
  s.handshake();
  s.receive({s.peer.request(1), s.peer.request(3)});
  s.events();
  s.receive(
      s.peer.headers(5, fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/new"}, {"te", "trailers"}})));
  CHECK(s.sent() == "RST_STREAM 5 REFUSED_STREAM");
  s.receive({data(5, "late"), s.peer.trailers(5), rst_stream(5, error_code::cancel)});
  CHECK(s.sent().empty());
  CHECK(s.events().empty());
  s.receive(rst_stream(1, error_code::cancel));
  s.release(1);
  s.receive(
      s.peer.headers(7, fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/new"}, {"te", "trailers"}})));
  CHECK(s.events() == "reset 1 CANCEL peer; headers 7 /new te=trailers");
  CHECK(s.engine.count(reason::refused_stream) == 1);
}

TEST_CASE("a stream counts until its handler has let go of it") {
  server s(at_most(1));
  s.handshake();
  s.receive({s.peer.request(1), rst_stream(1, error_code::cancel), s.peer.request(3)});
  CHECK(s.events() == "headers 1 /s/m; reset 1 CANCEL peer");
  CHECK(s.sent() == "RST_STREAM 3 REFUSED_STREAM");
  CHECK(s.engine.live_streams() == 1);
  CHECK(s.engine.open_streams() == 0);
  s.release(1);
  s.receive(s.peer.request(5));
  CHECK(s.events() == "headers 5 /s/m");
}

TEST_CASE("a client keeps to the peer's limit, also when it changes") {
  client c;
  c.handshake({{setting_id::max_concurrent_streams, 2}});
  c.open(true);
  CHECK(c.engine.can_open());
  c.open(true);
  CHECK_FALSE(c.engine.can_open());
  c.receive(settings({{setting_id::max_concurrent_streams, 1}}));
  CHECK(c.events() == "room");
  c.receive({c.peer.headers(1, response_fields(), flag::end_stream)});
  CHECK(c.events() == "headers 1 200 END; room");
  CHECK_FALSE(c.engine.can_open());
  c.receive(settings({{setting_id::max_concurrent_streams, 3}}));
  CHECK(c.engine.can_open());
  c.receive(settings({{setting_id::max_concurrent_streams, 0}}));
  CHECK_FALSE(c.engine.can_open());
  CHECK_FALSE(c.engine.retired());
}

TEST_CASE("room that the client makes itself is told with the next output") {
  client c;
  c.handshake({{setting_id::max_concurrent_streams, 1}});
  c.open(true);
  c.take_quietly();
  c.release(1);
  CHECK(c.engine.can_open());
  CHECK(c.events().empty());
  c.take_quietly();
  CHECK(c.events() == "room");
}

TEST_CASE("a refused stream was not looked at, unless its answer had begun") {
  client c;
  c.handshake();
  c.open(true);
  c.open(true);
  c.open(true);
  c.receive({rst_stream(1, error_code::refused_stream), c.peer.response(3), rst_stream(3, error_code::refused_stream),
             rst_stream(5, static_cast<error_code>(0x1234))});
  CHECK(c.events() ==
        "reset 1 REFUSED_STREAM peer unprocessed; headers 3 200; reset 3 REFUSED_STREAM peer; "
        "reset 5 unknown error code peer; room");
}

TEST_CASE("ten thousand streams come and go and leave nothing") {
  server s;
  s.handshake();
  s.quiet = true;
  for (stream_id id = 1; id < 20000; id += 2) {
    s.receive(s.peer.request(id, flag::end_stream));
    s.respond(id, true);
    s.release(id);
    if (id % 100 == 1) s.take_quietly();
  }
  CHECK(s.engine.live_streams() == 0);
  CHECK(s.engine.open_streams() == 0);
  CHECK_FALSE(s.engine.failed());
  client c;
  c.handshake();
  c.quiet = true;
  c.release_at_end = true;
  for (stream_id id = 1; id < 20000; id += 2) {
    REQUIRE(c.engine.can_open());
    c.open(true);
    c.receive(c.peer.headers(id, response_fields(), flag::end_stream));
    if (id % 100 == 1) c.take_quietly();
  }
  CHECK(c.engine.live_streams() == 0);
  CHECK_FALSE(c.engine.failed());
}

// ---- GOAWAY

TEST_CASE("a server goes away in two steps") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  s.engine.shut_down(s.now);
  s.engine.shut_down(s.now);
  auto const frames = s.peer.parse(s.take());
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].text == "GOAWAY max NO_ERROR [graceful]");
  CHECK(frames[1].head.type == frame_type::ping);
  s.receive(s.peer.request(3));  // it did not know yet
  CHECK(s.events() == "headers 1 /s/m; headers 3 /s/m");
  s.receive(ping(frames[1].payload, flag::ack));
  CHECK(s.sent() == "GOAWAY 3 NO_ERROR [graceful]");
  // From now on nobody looks at new streams, nor at what belongs to them.
  s.receive({s.peer.request(5), data(5, "x"), window_update(5, 1), rst_stream(5, error_code::cancel), s.peer.request(7),
             s.peer.headers(7, fields({{"a", "b"}}), flag::end_stream)});
  CHECK(s.events().empty());
  CHECK(s.sent().empty());
  CHECK_FALSE(s.engine.drained());
  for (stream_id id : {1u, 3u}) {
    s.respond(id);
    s.send_trailers(id);
    s.release(id);
  }
  CHECK(s.engine.drained());
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("a peer that does not answer the PING of a GOAWAY is told the last stream all the same") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  s.engine.shut_down(s.now);
  s.take_quietly();
  CHECK(s.engine.next_timer() == s.now + limits().goaway_ping_timeout);
  s.run_until(s.now + 9s);
  CHECK(s.sent().empty());
  s.run_until(s.now + 1s);
  CHECK(s.sent() == "GOAWAY 1 NO_ERROR [graceful]");
  CHECK(s.engine.next_timer() == heddle::never);
  s.release(1);
  CHECK(s.engine.drained());
}

TEST_CASE("streams in every state survive the GOAWAY of their server") {
  client c;
  c.handshake();
  for (int i = 0; i < 6; ++i) c.open(i % 2 == 0);
  c.receive({c.peer.response(3), c.peer.response(5)});
  c.release(1);
  c.take_quietly();
  c.events();
  c.receive(goaway(0x7fffffff, error_code::no_error, "soon"));
  CHECK(c.events() == "goaway 2147483647 NO_ERROR [soon]");
  CHECK(c.engine.retired());
  CHECK_FALSE(c.engine.can_open());
  c.receive(goaway(5, error_code::no_error));
  CHECK(c.events() ==
        "reset 7 REFUSED_STREAM peer unprocessed; reset 9 REFUSED_STREAM peer unprocessed; "
        "reset 11 REFUSED_STREAM peer unprocessed; goaway 5 NO_ERROR []; room");
  c.receive({data(3, "x"), c.peer.trailers(3), c.peer.trailers(5)});
  CHECK(c.events() == "data 3 [x]; trailers 3 grpc-status=0; trailers 5 grpc-status=0; room");
  c.release_all();
  CHECK(c.engine.live_streams() == 0);
}

TEST_CASE("the last stream of a GOAWAY never grows") {
  client c;
  c.handshake();
  c.receive({goaway(5, error_code::no_error), goaway(5, error_code::no_error), goaway(3, error_code::no_error)});
  CHECK_FALSE(c.engine.failed());
  c.receive(goaway(5, error_code::no_error));
  CHECK(c.engine.failed());
}

TEST_CASE("a GOAWAY names its reason, as far as it is short") {
  client c;
  c.handshake();
  c.open(true);
  c.receive(goaway(1, error_code::enhance_your_calm, "too_many_pings"));
  CHECK(c.events() == "goaway 1 ENHANCE_YOUR_CALM [too_many_pings]");
  c.receive(goaway(1, error_code::no_error, std::string(1000, 'x')));
  CHECK(c.events() == "goaway 1 NO_ERROR [" + std::string(256, 'x') + "]");
}

TEST_CASE("a client that shuts down lets its calls end") {
  client c;
  c.handshake();
  c.open(true);
  c.engine.shut_down(c.now);
  CHECK(c.engine.retired());
  CHECK(c.sent() == "HEADERS 1 /s/m END; GOAWAY 0 NO_ERROR [graceful]");
  CHECK_FALSE(c.engine.drained());
  c.receive({c.peer.response(1), c.peer.trailers(1)});
  c.release(1);
  CHECK(c.engine.drained());
}

TEST_CASE("the GOAWAY of a client does not stop its calls") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), goaway(0, error_code::no_error), data(1, "x", flag::end_stream)});
  CHECK(s.events() == "headers 1 /s/m; goaway 0 NO_ERROR []; data 1 [x] END");
  s.respond(1, true);
  CHECK(s.sent() == "HEADERS 1 200 END");
}

TEST_CASE("a failure tells every stream once and then nothing is heard or read") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), s.peer.request(3, flag::end_stream), s.peer.request(5)});
  s.release(5);
  s.take_quietly();
  s.events();
  s.engine.fail(error_code::internal_error, "why not");
  s.engine.fail(error_code::cancel, "again");
  s.engine.lost("and again");
  CHECK(s.events() ==
        "failure INTERNAL_ERROR why not; reset 1 INTERNAL_ERROR connection; reset 3 INTERNAL_ERROR connection");
  CHECK(s.sent() == "GOAWAY 5 INTERNAL_ERROR [why not]");
  CHECK_FALSE(s.engine.wants_read());
  CHECK(s.engine.next_timer() == heddle::never);
  CHECK(s.engine.drained());
  s.release_all();
  CHECK(s.engine.live_streams() == 0);
}

TEST_CASE("a lost connection tells its streams and says nothing") {
  client c;
  c.handshake();
  c.open(true);
  c.open();
  c.take_quietly();
  c.engine.lost("reset by peer");
  CHECK(c.events() == "reset 1 INTERNAL_ERROR connection; reset 3 INTERNAL_ERROR connection");
  CHECK(c.sent().empty());
  CHECK(c.engine.retired());
  c.release_all();
  CHECK(c.engine.live_streams() == 0);
}

TEST_CASE("after a fatal frame every other is ignored (CVE-2026-27135)") {
  engine_peer p;
  std::string const block = p.block(request_fields());
  std::string const fatal[] = {data(0, "x"),
                               frame(frame_type::ping, no_flags, 0, "short"),
                               window_update(0, 0),
                               frame(frame_type::continuation, no_flags, 1, "x"),
                               frame(frame_type::headers, flag::end_headers, 1, "\x80"),
                               frame(frame_type::data, no_flags, 1, "", 20000)};
  for (std::string const& end : fatal) {
    for (int type = 0; type <= 10; ++type) {
      server s;
      s.handshake();
      s.receive(end + frame(static_cast<frame_type>(type), flag::end_headers, type == 1 || type == 0 ? 1 : 0, block));
      s.take_quietly();
      std::string const heard = s.events();
      if (heard.find("failure ") != 0 || heard.find(';') != std::string::npos) CHECK(heard.empty());
      CHECK(s.engine.receive(heddle::as_bytes(ping()), s.now) == 0);
      if (!s.sent().empty()) CHECK(type < 0);
    }
  }
}
