// Bytes come in whatever pieces the network likes: the engine must not notice.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::setting_id;

namespace {

struct outcome {
  std::string events, sent;
  bool operator==(outcome const&) const = default;
};

struct trace {
  char const* name;
  bool to_server;
  int calls;  // that the client opens before
  std::string bytes;
};

// `room` is told once for each receive(), so it is not compared.
std::string without_room(std::string events) {
  for (std::size_t at; (at = events.find("; room")) != std::string::npos;) events.erase(at, 6);
  for (std::size_t at; (at = events.find("room; ")) != std::string::npos;) events.erase(at, 6);
  return events == "room" ? "" : events;
}

template <class Feed>
outcome run(trace const& t, Feed feed) {
  auto const who = t.to_server ? heddle::http2::role::server : heddle::http2::role::client;
  endpoint e(who);
  e.handshake();
  for (int i = 0; i < t.calls; ++i) e.open(i % 2 == 0);
  e.take_quietly();
  feed(e);
  outcome result;
  result.events = without_room(e.events());
  result.sent = e.sent();
  return result;
}

void check_all_splits(trace const& t) {
  INFO(t.name);
  outcome const whole = run(t, [&](endpoint& e) { e.receive(t.bytes); });
  INFO(whole.events << " | " << whole.sent);
  CHECK_FALSE(whole.events.empty());
  for (std::size_t i = 1; i < t.bytes.size(); ++i) {
    outcome const split = run(t, [&](endpoint& e) {
      e.receive(t.bytes.substr(0, i));
      e.receive(t.bytes.substr(i));
    });
    if (split == whole) continue;
    INFO("split at " << i);
    CHECK(split.events == whole.events);
    CHECK(split.sent == whole.sent);
  }
  outcome const bytes = run(t, [&](endpoint& e) {
    for (char const& c : t.bytes) e.receive(std::string_view(&c, 1));
  });
  CHECK(bytes == whole);
}

}  // namespace

TEST_CASE("a server hears the same in any pieces") {
  engine_peer p;
  std::string bytes =
      p.request(1) + data(1, "hello") + ping("abcdefgh") + settings({{setting_id::max_frame_size, 20000}});
  std::string const block =
      p.block(fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/long"}, {"key", "value"}}));
  bytes += frame(frame_type::headers, flag::priority, 3, u32(0x80000001) + "\x20" + block.substr(0, 2));
  bytes += frame(frame_type::continuation, no_flags, 3, "");
  bytes += frame(frame_type::continuation, no_flags, 3, block.substr(2, 4));
  bytes += frame(frame_type::continuation, flag::end_headers, 3, block.substr(6));
  bytes += frame(frame_type::data, flag::padded, 3, padded("padded", 17));
  bytes += frame(frame_type::data, flag::padded | flag::end_stream, 3, padded("", 0));
  bytes += window_update(0, 100) + window_update(1, 100) + priority(9, 1) +
           frame(static_cast<frame_type>(99), 1, 1, "what?");
  bytes += p.headers(1, fields({{"trailer", "x"}}), flag::end_stream);
  bytes += p.request(5) + rst_stream(5, error_code::cancel) + p.headers(7, fields({{"bad", "x"}})) + data(7, "late");
  bytes += settings_ack() + ping("notmine!", flag::ack) + goaway(0, error_code::no_error, "bye");
  check_all_splits({"everything legal", true, 0, bytes});
}

TEST_CASE("a client hears the same in any pieces") {
  engine_peer p;
  std::string bytes = p.headers(1, fields({{":status", "103"}, {"link", "x"}})) + p.response(1) + data(1, "hello");
  std::string const block = p.block(fields({{":status", "200"}, {"content-type", "application/grpc"}}));
  bytes += frame(frame_type::headers, flag::padded, 3, padded(block.substr(0, 1), 200));
  bytes += frame(frame_type::continuation, flag::end_headers, 3, block.substr(1));
  bytes += data(3, "more", flag::end_stream) + settings({{setting_id::initial_window_size, 7}}) + p.trailers(1);
  bytes += p.headers(5, fields({{":status", "200"}, {"grpc-status", "3"}}), flag::end_stream) + ping("abcdefgh");
  bytes += rst_stream(7, error_code::refused_stream) + goaway(9, error_code::enhance_your_calm, "too_many_pings");
  bytes += p.response(9) + data(9, "x") + data(11, "late");
  check_all_splits({"everything legal", false, 6, bytes});
}

TEST_CASE("an error is the same error in any pieces") {
  engine_peer p;
  std::string const request = p.request(1), more = ping() + data(1, "ignored");
  check_all_splits(
      {"a frame that is too large", true, 0, request + frame(frame_type::data, no_flags, 1, "", 16385) + more});
  check_all_splits({"a bad frame size", true, 0, request + frame(frame_type::ping, no_flags, 0, "1234567") + more});
  check_all_splits(
      {"bad compression", true, 0, request + frame(frame_type::headers, flag::end_headers, 3, "\x80") + more});
  check_all_splits({"an interrupted block", true, 0, request + frame(frame_type::headers, no_flags, 3, "") + more});
  check_all_splits({"padding too long", false, 1, ping() + frame(frame_type::data, flag::padded, 1, "\4abcd") + more});
  check_all_splits({"a push", false, 1, ping() + frame(frame_type::push_promise, flag::end_headers, 1, u32(2)) + more});
}
