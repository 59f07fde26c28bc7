// The limits of limits.hpp on streams, resets and header blocks: the attack that each ends, by name, and the honest
// traffic that never notices it. The others are in connection_floods.cpp.
#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::reason;
using namespace std::chrono_literals;

namespace {

heddle::header_list head_with(std::size_t count, std::string const& value) {
  heddle::header_list head = request_fields();
  for (std::size_t i = 0; i < count; ++i) head.add("x" + std::to_string(i), value, true);
  return head;
}

}  // namespace

// ---- resets

TEST_CASE("rapid reset ends in too_many_resets, with no more handlers than streams") {
  server s;
  s.handshake();
  s.quiet = true;
  std::size_t most = 0;
  int const rounds = attack(s, 100000, [&](int i) {
    auto const id = static_cast<stream_id>(2 * i - 1);
    most = std::max(most, s.engine.live_streams());
    return s.peer.request(id) + rst_stream(id, error_code::cancel);
  });
  CHECK(rounds > 1000);
  CHECK(rounds < 1200);
  CHECK(most == 100);
  CHECK(last_frame(s).find("ENHANCE_YOUR_CALM [too_many_resets]") != std::string::npos);
}

TEST_CASE("rapid reset ends the same way when handlers end at once") {
  server s;
  s.handshake();
  s.quiet = s.release_at_end = true;
  int const rounds = attack(s, 100000, [&](int i) {
    auto const id = static_cast<stream_id>(2 * i - 1);
    return s.peer.request(id) + rst_stream(id, error_code::cancel);
  });
  CHECK(rounds == 1001);
  CHECK(s.engine.count(reason::early_reset) == 1001);
}

TEST_CASE("a client that cancels 500 calls a second for a minute is honest") {
  server s;
  s.handshake();
  s.quiet = s.release_at_end = true;
  stream_id id = 1;
  for (int tick = 0; tick < 600; ++tick) {
    s.advance(100ms);
    std::vector<stream_id> ids;
    for (int i = 0; i < 50; ++i, id += 2) {
      ids.push_back(id);
      s.receive(s.peer.request(id));
    }
    s.advance(1ms);
    for (stream_id one : ids) {
      if (one % 3 == 0) {  // some are answered just before
        s.respond(one, true);
        s.release(one);
      }
      s.receive(rst_stream(one, error_code::cancel));
    }
    s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
  CHECK(s.engine.live_streams() == 0);
  CHECK(s.engine.count(reason::cancelled_by_peer) == 20000);
}

TEST_CASE("too many cancels are too many") {
  server s;
  s.handshake();
  s.quiet = s.release_at_end = true;
  int const rounds = attack(s, 5000, [&](int i) {
    auto const id = static_cast<stream_id>(2 * i - 1);
    s.receive(s.peer.request(id));
    return rst_stream(id, error_code::cancel);
  });
  CHECK(rounds == 1001);
  CHECK(last_frame(s).find("too_many_cancels") != std::string::npos);
}

TEST_CASE("cancels are worse while handlers of cancelled calls fill the house") {
  server s;
  s.handshake();
  for (stream_id id = 1; id < 200; id += 2) {
    s.receive(s.peer.request(id));
    s.receive(rst_stream(id, error_code::cancel));
  }
  CHECK(s.engine.live_streams() == 100);
  CHECK(s.engine.count(reason::cancelled_by_peer) == 51);
  CHECK(s.engine.count(reason::early_reset) == 49);
}

TEST_CASE("every way to make us reset draws on the same budget (MadeYouReset, CVE-2025-8671)") {
  struct row {
    reason why;
    std::string (*frames)(server&, stream_id);
  };
  row const rows[] = {
      {reason::refused_stream, [](server& s, stream_id id) { return s.peer.request(id); }},
      {reason::malformed_headers,
       [](server& s, stream_id id) {
         return s.peer.headers(id, fields({{"a", "b"}}));
       }},
      {reason::stream_closed,
       [](server& s, stream_id id) { return s.peer.request(id, flag::end_stream) + data(id, "x"); }},
      {reason::stream_flow_control,
       [](server& s, stream_id id) { return s.peer.request(id) + data(id, std::string(1001, 'x')); }},
      {reason::stream_window_zero, [](server& s, stream_id id) { return s.peer.request(id) + window_update(id, 0); }},
      {reason::stream_window_overflow,
       [](server& s, stream_id id) { return s.peer.request(id) + window_update(id, 0x7fffffff); }},
      {reason::content_length_mismatch,
       [](server& s, stream_id id) {
         heddle::header_list head = request_fields();
         head.add("content-length", "5");
         return s.peer.headers(id, head) + data(id, "x", flag::end_stream);
       }},
      {reason::self_dependency, [](server& s, stream_id id) { return s.peer.request(id) + priority(id, id); }},
      {reason::stream_frame_size,
       [](server& s, stream_id id) { return s.peer.request(id) + frame(frame_type::priority, no_flags, id, "x"); }},
  };
  std::size_t covered = 0;
  for (row const& r : rows) {
    INFO("reason " << static_cast<int>(r.why));
    limits l;
    l.stream_window = 1000;
    if (r.why == reason::refused_stream) l.max_concurrent_streams = 0;
    server s(l);
    s.handshake();
    s.quiet = s.release_at_end = true;
    s.consume_at_once = false;
    CHECK(attack(s, 5000, [&](int i) { return r.frames(s, static_cast<stream_id>(2 * i - 1)); }) == 1001);
    CHECK(last_frame(s).find("ENHANCE_YOUR_CALM [too_many_resets]") != std::string::npos);
    CHECK(s.engine.count(r.why) == 1001);
    CHECK(s.engine.live_streams() == 0);
    ++covered;
  }
  // Whoever adds a reason to this budget adds a row. (early_reset has its own test.)
  std::size_t reasons = 0;
  for (int i = 0; i < static_cast<int>(reason::count_); ++i)
    reasons += budget_of(static_cast<reason>(i)) == heddle::http2::budget::resets ? 1 : 0;
  CHECK(covered + 1 == reasons);
}

TEST_CASE("a client survives an occasional bad stream, and calls that go well make up for more") {
  server s;
  s.handshake();
  s.quiet = s.release_at_end = true;
  stream_id id = 1;
  for (int i = 0; i < 5000; ++i, id += 4) {
    s.receive(s.peer.request(id, flag::end_stream));
    s.respond(id, true);
    s.release(id);
    s.receive({s.peer.request(id + 2), window_update(id + 2, 0)});
    if (i % 50 == 0) s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("early answers, deadlines and resets of our own cost the peer nothing") {
  server s;
  s.handshake();
  s.quiet = true;
  for (stream_id id = 1; id < 20000; id += 2) {
    s.receive(s.peer.request(id));
    if (id % 4 == 1)
      s.respond(id, true);
    else
      s.engine.reset(s.stream(id), error_code::cancel);
    s.release(id);
    s.take_quietly();
    s.receive({data(id, "under way"), rst_stream(id, error_code::no_error)});
    s.take_quietly();
  }
  CHECK_FALSE(s.engine.failed());
  CHECK(s.engine.count(reason::early_answer) == 5000);
  CHECK(s.engine.count(reason::frame_on_closed_stream) == 0);
}

// ---- header blocks

TEST_CASE("CONTINUATION frames without end are too_many_continuations") {
  server s;
  s.handshake();
  s.receive(frame(frame_type::headers, no_flags, 1, s.peer.block(request_fields())));
  CHECK(attack(s, 1000, [](int) {
          return frame(frame_type::continuation, no_flags, 1,
                       "\x10\x01"
                       "a\x01"
                       "b");
        }) == 9);
  CHECK(s.sent() == "GOAWAY 0 ENHANCE_YOUR_CALM [too_many_continuations]");
}

TEST_CASE("a block may have eight CONTINUATION frames") {
  server s;
  s.handshake();
  std::string const block = s.peer.block(head_with(2, std::string(30, '\x02')));
  std::size_t const piece = block.size() / 8;
  std::string bytes = frame(frame_type::headers, flag::end_stream, 1, block.substr(0, piece));
  for (std::size_t i = 1; i <= 8; ++i)
    bytes += frame(frame_type::continuation, i == 8 ? flag::end_headers : no_flags, 1,
                   block.substr(i * piece, i == 8 ? std::string::npos : piece));
  s.receive(bytes);
  CHECK(s.events().find("headers 1 /s/m") == 0);
}

TEST_CASE("frames without content within a block are too_many_empty_frames") {
  std::string const empty = frame(frame_type::continuation, no_flags, 1);
  {
    server s;
    s.handshake();
    s.receive({frame(frame_type::headers, no_flags, 1), empty});
    CHECK(s.sent() == "GOAWAY 0 ENHANCE_YOUR_CALM [too_many_empty_frames]");
  }
  {
    server s;
    s.handshake();
    s.receive({frame(frame_type::headers, no_flags, 1, s.peer.block(request_fields())), empty});
    CHECK_FALSE(s.engine.failed());
    s.receive(frame(frame_type::continuation, flag::end_headers, 1));
    CHECK(s.events() == "headers 1 /s/m");
  }
  {
    limits l;
    l.max_empty_header_frames = 0;
    server s(l);
    s.handshake();
    s.receive(frame(frame_type::headers, no_flags, 1));
    CHECK(s.sent() == "GOAWAY 0 ENHANCE_YOUR_CALM [too_many_empty_frames]");
  }
}

TEST_CASE("a header list above the limit fails its call, four times as much the connection") {
  struct row {
    std::size_t size;
    char const* expected;
  };
  for (row const& r : {row{8000, ""}, row{9000, "too large"}, row{32000, "too large"}, row{33000, "failure"}}) {
    INFO(r.size);
    server s;
    s.handshake();
    heddle::header_list head = request_fields();
    for (std::size_t left = r.size - 200; left != 0;) {
      std::size_t const n = std::min<std::size_t>(left, 1000);
      head.add("x", std::string(n - 33, '0'), true);  // '0' has a short Huffman code
      left -= n;
    }
    std::string const block = s.peer.block(head);
    s.receive(
        {frame(frame_type::headers, block.size() <= 16384 ? flag::end_headers : no_flags, 1, block.substr(0, 16384)),
         block.size() <= 16384 ? "" : frame(frame_type::continuation, flag::end_headers, 1, block.substr(16384))});
    std::string const heard = s.events();
    CHECK(heard.find(r.expected) != std::string::npos);
    CHECK((heard.find("too large") == std::string::npos) == (std::string(r.expected) != "too large"));
    if (r.size > 32768) CHECK(s.sent() == "GOAWAY 0 ENHANCE_YOUR_CALM [header_list_too_large]");
  }
}

TEST_CASE("HPACK bombs: one entry of the table named thousands of times") {
  server s;
  s.handshake();
  // 0x40: literal with incremental indexing, new name; 3,000 bytes
  std::string const entry = std::string(
                                "\x40\x01"
                                "a\x7f\xb9\x16",
                                6) +
                            std::string(3000, 'x');
  s.receive(frame(frame_type::headers, flag::end_headers, 1, s.peer.block(request_fields()) + entry));
  CHECK(s.events().find("headers 1") == 0);
  s.receive(frame(frame_type::headers, flag::end_headers, 3, std::string(10000, '\xbe')));
  CHECK(s.sent() == "GOAWAY 1 ENHANCE_YOUR_CALM [header_list_too_large]");
}

TEST_CASE("many small fields fail the call (HTTP/2 bomb, CVE-2026-49975)") {
  for (std::size_t const count : {124u, 125u}) {
    server s;
    s.handshake();
    s.receive(s.peer.headers(1, head_with(count, "")));
    CHECK((s.events().find("too large") != std::string::npos) == (count == 125));
  }
}

TEST_CASE("a declared length above what is left is refused before anything is kept") {
  server s;
  s.handshake();
  s.receive(frame(frame_type::headers, no_flags, 1, std::string("\x00\x7f\xff\xff\xff\xff\x07", 7)));
  CHECK(s.sent() == "GOAWAY 0 ENHANCE_YOUR_CALM [header_list_too_large]");
}

TEST_CASE("a refused, a malformed and an oversized block leave the table in step (CVE-2023-32731)") {
  limits l;
  l.max_concurrent_streams = 1;
  server s(l);
  s.handshake();
  auto const head = [](char const* path) {
    return fields({{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", path}});
  };
  heddle::header_list bad = head("/malformed");
  bad.add("Bad", "x");
  heddle::header_list large = head("/large");
  for (int i = 0; i < 200; ++i) large.add("x", "y", true);
  s.receive({s.peer.headers(1, bad), s.peer.headers(3, large, flag::end_stream), s.peer.headers(5, head("/refused"))});
  CHECK(s.sent() == "RST_STREAM 1 PROTOCOL_ERROR; RST_STREAM 5 REFUSED_STREAM");
  CHECK(s.events().find("headers 3 /large") == 0);
  for (char const* path : {"/malformed", "/large", "/refused"}) {
    s.release_all();
    stream_id const id = path[1] == 'm' ? 7 : path[1] == 'l' ? 9 : 11;
    s.receive(s.peer.headers(id, head(path)));
    CHECK(s.events() == "headers " + std::to_string(id) + " " + path);
  }
}
