// RFC 9113 §5.2 and §6.9: the two windows in each direction, and what is sent when.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::connection;
using heddle::http2::limits;
using heddle::http2::reason;
using heddle::http2::setting;
using heddle::http2::setting_id;

namespace {

std::vector<setting> initial_window(std::uint32_t size) { return {{setting_id::initial_window_size, size}}; }

/// A server with one call, whose answer has begun.
struct answering : server {
  explicit answering(std::vector<setting> const& peer_settings = {}, limits const& l = {}) : server(l) {
    handshake(peer_settings);
    begin(1);
  }
  void begin(stream_id id) {
    receive(peer.request(id));
    respond(id);
    take_quietly();
    events();
  }
};

std::string letters(std::size_t n) { return std::string(n, 'x'); }

}  // namespace

// ---- what we send

TEST_CASE("messages of one stream share a frame") {
  answering s;
  s.write(1, "one");
  s.write(1, "two");
  s.write(1, "three");
  CHECK(s.sent() == "DATA 1 [onetwothree]");
}

TEST_CASE("no message is appended across another frame") {
  answering s;
  s.begin(3);
  s.write(1, "a");
  s.write(3, "b");
  s.write(1, "c");
  s.engine.ping(7);
  s.write(1, "d");
  s.engine.reset(s.stream(3), error_code::cancel);
  s.write(1, "e");
  s.receive(settings());
  s.write(1, "f");
  CHECK(s.sent() ==
        "DATA 1 [a]; DATA 3 [b]; DATA 1 [c]; PING ????????; DATA 1 [d]; RST_STREAM 3 CANCEL; DATA 1 [e]; "
        "SETTINGS ACK; DATA 1 [f]");
}

TEST_CASE("no message is appended to what was taken") {
  answering s;
  s.write(1, "a");
  CHECK(s.sent() == "DATA 1 [a]");
  s.write(1, "b");
  CHECK(s.sent() == "DATA 1 [b]");
}

TEST_CASE("END_STREAM goes with the last DATA, or alone when that has left") {
  client c;
  c.handshake();
  c.open();
  c.open();
  c.open();
  c.write(1, "a");
  c.write(1, "b");
  c.engine.end_data(c.stream(1));
  c.write(3, "c");
  c.take_quietly();
  c.engine.end_data(c.stream(3));
  c.write(5, "d");
  c.engine.ping(0);
  c.engine.end_data(c.stream(5));
  CHECK(c.sent() == "DATA 3 [] END; DATA 5 [d]; PING ????????; DATA 5 [] END");
}

TEST_CASE("END_STREAM merged into a frame is merged into the right one") {
  client c;
  c.handshake();
  c.open();
  c.open();
  c.take_quietly();
  c.write(1, "a");
  c.write(3, "b");
  c.engine.end_data(c.stream(1));
  c.engine.end_data(c.stream(3));
  CHECK(c.sent() == "DATA 1 [a]; DATA 3 [b]; DATA 1 [] END; DATA 3 [] END");
}

TEST_CASE("a frame is as large as the peer takes it") {
  answering s({{setting_id::max_frame_size, 20000}});
  s.write(1, letters(15000));
  s.write(1, letters(15000));
  s.write(1, letters(30000));
  CHECK(s.sent() == "DATA 1 [15000 bytes]; DATA 1 [15000 bytes]; DATA 1 [20000 bytes]; DATA 1 [10000 bytes]");
}

TEST_CASE("a peer that takes huge frames does not get them: others would have to wait") {
  answering s({{setting_id::max_frame_size, 16777215}, {setting_id::initial_window_size, 1 << 20}});
  s.receive(window_update(0, 1 << 20));
  s.write(1, letters(70000));
  s.write(1, letters(60000));
  s.write(1, letters(10000));
  CHECK(s.sent() == "DATA 1 [65536 bytes]; DATA 1 [64464 bytes]; DATA 1 [10000 bytes]");
}

TEST_CASE("data waits for the stream's window") {
  answering s(initial_window(5));
  s.write(1, "abc");
  s.write(1, "defgh");
  CHECK(s.sent() == "DATA 1 [abc]; DATA 1 [de]");
  CHECK(s.stream(1).pending() == 3);
  s.receive(window_update(1, 1));
  CHECK(s.sent() == "DATA 1 [f]");
  s.receive(window_update(1, 100));
  CHECK(s.sent() == "DATA 1 [gh]");
  CHECK(s.stream(1).send_window() == 98);
}

TEST_CASE("data waits for the connection's window, and streams take turns") {
  answering s(initial_window(1 << 20));
  s.begin(3);
  s.write(1, letters(65535));
  CHECK(s.sent() == "DATA 1 [16384 bytes]; DATA 1 [16384 bytes]; DATA 1 [16384 bytes]; DATA 1 [16383 bytes]");
  s.write(1, letters(40000));
  s.write(3, letters(40000));
  CHECK(s.sent().empty());
  s.receive(window_update(0, 40000));
  CHECK(s.sent() == "DATA 1 [16384 bytes]; DATA 3 [16384 bytes]; DATA 1 [7232 bytes]");
  s.receive(window_update(0, 1 << 20));
  CHECK(s.sent() == "DATA 3 [16384 bytes]; DATA 1 [16384 bytes]; DATA 3 [7232 bytes]");
  CHECK(s.engine.queued_output() == 0);
}

TEST_CASE("the end waits behind the data") {
  answering s(initial_window(2));
  s.write(1, "abcd");
  s.send_trailers(1);
  CHECK(s.sent() == "DATA 1 [ab]");
  s.receive(window_update(1, 1));
  CHECK(s.sent() == "DATA 1 [c]");
  s.receive(data(1, "", flag::end_stream));
  s.receive(window_update(1, 1));
  CHECK(s.sent() == "DATA 1 [d]; HEADERS 1 grpc-status=0 END");
  client c;
  c.handshake(initial_window(2));
  c.open();
  c.write(1, "abcd");
  c.engine.end_data(c.stream(1));
  CHECK(c.sent() == "HEADERS 1 /s/m; DATA 1 [ab]");
  c.receive(window_update(1, 2));
  CHECK(c.sent() == "DATA 1 [cd] END");
}

TEST_CASE("the end needs no window") {
  answering s(initial_window(0));
  s.send_trailers(1);
  CHECK(s.sent() == "HEADERS 1 grpc-status=0 END; RST_STREAM 1 NO_ERROR");
  client c;
  c.handshake(initial_window(0));
  c.open();
  c.engine.end_data(c.stream(1));
  CHECK(c.sent() == "HEADERS 1 /s/m; DATA 1 [] END");
}

TEST_CASE("a changed initial window moves every stream, also below zero") {
  answering s(initial_window(10));
  s.write(1, "abcdefgh");
  s.take_quietly();
  CHECK(s.stream(1).send_window() == 2);
  s.receive(settings(initial_window(3)));
  CHECK(s.stream(1).send_window() == -5);
  s.write(1, "ij");
  CHECK(s.sent() == "SETTINGS ACK");
  s.receive(window_update(1, 5));
  CHECK(s.sent().empty());
  s.receive(window_update(1, 1));
  CHECK(s.sent() == "DATA 1 [i]");
  s.receive(settings(initial_window(4)));
  CHECK(s.sent() == "SETTINGS ACK; DATA 1 [j]");
  // Several entries of one frame count together.
  s.receive(settings({{setting_id::initial_window_size, 100}, {setting_id::initial_window_size, 6}}));
  CHECK(s.stream(1).send_window() == 2);
}

TEST_CASE("a changed initial window leaves the connection's alone") {
  answering s;
  s.write(1, letters(65535));
  s.take_quietly();
  s.write(1, "x");
  s.receive(settings(initial_window(1 << 20)));
  CHECK(s.sent() == "SETTINGS ACK");
  s.receive(window_update(0, 1));
  CHECK(s.sent() == "DATA 1 [x]");
}

TEST_CASE("windows above 2^31-1 are flow control errors") {
  answering s;
  s.receive(window_update(0, 0x7fffffff - 65535));
  CHECK(s.events().empty());
  s.receive(window_update(1, 0x7fffffff));
  CHECK(s.sent() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
  CHECK(s.events() == "reset 1 FLOW_CONTROL_ERROR local");
  s.receive(window_update(0, 1));
  CHECK(s.events() == "failure FLOW_CONTROL_ERROR connection window above 2^31-1");
  answering t;
  t.receive(window_update(1, 1));
  t.receive(settings(initial_window(0x7fffffff)));
  CHECK(t.events().find("failure FLOW_CONTROL_ERROR INITIAL_WINDOW_SIZE overflows") == 0);
  CHECK(t.sent().find("SETTINGS ACK") == std::string::npos);
}

TEST_CASE("a WINDOW_UPDATE of 0 is an error of its stream, or of the connection") {
  answering s;
  s.receive(window_update(1, 0));
  CHECK(s.sent() == "RST_STREAM 1 PROTOCOL_ERROR");
  s.receive(window_update(1, 0));  // now it is closed
  CHECK(s.sent().empty());
  s.receive(window_update(0, 0));
  CHECK(s.sent() == "GOAWAY 1 PROTOCOL_ERROR [WINDOW_UPDATE of 0]");
  answering t;
  t.receive(window_update(1, 0x80000000));  // the reserved bit is not part of it
  CHECK(t.sent() == "RST_STREAM 1 PROTOCOL_ERROR");
}

TEST_CASE("a PING is answered ahead of queued data") {
  answering s;
  s.write(1, letters(60000));
  s.receive(ping("ahead!!!"));
  CHECK(s.sent().find("PING ACK ahead!!!; DATA 1") == 0);
}

TEST_CASE("a large message is not copied behind its frames' headers, and lives as long as they do") {
  answering s(initial_window(16 << 20));
  s.receive(window_update(0, 16 << 20));
  std::string const large = letters(100'000);
  s.write(1, large);
  heddle::http2::output out;
  s.engine.take_output(out, s.now);
  REQUIRE(out.payloads.size() == 6);  // frames as large as they may be; the rest is too small for that
  std::string payload;
  for (auto const& p : out.payloads) payload.append(heddle::as_text(p.bytes));
  CHECK(payload == large.substr(0, payload.size()));
  s.write(1, "later");
  s.receive(rst_stream(1, error_code::cancel));
  s.events();
  CHECK(text_of(out).find(large.substr(20000, 900)) != std::string::npos);  // though the stream is gone
}

TEST_CASE("a large answer goes to the socket in batches") {
  answering s(initial_window(16 << 20));
  s.receive(window_update(0, 16 << 20));
  std::string const large = letters(2 << 20);
  s.write(1, large);
  CHECK(s.engine.queued_output() <= limits().output_batch + 16384 + 9);
  std::size_t sent = 0;
  int batches = 0;
  while (s.engine.has_output()) {
    heddle::http2::output out;
    s.engine.take_output(out, s.now);
    sent += out.frames_size();
    ++batches;
    CHECK(s.engine.queued_output() <= 2 * (limits().output_batch + 16384 + 9));
    s.engine.output_written(s.now);
  }
  CHECK(sent == large.size() + 128 * 9);
  CHECK(batches >= 8);
}

TEST_CASE("writers go on in the order in which they began to wait, whatever they do to each other") {
  server s;
  s.handshake(initial_window(0));
  std::string const much = letters(connection::high_water);
  for (stream_id id : {1u, 3u, 5u, 7u, 9u}) {
    s.receive(s.peer.request(id));
    s.respond(id);
    s.write(id, much);
  }
  s.take_quietly();
  s.events();
  for (stream_id id : {9u, 1u, 5u, 3u, 7u}) s.engine.notify_writable(s.stream(id));
  s.receive(window_update(0, 1'000'000));
  for (stream_id id : {1u, 3u, 5u, 9u}) s.receive(window_update(id, connection::high_water));  // not 7
  s.events();
  for (stream_id id : {9u, 1u, 5u, 3u}) s.engine.notify_writable(s.stream(id));
  bool met = false;
  s.meddle = [&] {  // the first of them resets one, releases another, and waits again itself
    if (std::exchange(met, true)) return;
    s.engine.reset(s.stream(1), error_code::cancel);
    s.release(5);
    s.engine.notify_writable(s.stream(9));
  };
  s.write(9, "x");
  s.take_quietly();
  CHECK(s.events() == "writable 9; writable 3; writable 9");
  s.meddle = nullptr;
  s.receive(window_update(7, connection::high_water));
  s.take_quietly();
  CHECK(s.events() == "writable 7");
}

TEST_CASE("a writer is told to wait, and when to go on") {
  answering s(initial_window(0));
  CHECK_FALSE(s.engine.should_wait(s.stream(1)));
  s.write(1, letters(connection::high_water - 1));
  CHECK_FALSE(s.engine.should_wait(s.stream(1)));
  s.write(1, "x");
  CHECK(s.engine.should_wait(s.stream(1)));
  s.engine.notify_writable(s.stream(1));
  s.receive(window_update(1, connection::high_water - connection::low_water - 1));
  s.take_quietly();
  CHECK(s.events().empty());
  s.receive(window_update(1, 1));
  s.take_quietly();
  CHECK(s.events() == "writable 1");
  s.receive(window_update(1, 10));
  s.take_quietly();
  CHECK(s.events().empty());
}

TEST_CASE("the queued output of all streams together is bounded") {
  limits l;
  l.max_concurrent_streams = 1000;
  answering s(initial_window(0), l);
  std::size_t queued = 0;
  for (stream_id id = 1; id < 400; id += 2) {
    if (id != 1) s.begin(id);
    s.write(id, "x");
    while (!s.engine.should_wait(s.stream(id))) {
      s.write(id, letters(1000));
      queued += 1000;
    }
  }
  CHECK(queued <= (1 << 20) + 64 * 1024 + 200 * 1000);
}

TEST_CASE("a cancelled stream leaves the queue, whatever the windows are") {
  client c;
  c.handshake();
  for (int i = 0; i < 4; ++i) c.open();
  for (stream_id id : {1u, 3u, 5u, 7u}) c.write(id, letters(65535));
  c.take_quietly();  // the connection's window is spent: three wait
  for (stream_id id : {5u, 3u, 1u}) c.release(id);
  CHECK(c.engine.live_streams() == 1);
  c.take_quietly();
  c.receive(window_update(0, 10));
  CHECK(c.sent() == "DATA 7 [xxxxxxxxxx]");
  c.release(7);
  CHECK(c.engine.live_streams() == 0);
}

TEST_CASE("streams that wait when the connection fails are given back, too") {
  client c;
  c.handshake();
  c.release_at_end = true;
  for (int i = 0; i < 3; ++i) c.open();
  for (stream_id id : {1u, 3u, 5u}) c.write(id, letters(65535));
  c.engine.lost("gone");
  CHECK(c.engine.live_streams() == 0);
}

// ---- what we receive

TEST_CASE("a window grows when the application takes what came, and not before") {
  limits l;
  l.stream_window = 1000;
  l.connection_window = 65535;
  server s(l);
  s.handshake();
  s.consume_at_once = false;
  s.receive({s.peer.request(1), data(1, letters(1000))});
  CHECK(s.sent().empty());
  s.engine.consume(s.stream(1), 499);
  CHECK(s.sent().empty());
  s.engine.consume(s.stream(1), 1);
  CHECK(s.sent() == "WINDOW_UPDATE 1 +500");
  s.engine.consume(s.stream(1), 100000);  // more than there is
  CHECK(s.sent() == "WINDOW_UPDATE 1 +500");
}

TEST_CASE("more than the stream's window resets it and costs the connection nothing") {
  limits l;
  l.stream_window = 40000;
  l.connection_window = 65535;
  server s(l);
  s.handshake();
  s.consume_at_once = false;
  for (stream_id id = 1; id < 20; id += 2) {
    s.receive({s.peer.request(id), data(id, letters(16384)), data(id, letters(16384)), data(id, letters(7232))});
    s.events();
    s.receive(data(id, "x"));
    CHECK(s.events() == "reset " + std::to_string(id) + " FLOW_CONTROL_ERROR local");
    CHECK(s.sent() == "RST_STREAM " + std::to_string(id) + " FLOW_CONTROL_ERROR; WINDOW_UPDATE 0 +40001");
  }
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("more than the connection's window is the end of it") {
  limits l;
  l.connection_window = 65535;
  server s(l);
  s.handshake();
  s.consume_at_once = false;
  s.receive({s.peer.request(1), s.peer.request(3)});
  for (int i = 0; i < 4; ++i) s.receive(data(1, letters(i < 3 ? 16384 : 16383)));
  CHECK_FALSE(s.engine.failed());
  s.events();
  s.receive(data(3, "x"));
  CHECK(s.events().find("failure FLOW_CONTROL_ERROR connection window exceeded") == 0);
}

TEST_CASE("padding counts, and comes back though no one reads it") {
  limits l;
  l.stream_window = 65535;
  l.connection_window = 65535;
  server s(l);
  s.handshake();
  s.receive(s.peer.request(1));
  // http2-interop data_frame_padding: 5 bytes with 255 of padding, 300 KB of it.
  std::int64_t stream_window = 65535, connection_window = 65535;
  for (int sent = 0; sent < 300 * 1024; sent += 261) {
    s.receive(frame(frame_type::data, flag::padded, 1, padded("12345", 255)));
    stream_window -= 261;
    connection_window -= 261;
    for (parsed_frame const& f : s.peer.parse(s.take()))
      (f.head.id == 0 ? connection_window : stream_window) +=
          heddle::http2::read_u32(heddle::as_bytes(f.payload).data());
    if (stream_window < 261 || connection_window < 261) REQUIRE(sent < 0);
  }
  CHECK(s.data_bytes == 5 * 1178);
}

TEST_CASE("data that nobody wants gives its window back to the connection") {
  limits l;
  l.connection_window = 65535;
  l.adaptive_windows = false;
  server s(l);
  s.handshake();
  s.receive(s.peer.request(1));
  s.engine.reset(s.stream(1), error_code::cancel);
  s.take_quietly();
  s.receive({data(1, letters(16384)), data(1, letters(16384))});
  CHECK(s.sent() == "WINDOW_UPDATE 0 +32768");
  s.consume_at_once = false;
  s.receive({s.peer.request(3), data(3, letters(16384)), data(3, letters(16384)), data(3, "", flag::end_stream)});
  CHECK(s.sent().empty());
  s.release(3);
  CHECK(s.sent() == "WINDOW_UPDATE 0 +32768; RST_STREAM 3 CANCEL");
}

TEST_CASE("what a finished call has not read belongs to the connection until it is read or released") {
  limits l;
  l.connection_window = 65535;
  client c(l);
  c.handshake();
  c.consume_at_once = false;
  c.open(true);
  c.receive(
      {c.peer.response(1), data(1, letters(16384)), data(1, letters(16384)), data(1, letters(10), flag::end_stream)});
  c.take_quietly();
  c.engine.consume(c.stream(1), 1);
  CHECK(c.sent().empty());
  c.release(1);
  CHECK(c.sent() == "WINDOW_UPDATE 0 +32778");
}

TEST_CASE("after its END_STREAM a stream is granted nothing more") {
  limits l;
  l.stream_window = 100;
  server s(l);
  s.handshake();
  s.consume_at_once = false;
  s.receive({s.peer.request(1), data(1, letters(100), flag::end_stream)});
  s.engine.consume(s.stream(1), 100);
  CHECK(s.sent().empty());
}

TEST_CASE("streams that nobody reads do not starve the others") {
  limits l;
  l.stream_window = 65535;
  l.connection_window = 3 * 65535;
  server s(l);
  s.handshake();
  s.consume_at_once = false;
  for (stream_id id : {1u, 3u}) {
    s.receive(s.peer.request(id));
    for (int i = 0; i < 4; ++i) s.receive(data(id, letters(i < 3 ? 16384 : 16383)));
  }
  s.receive(s.peer.request(5));
  std::int64_t credit = 65535;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(credit >= 10000);
    s.receive(data(5, letters(10000)));
    credit -= 10000;
    s.engine.consume(s.stream(5), 10000);
    for (parsed_frame const& f : s.peer.parse(s.take()))
      if (f.head.id == 0) credit += heddle::http2::read_u32(heddle::as_bytes(f.payload).data());
  }
}

TEST_CASE("a stream window below 65,535 is in force from the acknowledgement on") {
  limits l;
  l.stream_window = 1000;
  client c(l);
  c.consume_at_once = false;
  c.open(true);
  c.receive({settings(), c.peer.response(1), data(1, letters(16384))});  // the server did not know yet
  c.take_quietly();
  CHECK_FALSE(c.engine.failed());
  c.receive({settings_ack(), data(1, "")});
  c.events();
  CHECK(c.sent().empty());
  c.engine.consume(c.stream(1), 16384);
  CHECK(c.sent() == "WINDOW_UPDATE 1 +16384");
  c.receive(data(1, letters(1000)));
  c.engine.consume(c.stream(1), 1000);
  CHECK(c.sent() == "WINDOW_UPDATE 1 +1000");
  c.receive(data(1, letters(1001)));
  CHECK(c.sent() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
}

TEST_CASE("what was read before a small window was acknowledged is granted at the acknowledgement") {
  limits l;
  l.stream_window = 1000;
  client c(l);
  c.open(true);
  c.receive({settings(), c.peer.response(1), data(1, letters(16384))});
  c.take_quietly();
  c.receive(settings_ack());
  CHECK(c.sent() == "WINDOW_UPDATE 1 +16384");
}
