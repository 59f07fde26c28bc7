// The limits of limits.hpp on frames that cost the peer little: the flood that each ends, by name, and the honest
// traffic that never notices it.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::reason;
using heddle::http2::setting_id;
using namespace std::chrono_literals;

// ---- SETTINGS, PING and what else wants an answer

TEST_CASE("SETTINGS with too many entries") {
  for (std::size_t const count : {32u, 33u, 1000u}) {
    server s;
    s.handshake();
    s.receive(settings(std::vector<heddle::http2::setting>(count, {setting_id::max_frame_size, 16384})));
    CHECK(s.sent() == (count == 32 ? "SETTINGS ACK" : "GOAWAY 0 ENHANCE_YOUR_CALM [too_many_settings]"));
  }
}

TEST_CASE("a peer that does not read what it asks for is not read, either") {
  struct row {
    char const* name;
    std::string frame;
  };
  for (row const& r : {row{"PING", ping()}, row{"SETTINGS", settings()}}) {
    INFO(r.name);
    client c;
    c.handshake();
    std::string flood;
    for (int i = 0; i < 10000; ++i) flood += r.frame;
    c.receive(flood);
    CHECK_FALSE(c.engine.wants_read());
    CHECK(c.engine.queued_output() == 100 * (r.frame.size()));
    std::size_t const unread = c.unread();
    CHECK(unread == 9900 * r.frame.size());
    heddle::http2::output out;
    c.engine.take_output(out, c.now);
    c.receive("");
    CHECK(c.unread() == unread);  // the socket has not taken it yet
    c.engine.output_written(c.now);
    CHECK(c.engine.wants_read());
    for (int i = 0; i < 99; ++i) {
      CHECK(c.unread() != 0);
      c.receive("");
      c.take();
    }
    CHECK(c.unread() == 0);
    CHECK_FALSE(c.engine.failed());
  }
}

TEST_CASE("resets that the peer makes us send wait for it, too") {
  server s;
  s.handshake();
  std::string flood;
  for (stream_id id = 1; id < 400; id += 2) flood += s.peer.headers(id, fields({{"a", "b"}}));
  s.receive(flood);
  CHECK_FALSE(s.engine.wants_read());
  CHECK(s.engine.count(reason::malformed_headers) == 100);
}

TEST_CASE("PINGs in a hurry are too_many_pings") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  CHECK(attack(s, 100, [](int) { return ping(); }) == 4);  // one, and two strikes
  CHECK(last_frame(s) == "GOAWAY 1 ENHANCE_YOUR_CALM [too_many_pings]");
}

TEST_CASE("keepalive every five minutes lives, and so does one every two hours without calls") {
  for (bool const calls : {true, false}) {
    server s;
    s.handshake();
    if (calls) s.receive(s.peer.request(1));
    CHECK(attack(s, 100, [&](int) {
            s.advance(calls ? 5min : 2h);
            return ping();
          }) == 0);
    // A strike does not move what is measured from, so every second one of these is valid; but strikes add up.
    CHECK(attack(s, 100, [&](int) {
            s.advance(calls ? 5min - 1s : 2h - 1s);
            return ping();
          }) == 5);
    CHECK(last_frame(s) ==
          (calls ? "GOAWAY 1 ENHANCE_YOUR_CALM [too_many_pings]" : "GOAWAY 0 ENHANCE_YOUR_CALM [too_many_pings]"));
  }
}

TEST_CASE("who permits PINGs without calls measures them as with calls") {
  limits l;
  l.permit_pings_without_calls = true;
  l.min_ping_interval = 10s;
  server s(l);
  s.handshake();
  CHECK(attack(s, 100, [&](int) {
          s.advance(10s);
          return ping();
        }) == 0);
  CHECK(attack(s, 100, [&](int) {
          s.advance(1s);
          return ping();
        }) == 3);
}

TEST_CASE("each kind of frame that carries an answer forgives strikes and moves the clock") {
  enum class kind { headers, data, end_of_data, trailers };
  for (kind const k : {kind::headers, kind::data, kind::end_of_data, kind::trailers}) {
    server s;
    s.handshake();
    s.receive(s.peer.request(1));
    s.receive(s.peer.request(3));
    if (k != kind::headers) s.respond(1);
    s.receive({ping(), ping(), ping()});  // one is valid, two are strikes
    if (k == kind::headers) s.respond(1);
    if (k == kind::data) s.write(1, "x");
    if (k == kind::end_of_data) s.engine.end_data(s.stream(1));
    if (k == kind::trailers) s.send_trailers(1);
    s.receive({ping(), ping(), ping()});
    CHECK_FALSE(s.engine.failed());
    s.receive(ping());
    CHECK(s.engine.failed());
  }
}

TEST_CASE("what is no answer forgives nothing") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  // They make us send SETTINGS ACK, WINDOW_UPDATE and RST_STREAM.
  s.receive({ping(), settings(), ping(), data(1, "x"), ping(), s.peer.headers(3, fields({{"a", "b"}})), ping()});
  CHECK(s.engine.failed());
  CHECK(last_frame(s) == "GOAWAY 3 ENHANCE_YOUR_CALM [too_many_pings]");
}

TEST_CASE("HEADERS and DATA of ours forgive PINGs, also those of BDP probes") {
  server s;
  s.handshake();
  for (stream_id id = 1; id < 2000; id += 2) {
    s.receive({s.peer.request(id, flag::end_stream), ping()});
    if (id % 4 == 1) {
      s.respond(id);
      s.write(id, "x");
    }
    s.send_trailers(id);
    s.release(id);
    s.receive(ping());
    s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("a client lets a server ping as it likes") {
  client c;
  c.handshake();
  CHECK(attack(c, 1000, [](int) { return ping(); }) == 0);
}

// ---- DATA

TEST_CASE("DATA without content is too_many_empty_frames") {
  {
    server s;
    s.handshake();
    s.receive({s.peer.request(1), data(1, "")});
    CHECK_FALSE(s.engine.failed());
    s.receive(data(1, ""));
    CHECK(s.sent() == "GOAWAY 1 ENHANCE_YOUR_CALM [too_many_empty_frames]");
  }
  {
    server s;
    s.handshake();
    s.receive(s.peer.request(1));
    s.engine.reset(s.stream(1), error_code::cancel);
    CHECK(attack(s, 10, [](int) { return data(1, ""); }) == 2);  // nor is it free when nobody wants it
  }
  {
    server s;  // padding is no content
    s.handshake();
    s.receive(s.peer.request(1));
    CHECK(attack(s, 10, [](int) { return frame(frame_type::data, flag::padded, 1, padded("", 3)); }) == 2);
  }
}

TEST_CASE("a connection may live long with an empty DATA now and then") {
  server s;
  s.handshake();
  s.quiet = true;
  for (stream_id id = 1; id < 60000; id += 2) {
    s.receive({s.peer.request(id), data(id, ""), data(id, "x"), data(id, "", flag::end_stream)});
    s.respond(id, true);
    s.release(id);
    s.advance(std::chrono::milliseconds(10));
    if (id % 64 == 1) s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
  CHECK(s.engine.count(reason::empty_data) == 30000);
}

TEST_CASE("DATA without content that ends a stream is honest") {
  server s;
  s.handshake();
  s.quiet = true;
  for (stream_id id = 1; id < 20000; id += 2) {
    s.receive({s.peer.request(id), data(id, "", flag::end_stream)});
    s.respond(id, true);
    s.release(id);
    if (id % 64 == 1) s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("one million messages of one byte reach a slow reader, in both directions") {
  // A stream's unread bytes lie in one flat buffer of whoever consumes them: a small DATA frame has no overhead that
  // would have to be charged (GHSA-q83h-524g-xf6h), so there is no budget that honest small messages could spend.
  server s;
  s.handshake();
  s.quiet = true;
  s.consume_at_once = false;
  s.receive(s.peer.request(1));
  s.respond(1);
  std::string batch;
  for (int i = 0; i < 1000; ++i) batch += data(1, "x");
  std::int64_t stream_window = 256 * 1024, unread = 0;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(stream_window >= 1000);
    s.receive(batch);
    stream_window -= 1000;
    unread += 1000;
    if (unread >= 100000) {  // it reads late, and one message at a time
      for (; unread > 20000; --unread) s.engine.consume(s.stream(1), 1);
    }
    for (int j = 0; j < 1000; ++j) s.write(1, "y");
    for (parsed_frame const& f : s.peer.parse(s.take()))
      if (f.head.type == frame_type::window_update && f.head.id == 1)
        stream_window += heddle::http2::read_u32(heddle::as_bytes(f.payload).data());
    if (i % 60 == 0) s.receive({window_update(0, 60000), window_update(1, 60000)});
  }
  CHECK_FALSE(s.engine.failed());
  CHECK(s.data_bytes == 1000000);
}

// ---- glitches

TEST_CASE("floods of odd frames are too_many_glitches") {
  struct row {
    char const* name;
    reason why;
    std::string frame;
    int after;
  };
  std::string const unknown = frame(static_cast<frame_type>(0xfe), no_flags, 0, "x");
  row const rows[] = {
      {"unknown frames", reason::unknown_frame, unknown, 10001},
      {"PRIORITY", reason::priority_frame, priority(3), 10001},
      {"DATA without content, and some with", reason::empty_data, data(1, "") + data(1, "x"), 10001},
      {"WINDOW_UPDATE of the connection", reason::idle_window_update, window_update(0, 1), 10101},
      {"WINDOW_UPDATE of a stream", reason::idle_window_update, window_update(1, 1), 10101},
      {"WINDOW_UPDATE of a closed stream", reason::idle_window_update, window_update(5, 1), 10101},
      {"RST_STREAM of a closed stream", reason::frame_on_closed_stream, rst_stream(5, error_code::cancel), 10001},
  };
  for (row const& r : rows) {
    INFO(r.name);
    server s;
    s.handshake();
    s.receive({s.peer.request(1), s.peer.request(5), rst_stream(5, error_code::cancel)});
    CHECK(attack(s, 12000, [&](int) { return r.frame; }) == r.after);
    CHECK(last_frame(s).find("ENHANCE_YOUR_CALM [too_many_glitches]") != std::string::npos);
    CHECK(s.engine.count(r.why) == 10001);
  }
}

TEST_CASE("a client does not wait for ever for an answer among interim ones") {
  client c;
  c.handshake();
  c.open(true);
  std::string const interim = c.peer.headers(1, fields({{":status", "103"}}));
  CHECK(attack(c, 12000, [&](int) { return interim; }) == 10001);
}

TEST_CASE("odd frames at a modest rate live") {
  server s;
  s.handshake();
  CHECK(attack(s, 60000, [&](int) {
          s.advance(4ms);
          return priority(3);
        }) == 0);
}

TEST_CASE("a reader that grants window after every message is honest") {
  server s;
  s.handshake();
  s.quiet = true;
  s.receive(s.peer.request(1));
  s.respond(1);
  for (int i = 0; i < 100000; ++i) {
    s.write(1, "0123456789abcdef");
    if (i % 16 != 15) continue;
    s.take_quietly();
    std::string updates;
    for (int j = 0; j < 16; ++j) updates += window_update(0, 16) + window_update(1, 16);
    s.receive(updates);
  }
  CHECK_FALSE(s.engine.failed());
  CHECK(s.engine.count(reason::idle_window_update) == 0);
}

TEST_CASE("windows opened byte by byte are glitches (data dribble, CVE-2019-9511)") {
  server s;
  s.handshake({{setting_id::initial_window_size, 0}});
  s.receive(s.peer.request(1));
  s.respond(1);
  s.write(1, std::string(100000, 'x'));
  CHECK(attack(s, 20000, [](int) { return window_update(1, 1); }) == 10101);
}

// ---- stalled answers

TEST_CASE("a finished answer that the peer never lets go is reset after thirty seconds") {
  for (bool const connection_window : {false, true}) {
    server s;
    s.handshake({{setting_id::initial_window_size, connection_window ? 1u << 20 : 0}});
    s.receive(s.peer.request(1, flag::end_stream));
    s.respond(1);
    s.take_quietly();
    s.write(1, std::string(70000, 'x'));
    s.take_quietly();
    s.advance(1h);  // nothing happens for long; the handler ends late
    s.send_trailers(1);
    CHECK(s.engine.has_output());
    CHECK(s.sent().empty());
    s.release(1);
    s.run_until(s.now + 29s);
    CHECK(s.engine.live_streams() == 1);
    s.run_until(s.now + 2s);
    CHECK(s.sent() == "RST_STREAM 1 CANCEL");
    CHECK(s.engine.live_streams() == 0);
    CHECK(s.engine.count(reason::stalled_answer) == 1);
    CHECK(s.engine.next_timer() == heddle::never);
  }
}

TEST_CASE("an answer that moves, or that is not finished, is not reaped") {
  server s;
  s.handshake({{setting_id::initial_window_size, 0}});
  s.receive({s.peer.request(1, flag::end_stream), s.peer.request(3, flag::end_stream)});
  for (stream_id id : {1u, 3u}) {
    s.respond(id);
    s.write(id, std::string(1000, 'x'));
  }
  s.send_trailers(1);
  s.take_quietly();
  s.events();
  for (int i = 0; i < 20; ++i) {
    s.run_until(s.now + 29s);
    s.receive(window_update(1, 1));
    s.take_quietly();
  }
  CHECK(s.events().empty());
  s.run_until(s.now + 31s);
  CHECK(s.events() == "reset 1 CANCEL local");
  s.run_until(s.now + 1h);
  CHECK(s.engine.open_streams() == 1);
}

TEST_CASE("an answer that waits for a slow socket is not the peer's doing") {
  limits l;
  l.output_batch = 20000;
  server s(l);
  s.handshake({{setting_id::initial_window_size, 1 << 20}});
  s.receive(window_update(0, 1 << 20));
  s.receive(s.peer.request(1, flag::end_stream));
  s.respond(1);
  s.write(1, std::string(100000, 'x'));
  s.send_trailers(1);
  heddle::http2::output out;
  s.engine.take_output(out, s.now);
  s.run_until(s.now + 10min);
  CHECK(s.engine.open_streams() == 1);
  s.engine.output_written(s.now);
  CHECK(s.sent().find("HEADERS 1 grpc-status=0 END") != std::string::npos);
}
