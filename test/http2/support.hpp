// A peer for the engine, in the style of hyperium/h2's tests: frames go in as bytes that a test writes one by
// one, and what comes out, on the wire and at the sink, is text to compare with.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/http2/connection.hpp>
#include <heddle/http2/output.hpp>
#include <heddle/testing/frame_codec.hpp>
#include <heddle/testing/frames.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

namespace heddle::test {

using namespace testing::frames;  // data(), settings(), goaway() and so on
using http2::error_code;
using http2::frame_type;
using http2::stream_id;
namespace flag = http2::flag;

inline constexpr std::uint8_t no_flags = 0;

inline header_list request_fields(std::string_view path = "/s/m") {
  return fields({{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "host"}});
}

inline header_list response_fields() { return fields({{":status", "200"}}); }

using testing::printable;
using parsed_frame = testing::received_frame;

/// All that goes to the socket, in order.
inline std::string text_of(http2::output const& out) {
  std::string text;
  out.each_part([&text](bytes_view part) { text.append(as_text(part)); });
  return text;
}

/// The engine's other end: what it writes, and what it makes of the engine's output.
class engine_peer : public testing::frame_codec {
 public:
  std::string request(stream_id id, std::uint8_t flags = no_flags) { return headers(id, request_fields(), flags); }
  std::string response(stream_id id, std::uint8_t flags = no_flags) { return headers(id, response_fields(), flags); }
  std::string trailers(stream_id id) { return headers(id, fields({{"grpc-status", "0"}}), flag::end_stream); }

  /// All frames in `bytes`, which must be whole.
  std::vector<parsed_frame> parse(std::string_view bytes) {
    auto all = read(bytes);
    CHECK(unread() == 0);
    CHECK(good());
    return all;
  }
};

inline std::string joined(std::vector<std::string> const& parts) {
  std::string text;
  for (std::string const& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

// ---- the engine under test

/// An engine with a sink that logs, a clock by hand, and a watch on the sink's contract. Streams are released by the
/// test, or as soon as they end with `release_at_end`.
class endpoint : private http2::sink {
 public:
  explicit endpoint(http2::role who, http2::limits const& l = {}) : engine(who, l, *this, now), who_(who) {}

  time_point now{std::chrono::hours(1000)};
  http2::connection engine;
  engine_peer peer;
  bool consume_at_once = true;
  bool release_at_end = false;   // as soon as an event says that the stream is over
  bool quiet = false;            // keep no log
  std::function<void()> meddle;  // what the sink does besides, in each of its calls
  std::uint64_t data_bytes = 0;  // of all on_data()

  /// Feeds bytes as a driver does: what the engine leaves comes again with what follows.
  void receive(std::string_view bytes) {
    input_.append(bytes);
    input_.consume(engine.receive(input_.view(), now));
  }
  /// Pieces that the peer encodes one after the other: in braces their order is certain.
  void receive(std::initializer_list<std::string> pieces) {
    std::string bytes;
    for (std::string const& piece : pieces) bytes += piece;
    receive(bytes);
  }
  std::size_t unread() const noexcept { return input_.size(); }

  /// What the engine has to say, as if the socket had taken it. Bytes.
  std::string take() {
    std::string bytes;
    while (engine.has_output()) {
      http2::output out;
      engine.take_output(out, now);
      if (out.empty()) break;
      bytes.append(text_of(out));
      engine.output_written(now);
    }
    return bytes;
  }
  /// The same, as text.
  std::string sent() {
    std::vector<std::string> lines;
    for (parsed_frame const& f : peer.parse(take())) lines.push_back(f.text);
    return joined(lines);
  }
  /// What the sink has heard since the last call.
  std::string events() { return joined(std::exchange(log_, {})); }

  /// Everything up to both acknowledgements, and forgotten.
  void handshake(std::vector<http2::setting> const& peer_settings = {}) {
    if (who_ == http2::role::server) receive(http2::client_preface);
    receive(settings(peer_settings) + settings_ack());
    take_quietly();
    log_.clear();
  }
  /// Lets the peer's HPACK see what nobody looks at.
  void take_quietly() { peer.parse(take()); }

  void advance(duration d) { now = after(now, d); }
  /// Lets time pass as a driver's timer would.
  void run_until(time_point until) {
    while (engine.next_timer() <= until) {
      now = std::max(now, engine.next_timer());
      engine.on_timer(now);
    }
    now = until;
  }

  /// Client: opens a stream; the engine numbers them 1, 3, 5, …
  http2::stream& open(bool end = false, std::string_view path = "/s/m") {
    auto& record = *records_.emplace_back(std::make_unique<stream_record>());
    http2::stream& s = engine.open(request_fields(path), end, &record);
    adopt(s, record);
    return s;
  }
  http2::stream& stream(stream_id id) {
    auto const at = streams_.find(id);
    REQUIRE(at != streams_.end());
    return *at->second->handle;
  }
  bool knows(stream_id id) const { return streams_.count(id) != 0; }
  std::vector<stream_id> known() const {
    std::vector<stream_id> ids;
    for (auto const& entry : streams_) ids.push_back(entry.first);
    return ids;
  }

  void write(stream_id id, std::string_view text) {
    std::uint8_t* const p = engine.prepare_data(stream(id), text.size());
    if (!text.empty()) std::memcpy(p, text.data(), text.size());
    engine.commit_data(stream(id), text.size());
  }
  void respond(stream_id id, bool end = false) { engine.send_headers(stream(id), response_fields(), end); }
  void send_trailers(stream_id id) { engine.send_trailers(stream(id), fields({{"grpc-status", "0"}})); }
  void release(stream_id id) {
    stream_record& record = *streams_.at(id);
    record.released = true;
    streams_.erase(id);
    engine.release(*record.handle);
  }
  void release_all() {
    while (!streams_.empty()) release(streams_.begin()->first);
  }
  /// What the sink's contract forbids and happened all the same.
  std::string const& violations() const noexcept { return violations_; }

 private:
  struct stream_record {
    http2::stream* handle = nullptr;
    stream_id id = 0;
    bool ended = false, reset = false, released = false;
  };

  void adopt(http2::stream& s, stream_record& record) {
    record.handle = &s;
    record.id = s.id();
    streams_[s.id()] = &record;
  }
  void log(std::string text) {
    if (!quiet) log_.push_back(std::move(text));
  }
  void violated(std::string_view rule) { violations_.append(rule).append("; "); }

  stream_record& heard(http2::stream& s, bool ends, std::string_view what) {
    auto& record = *static_cast<stream_record*>(s.user);
    if (record.released) violated(std::string(what) + " after release()");
    if (record.reset) violated(std::string(what) + " after on_reset()");
    if (record.ended && what != "reset" && what != "writable") violated(std::string(what) + " after the end");
    if (ends) record.ended = true;
    return record;
  }
  void maybe_release(stream_record const& record, bool over) {
    if (over && release_at_end && !record.released) release(record.id);
    if (meddle) meddle();
  }
  static char const* end_text(bool end) noexcept { return end ? " END" : ""; }
  static char const* size_text(http2::block_size size) noexcept {
    return size == http2::block_size::too_large ? " too large" : "";
  }

  void on_headers(http2::stream& s, header_list const& list, bool end, http2::block_size size) override {
    if (who_ == http2::role::server) {
      if (s.user != nullptr) violated("a new stream with somebody's user pointer");
      auto& record = *records_.emplace_back(std::make_unique<stream_record>());
      s.user = &record;
      adopt(s, record);
    }
    stream_record const& record = heard(s, end, "headers");
    log("headers " + std::to_string(s.id()) + printable(list) + size_text(size) + end_text(end));
    maybe_release(record, end && who_ == http2::role::client);
  }
  void on_data(http2::stream& s, bytes_view bytes, bool end) override {
    stream_record const& record = heard(s, end, "data");
    data_bytes += bytes.size();
    if (!quiet) log("data " + std::to_string(s.id()) + " [" + printable(as_text(bytes)) + "]" + end_text(end));
    if (consume_at_once) engine.consume(s, bytes.size());
    maybe_release(record, end && who_ == http2::role::client);
  }
  void on_trailers(http2::stream& s, header_list const& list, http2::block_size size) override {
    stream_record const& record = heard(s, true, "trailers");
    log("trailers " + std::to_string(s.id()) + printable(list) + size_text(size));
    maybe_release(record, who_ == http2::role::client);
  }
  void on_reset(http2::stream& s, http2::stream_reset const& how) override {
    stream_record& record = heard(s, true, "reset");
    record.reset = true;
    using origin = http2::stream_reset::origin;
    std::string const from = how.from == origin::peer ? " peer" : how.from == origin::local ? " local" : " connection";
    log("reset " + std::to_string(s.id()) + " " + std::string(to_string(how.code)) + from +
        (how.unprocessed ? " unprocessed" : ""));
    maybe_release(record, true);
  }
  void on_writable(http2::stream& s) override {
    heard(s, false, "writable");
    log("writable " + std::to_string(s.id()));
    if (meddle) meddle();
  }
  void on_room() override {
    if (who_ == http2::role::server) violated("on_room() in a server");
    log("room");
  }
  void on_goaway(stream_id last, error_code code, std::string_view debug) override {
    log("goaway " + std::to_string(last) + " " + std::string(to_string(code)) + " [" + std::string(debug) + "]");
  }
  void on_ping_ack(std::uint64_t payload) override { log("ping_ack " + std::to_string(payload)); }
  void on_failure(http2::failure const& what) override {
    if (failed_) violated("on_failure() twice");
    failed_ = true;
    log("failure " + std::string(to_string(what.code)) + " " + std::string(what.why));
  }

  http2::role const who_;
  byte_buffer input_;
  bool failed_ = false;
  std::vector<std::string> log_;
  std::string violations_;
  std::vector<std::unique_ptr<stream_record>> records_;
  std::map<stream_id, stream_record*> streams_;
};

struct server : endpoint {
  explicit server(http2::limits const& l = {}) : endpoint(http2::role::server, l) {}
};
struct client : endpoint {
  explicit client(http2::limits const& l = {}) : endpoint(http2::role::client, l) {}
};

/// Repeats `frames` until the engine gives up or `times` are over; returns how often it took.
template <class F>
int attack(endpoint& e, int times, F frames) {
  for (int i = 1; i <= times; ++i) {
    e.receive(frames(i));
    if (e.engine.failed()) return i;
    e.take_quietly();
  }
  return 0;
}

inline std::string last_frame(endpoint& e) {
  auto const frames = e.peer.parse(e.take());
  return frames.empty() ? "" : frames.back().text;
}

}  // namespace heddle::test
