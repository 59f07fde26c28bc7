// A scripted peer for the engine, in the style of hyperium/h2's tests: frames go in as bytes that a test writes one by
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

#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>
#include <heddle/http2/connection.hpp>

#include "support/catch.hpp"

namespace heddle::test {

using http2::error_code;
using http2::frame_type;
using http2::stream_id;
namespace flag = http2::flag;

inline constexpr std::uint8_t no_flags = 0;

inline header_list fields(std::vector<std::pair<std::string_view, std::string_view>> const& pairs) {
  header_list list;
  for (auto const& [name, value] : pairs) list.add(name, value);
  return list;
}

inline header_list request_fields(std::string_view path = "/s/m") {
  return fields({{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "host"}});
}

inline header_list response_fields() { return fields({{":status", "200"}}); }

// ---- frames, written

inline std::string u32(std::uint32_t value) {
  std::uint8_t bytes[4];
  http2::write_u32(bytes, value);
  return std::string(as_text(bytes));
}

/// `length` on the wire may lie: -1 is the truth.
inline std::string frame(frame_type type, std::uint8_t flags, stream_id id, std::string_view payload = {},
                         int length = -1) {
  http2::frame_header h;
  h.length = static_cast<std::uint32_t>(length < 0 ? static_cast<int>(payload.size()) : length);
  h.type = type;
  h.flags = flags;
  h.id = id;
  std::uint8_t head[http2::frame_header_size];
  h.write(head);
  return std::string(as_text(head)).append(payload);
}

inline std::string padded(std::string_view content, std::uint8_t padding) {
  return std::string(1, static_cast<char>(padding)).append(content).append(padding, '\0');
}

inline std::string data(stream_id id, std::string_view content, std::uint8_t flags = no_flags) {
  return frame(frame_type::data, flags, id, content);
}
inline std::string rst_stream(stream_id id, error_code code) {
  return frame(frame_type::rst_stream, no_flags, id, u32(static_cast<std::uint32_t>(code)));
}
inline std::string window_update(stream_id id, std::uint32_t increment) {
  return frame(frame_type::window_update, no_flags, id, u32(increment));
}
inline std::string ping(std::string_view eight_bytes = "12345678", std::uint8_t flags = no_flags) {
  return frame(frame_type::ping, flags, 0, eight_bytes);
}
inline std::string goaway(stream_id last, error_code code, std::string_view debug = {}) {
  return frame(frame_type::goaway, no_flags, 0, u32(last) + u32(static_cast<std::uint32_t>(code)).append(debug));
}
inline std::string settings(std::vector<http2::setting> const& entries = {}) {
  std::string payload;
  for (http2::setting const& s : entries) {
    std::uint8_t bytes[http2::setting::size];
    s.write(bytes);
    payload.append(as_text(bytes));
  }
  return frame(frame_type::settings, no_flags, 0, payload);
}
inline std::string settings_ack() { return frame(frame_type::settings, flag::ack, 0); }
inline std::string priority(stream_id id, stream_id on = 0) {
  return frame(frame_type::priority, no_flags, id, u32(on) + '\x10');
}

// ---- frames, read

inline std::string content_text(std::string_view bytes) {
  if (bytes.size() > 40) return std::to_string(bytes.size()) + " bytes";
  std::string text;
  for (char const c : bytes) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

/// ":path", ":status" and whatever is no pseudo-header.
inline std::string fields_text(header_list const& list) {
  std::string text;
  for (header_field const& f : list) {
    if (f.token == header_name::path || f.token == header_name::status)
      text += " " + std::string(f.value);
    else if (!f.name.empty() && f.name[0] != ':')
      text += " " + std::string(f.name) + "=" + std::string(f.value);
  }
  return text;
}

struct parsed_frame {
  http2::frame_header head;
  std::string payload;
  std::string text;
};

/// The other end's two HPACK contexts, and its eyes.
class scripted_peer final : private hpack::field_sink {
 public:
  std::string block(header_list const& list) {
    byte_buffer out;
    encoder_.encode(list, out);
    return std::string(as_text(out.view()));
  }
  std::string headers(stream_id id, header_list const& list, std::uint8_t flags = no_flags) {
    return frame(frame_type::headers, flags | flag::end_headers, id, block(list));
  }
  std::string request(stream_id id, std::uint8_t flags = no_flags) { return headers(id, request_fields(), flags); }
  std::string response(stream_id id, std::uint8_t flags = no_flags) { return headers(id, response_fields(), flags); }
  std::string trailers(stream_id id) { return headers(id, fields({{"grpc-status", "0"}}), flag::end_stream); }

  /// All frames in `bytes`, which must be whole.
  std::vector<parsed_frame> parse(std::string_view bytes) {
    std::vector<parsed_frame> frames;
    if (bytes.substr(0, http2::client_preface.size()) == http2::client_preface)
      bytes.remove_prefix(http2::client_preface.size());
    while (bytes.size() >= http2::frame_header_size) {
      parsed_frame f;
      f.head = http2::frame_header::parse(as_bytes(bytes).data());
      bytes.remove_prefix(http2::frame_header_size);
      REQUIRE(bytes.size() >= f.head.length);
      f.payload = bytes.substr(0, f.head.length);
      bytes.remove_prefix(f.head.length);
      f.text = text_of(f);
      frames.push_back(f);
    }
    CHECK(bytes.empty());
    return frames;
  }

  hpack::encoder& encoder() noexcept { return encoder_; }

 private:
  void on_field(header_field const& f) override { decoded_.add(f); }

  std::string decode(parsed_frame const& f) {
    bool const last = f.head.has(flag::end_headers);
    CHECK(decoder_.decode(as_bytes(f.payload), last, 1 << 20, *this) == hpack::decode_error::none);
    if (!last) return " …";
    std::string text = fields_text(decoded_);
    decoded_.clear();
    return text;
  }

  std::string text_of(parsed_frame const& f) {
    http2::frame_header const& h = f.head;
    auto const number = [&f](std::size_t at) { return http2::read_u32(as_bytes(f.payload).data() + at); };
    auto const code = [&](std::size_t at) { return " " + std::string(to_string(static_cast<error_code>(number(at)))); };
    std::string const id = " " + std::to_string(h.id);
    std::string const end = h.has(flag::end_stream) ? " END" : "";
    switch (h.type) {
      case frame_type::data: return "DATA" + id + " [" + content_text(f.payload) + "]" + end;
      case frame_type::headers: return "HEADERS" + id + decode(f) + end;
      case frame_type::continuation: return "CONTINUATION" + id + decode(f);
      case frame_type::rst_stream: return "RST_STREAM" + id + code(0);
      case frame_type::settings: return h.has(flag::ack) ? "SETTINGS ACK" : "SETTINGS";
      case frame_type::ping: return (h.has(flag::ack) ? "PING ACK " : "PING ") + content_text(f.payload);
      case frame_type::goaway: {
        std::string const last = number(0) == http2::max_stream_id ? "max" : std::to_string(number(0));
        return "GOAWAY " + last + code(4) + " [" + f.payload.substr(8) + "]";
      }
      case frame_type::window_update: return "WINDOW_UPDATE" + id + " +" + std::to_string(number(0));
      default: return "frame of type " + std::to_string(static_cast<int>(h.type));
    }
  }

  hpack::encoder encoder_;
  hpack::decoder decoder_;
  header_list decoded_;
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
  scripted_peer peer;
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
      if (out.urgent.empty() && out.frames.empty()) break;
      bytes.append(as_text(out.urgent.view())).append(as_text(out.frames.view()));
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
    log("headers " + std::to_string(s.id()) + fields_text(list) + size_text(size) + end_text(end));
    maybe_release(record, end && who_ == http2::role::client);
  }
  void on_data(http2::stream& s, bytes_view bytes, bool end) override {
    stream_record const& record = heard(s, end, "data");
    data_bytes += bytes.size();
    if (!quiet) log("data " + std::to_string(s.id()) + " [" + content_text(as_text(bytes)) + "]" + end_text(end));
    if (consume_at_once) engine.consume(s, bytes.size());
    maybe_release(record, end && who_ == http2::role::client);
  }
  void on_trailers(http2::stream& s, header_list const& list, http2::block_size size) override {
    stream_record const& record = heard(s, true, "trailers");
    log("trailers " + std::to_string(s.id()) + fields_text(list) + size_text(size));
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
