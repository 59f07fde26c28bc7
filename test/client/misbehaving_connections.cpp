// Connections that break, close, stall and are padded: gRPC's negative HTTP/2 cases
// (http2-interop-test-descriptions.md) and what goes beyond them.
#include <algorithm>
#include <string>
#include <vector>

#include "support/misbehaving.hpp"

using namespace heddle;
using namespace heddle::test;
using http2::frame_type;
using http2::setting_id;
using testing::manners;
using testing::received_frame;
using testing::scripted_peer;

namespace {

std::string whole_answer(scripted_peer peer, http2::stream_id id, Text const& message = text("answer")) {
  std::string bytes = peer.codec().headers(id, grpc_head());
  bytes += data(id, message_of(message));
  return bytes + peer.codec().headers(id, grpc_trailers(), flag::end_stream);
}

std::size_t data_bytes(std::vector<received_frame> const& frames, http2::stream_id id) {
  std::size_t sum = 0;
  for (received_frame const& f : frames)
    if (f.type() == frame_type::data && f.stream() == id) sum += f.content().size();
  return sum;
}

}  // namespace

// ---- gRPC's own cases

TEST_CASE("goaway: a call after it goes to a new connection, and none is lost") {
  misbehaving_server s;
  outcome first, second;
  s.start(kind::unary, first);
  s.clock.settle();
  scripted_peer old = s.peer();
  old.send(whole_answer(old, 1));
  old.send(goaway(1, http2::error_code::no_error));
  s.clock.settle();
  CHECK(first.end.is_ok());
  s.start(kind::unary, second);
  s.clock.settle();
  REQUIRE(s.server.connections() == 2);
  CHECK(!old.take(frame_type::headers, 3));
  s.peer().send(whole_answer(s.peer(), 1));
  s.clock.settle();
  CHECK(second.done);
  CHECK(second.end.is_ok());
}

TEST_CASE("goaway with calls under way: those that it names go on, the others are made again") {
  for (int variant = 0; variant < 8; ++variant) {
    kind const k = every_kind[variant / 2];
    INFO(test::to_string(k) << (variant % 2 != 0 ? " in two steps" : " in one step"));
    misbehaving_server s;
    s.begin_neighbour();
    outcome o;
    s.start(k, o);
    s.clock.settle();
    scripted_peer old = s.peer();
    if (variant % 2 != 0) {
      old.send(goaway(http2::max_stream_id, http2::error_code::no_error));
      s.clock.settle();
      CHECK(!o.done);
      CHECK(!s.neighbour.done);
    }
    old.send(goaway(1, http2::error_code::no_error));
    s.clock.settle();
    REQUIRE(s.server.connections() == 2);
    scripted_peer fresh = s.peer();
    fresh.send(whole_answer(fresh, 1));
    s.clock.settle();
    CHECK(o.done);
    INFO(heddle::to_string(o.end));
    CHECK(o.end.is_ok());
    CHECK(o.messages == 1);
    old.send(whole_answer(old, 1));
    s.clock.settle();
    CHECK(s.neighbour.end.is_ok());
    CHECK(s.neighbour.messages == 1);
    s.clock.advance(2s);
    CHECK(old.ended());  // nobody needs it any more
  }
}

TEST_CASE("goaway for all calls, then a close: they go on elsewhere; with an error, they end") {
  misbehaving_server s;
  outcome o;
  s.start(kind::unary, o);
  s.clock.settle();
  scripted_peer old = s.peer();
  SECTION("nothing was looked at") {
    old.send(goaway(0, http2::error_code::no_error));
    old.half_close();
    s.clock.settle();
    REQUIRE(s.server.connections() == 2);
    s.peer().send(whole_answer(s.peer(), 1));
    s.clock.settle();
    CHECK(o.end.is_ok());
  }
  SECTION("the call was looked at") {
    old.send(goaway(1, http2::error_code::internal_error, "out of cheese"));
    old.half_close();
    s.clock.settle();
    CHECK(o.end.code() == status_code::unavailable);
    CHECK(has(o.end.message(), "out of cheese"));
  }
  CHECK(o.done);
}

TEST_CASE("rst_after_header, rst_during_data, rst_after_data: the call fails, and the next one does not") {
  std::string const large = message_of(text(std::string(2000, 'x')));
  for (int when = 0; when < 3; ++when) {
    INFO(when);
    misbehaving_server s;
    outcome o, next;
    s.start(kind::unary, o);
    s.clock.settle();
    scripted_peer peer = s.peer();
    peer.send_headers(1, grpc_head());
    if (when == 1) peer.send(data(1, large.substr(0, large.size() / 2)));
    if (when == 2) peer.send(data(1, large));
    peer.send(rst_stream(1, http2::error_code::no_error));
    s.clock.settle();
    CHECK(o.done);
    CHECK(o.end.code() == status_code::internal);
    CHECK(has(o.end.message(), "the peer reset the stream with NO_ERROR (/lab.Echo/Unary at memory)"));
    s.start(kind::unary, next);
    s.clock.settle();
    peer.send(whole_answer(peer, 3));
    s.clock.settle();
    CHECK(next.end.is_ok());
    CHECK(s.server.connections() == 1);
  }
}

TEST_CASE("ping: each is answered at once, at any time") {
  misbehaving_server s;
  outcome o;
  s.start(kind::unary, o, text(std::string(200'000, 'x')));  // more than the window: the rest is queued
  s.clock.settle();
  scripted_peer peer = s.peer();
  int pings = 0;
  auto const ping_it = [&] {
    std::string const name = "ping" + std::to_string(1000 + ++pings);
    peer.send(ping(name));
    s.clock.settle();
    auto const pong = peer.take(frame_type::ping);
    REQUIRE(pong);
    CHECK(pong->text == "PING ACK " + name);
  };
  ping_it();
  peer.send_headers(1, grpc_head());
  ping_it();
  std::string const message = message_of(text("answer"));
  peer.send(data(1, message.substr(0, 6)));
  ping_it();
  peer.send(data(1, message.substr(6)));
  ping_it();
  peer.send_headers(1, grpc_trailers(), flag::end_stream);
  ping_it();
  CHECK(o.end.is_ok());
  ping_it();
}

TEST_CASE("max_streams: calls wait for their turn, also when the limit is lowered under them") {
  misbehaving_server s(manners::none);
  std::vector<outcome> calls(10);
  for (outcome& o : calls) s.start(kind::unary, o);
  s.clock.settle();
  scripted_peer peer = s.peer();
  peer.send(settings({{setting_id::max_concurrent_streams, 3}}) + settings_ack());
  s.clock.settle();
  std::vector<http2::stream_id> open;
  auto const take_new = [&] {
    while (auto const head = peer.take(frame_type::headers)) open.push_back(head->stream());
  };
  take_new();
  CHECK(open.size() == 3);
  peer.send(settings({{setting_id::max_concurrent_streams, 1}}));
  s.clock.settle();
  for (int answered = 0; answered < 10; ++answered) {
    take_new();
    CHECK(open.size() == static_cast<std::size_t>(answered == 0 ? 3 : answered == 1 ? 2 : 1));
    REQUIRE(!open.empty());
    peer.send(whole_answer(peer, open.front()));
    open.erase(open.begin());
    s.clock.settle();
  }
  for (outcome const& o : calls) CHECK(o.end.is_ok());
  CHECK(std::all_of(calls.begin(), calls.end(), [](outcome const& o) { return o.done; }));
  CHECK(s.server.connections() == 1);
}

TEST_CASE("no streams at all: calls wait until their deadline, whose text says for what") {
  misbehaving_server s(manners::none);
  outcome o;
  s.start(kind::unary, o);
  s.clock.settle();
  s.peer().send(settings({{setting_id::max_concurrent_streams, 0}}) + settings_ack());
  s.clock.advance(60s - 1ns);
  CHECK(!o.done);
  s.clock.advance(1ns);
  CHECK(o.done);
  CHECK(o.end.code() == status_code::deadline_exceeded);
  CHECK(has(o.end.message(), "waited for a free stream of memory, which lets 0 calls run at once"));
}

TEST_CASE("data_frame_padding and no_df_padding: padding is given back, so that nothing stalls") {
  for (std::uint8_t const padding : {std::uint8_t{255}, std::uint8_t{0}}) {
    INFO(int{padding});
    misbehaving_server s;
    outcome o;
    s.start(kind::unary, o);
    s.clock.settle();
    scripted_peer peer = s.peer();
    peer.send_headers(1, grpc_head());
    std::string const message = message_of(text(std::string(300'000, 'x')));
    // The client's windows are kept, as its SETTINGS and WINDOW_UPDATEs say.
    std::int64_t stream_window = 256 * 1024, connection_window = 1024 * 1024;
    std::size_t stalls = 0;
    for (std::size_t at = 0; at < message.size();) {
      std::size_t const frame_size = padding == 0 ? 5 : 5u + 1 + padding;
      if (stream_window < static_cast<std::int64_t>(frame_size) ||
          connection_window < static_cast<std::int64_t>(frame_size)) {
        s.clock.settle();
        bool more = false;
        while (auto const update = peer.take(frame_type::window_update)) {
          more = true;
          (update->stream() == 0 ? connection_window : stream_window) += update->number();
        }
        REQUIRE(more);  // else it hangs
        ++stalls;
        continue;
      }
      std::string const piece = message.substr(at, 5);
      at += piece.size();
      stream_window -= static_cast<std::int64_t>(frame_size);
      connection_window -= static_cast<std::int64_t>(frame_size);
      if (padding == 0)
        peer.send(data(1, piece));
      else
        peer.send(frame(frame_type::data, flag::padded, 1, padded(piece, padding)));
    }
    peer.send_headers(1, grpc_trailers(), flag::end_stream);
    s.clock.settle();
    CHECK(o.done);
    CHECK(o.end.is_ok());
    if (padding != 0) CHECK(stalls > 10);
  }
}

// ---- windows

TEST_CASE("windows of zero hold a request back, and nothing else") {
  for (kind const k : every_kind) {
    INFO(test::to_string(k));
    misbehaving_server s(manners::none);
    s.begin_neighbour();
    outcome o;
    s.start(k, o);
    s.clock.settle();
    scripted_peer peer = s.peer();
    peer.send(settings({{setting_id::initial_window_size, 0}}) + settings_ack());
    s.clock.settle();
    auto frames = peer.heard();
    CHECK(data_bytes(frames, 1) == 0);
    CHECK(data_bytes(frames, 3) == 0);
    peer.send(window_update(3, 3));
    s.clock.settle();
    CHECK(data_bytes(peer.heard(), 3) == 3);
    peer.send(settings({{setting_id::initial_window_size, 100}}));
    s.clock.settle();
    frames = peer.heard();
    CHECK(data_bytes(frames, 1) == 15);
    CHECK(data_bytes(frames, 3) == 12);
    peer.send(whole_answer(peer, 3));
    s.clock.settle();
    CHECK(o.done);
    CHECK(o.end.is_ok());
    s.check_neighbour();
  }
}

TEST_CASE("a window that never opens ends with the deadline") {
  for (kind const k : every_kind) {
    INFO(test::to_string(k));
    misbehaving_server s(manners::none);
    outcome o;
    s.start(k, o);
    s.clock.settle();
    s.peer().send(settings({{setting_id::initial_window_size, 0}}) + settings_ack());
    s.clock.advance(60s);
    CHECK(o.done);
    CHECK(o.end.code() == status_code::deadline_exceeded);
    CHECK(has(s.peer().received(), "RST_STREAM 1 CANCEL"));
  }
}

TEST_CASE("an exhausted connection window holds all requests back, until it grows") {
  misbehaving_server s(manners::none);
  outcome large, small;
  s.start(kind::unary, large, text(std::string(100'000, 'x')));
  s.clock.settle();
  scripted_peer peer = s.peer();
  peer.send(settings({{setting_id::initial_window_size, 1'000'000}}) + settings_ack());
  s.clock.settle();
  s.start(kind::unary, small);
  s.clock.settle();
  auto frames = peer.heard();
  CHECK(data_bytes(frames, 1) + data_bytes(frames, 3) == 65535);
  peer.send(window_update(0, 100'000));
  s.clock.settle();
  frames = peer.heard();
  CHECK(data_bytes(frames, 1) + data_bytes(frames, 3) > 34'000);
  peer.send(whole_answer(peer, 1));
  peer.send(whole_answer(peer, 3));
  s.clock.settle();
  CHECK(large.end.is_ok());
  CHECK(small.end.is_ok());
  CHECK((large.done && small.done));
}

TEST_CASE("SETTINGS can make a window negative: it is filled up before anything flows") {
  misbehaving_server s(manners::none);
  outcome o;
  s.start(kind::unary, o, text(std::string(100'000, 'x')));
  s.clock.settle();
  scripted_peer peer = s.peer();
  peer.send(settings() + settings_ack());
  s.clock.settle();
  CHECK(data_bytes(peer.heard(), 1) == 65535);
  peer.send(settings({{setting_id::initial_window_size, 1000}}));  // now -64535
  peer.send(window_update(0, 1'000'000) + window_update(1, 64'535));
  s.clock.settle();
  CHECK(data_bytes(peer.heard(), 1) == 0);
  peer.send(window_update(1, 10));
  s.clock.settle();
  CHECK(data_bytes(peer.heard(), 1) == 10);
  peer.send(settings({{setting_id::initial_window_size, 200'000}}));
  s.clock.settle();
  CHECK(data_bytes(peer.heard(), 1) > 34'000);
  peer.send(whole_answer(peer, 1));
  s.clock.settle();
  CHECK(o.done);
  CHECK(o.end.is_ok());
}

TEST_CASE("windows that overflow, and more DATA than they allow, end what they concern") {
  misbehaving_server s;
  s.begin_neighbour();
  outcome o;
  s.start(kind::chat, o);
  s.clock.settle();
  scripted_peer peer = s.peer();
  SECTION("WINDOW_UPDATE of a stream") {
    peer.send(window_update(3, 0x7fffffff));
    s.clock.settle();
    CHECK(o.end.code() == status_code::internal);
    CHECK(has(o.end.message(), "FLOW_CONTROL_ERROR"));
    s.check_neighbour();
  }
  SECTION("WINDOW_UPDATE of the connection") {
    peer.send(window_update(0, 0x7fffffff));
    s.clock.settle();
    CHECK(o.end.code() == status_code::unavailable);
    CHECK(has(o.end.message(), "HTTP/2 connection error with memory"));
    CHECK(s.neighbour.end.code() == status_code::unavailable);
  }
  CHECK(o.done);
}

// ---- the connection is lost

TEST_CASE("a connection that closes after every byte of an answer") {
  for (kind const k : every_kind) {
    for (bool const half : {false, true}) {
      std::size_t size = 1000;
      for (std::size_t n = 0; n <= size; ++n) {
        misbehaving_server s;
        outcome o;
        s.start(k, o);
        s.clock.settle();
        scripted_peer peer = s.peer();
        std::string const bytes = whole_answer(peer, 1);
        size = bytes.size();
        peer.send(bytes.substr(0, n));
        if (half)
          peer.half_close();
        else
          peer.close();
        s.clock.settle();
        INFO(test::to_string(k) << " after " << n << " of " << size << ": " << heddle::to_string(o.end));
        CHECK(o.done);
        CHECK(o.end.code() == (n == size ? status_code::ok : status_code::unavailable));
        if (n < size) CHECK(has(o.end.message(), "connection to memory lost: the peer closed it (/lab.Echo/"));
        // The next call finds a new connection.
        outcome next;
        s.start(kind::unary, next);
        s.clock.settle();
        REQUIRE(s.server.connections() == 2);
        s.peer().send(whole_answer(s.peer(), 1));
        s.clock.settle();
        CHECK(next.end.is_ok());
        CHECK(next.done);
      }
    }
  }
}

TEST_CASE("frames that end a connection end its calls, with the reason") {
  struct row {
    char const* name;
    std::string bytes;
  };
  row const rows[] = {
      {"a frame of 16 MB", frame(frame_type::data, no_flags, 3, "", 0xffffff)},
      {"DATA on stream 0", data(0, "x")},
      {"HEADERS on an idle stream", frame(frame_type::headers, flag::end_headers, 99, "\x88")},
      {"PUSH_PROMISE", frame(frame_type::push_promise, flag::end_headers, 3, u32(2) + "\x88")},
      {"more padding than frame", frame(frame_type::data, flag::padded, 3, "\x09xx")},
      {"no HPACK", frame(frame_type::headers, flag::end_headers, 3, "\xff\xff\xff\xff\xff")},
      {"a block that is interrupted", frame(frame_type::headers, no_flags, 3, "\x88") + ping()},
      {"WINDOW_UPDATE of 3 bytes", frame(frame_type::window_update, no_flags, 0, "abc")},
      {"SETTINGS of 5 bytes", frame(frame_type::settings, no_flags, 0, "abcde")},
      {"garbage", std::string(100, '\xff')},
  };
  for (row const& r : rows) {
    for (kind const k : every_kind) {
      INFO(r.name << ", " << test::to_string(k));
      misbehaving_server s;
      s.begin_neighbour();
      outcome o;
      s.start(k, o);
      s.clock.settle();
      scripted_peer peer = s.peer();
      peer.send(r.bytes);
      s.clock.settle();
      INFO(heddle::to_string(o.end));
      CHECK(o.done);
      CHECK(o.end.code() == status_code::unavailable);
      CHECK(has(o.end.message(), "HTTP/2 connection error with memory: "));
      CHECK(s.neighbour.done);
      s.clock.advance(2s);
      CHECK(has(peer.received(), "GOAWAY"));
    }
  }
}

TEST_CASE("a server that says nothing more is left at the deadline") {
  for (kind const k : every_kind) {
    for (int said = 0; said < 3; ++said) {
      INFO(test::to_string(k) << " " << said);
      misbehaving_server s;
      s.begin_neighbour();
      outcome o;
      s.start(k, o);
      s.clock.advance(1s);
      scripted_peer peer = s.peer();
      if (said > 0) peer.send_headers(3, grpc_head());
      if (said > 1) peer.send(data(3, message_of(text("answer"))));
      s.clock.advance(58s);
      CHECK(!o.done);
      s.clock.advance(1s);
      CHECK(o.done);
      CHECK(o.end.code() == status_code::deadline_exceeded);
      CHECK(has(o.end.message(), said == 0 ? "waited for the answer" : "in the middle of the answer"));
      CHECK(has(peer.received(), "RST_STREAM 3 CANCEL"));
    }
  }
}
