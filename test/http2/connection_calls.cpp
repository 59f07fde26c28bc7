// Requests and answers: what a call looks like on the wire and at the sink, in both roles.
#include <chrono>
#include <memory>

#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::reason;
using heddle::http2::stream_state;

TEST_CASE("a server hears a call and answers it") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), data(1, "ping"), data(1, "", flag::end_stream)});
  CHECK(s.events() == "headers 1 /s/m; data 1 [ping]; data 1 [] END");
  s.respond(1);
  s.write(1, "pong");
  s.send_trailers(1);
  CHECK(s.sent() == "HEADERS 1 200; DATA 1 [pong]; HEADERS 1 grpc-status=0 END");
  CHECK(s.engine.open_streams() == 0);
  CHECK(s.engine.live_streams() == 1);
  s.release(1);
  CHECK(s.engine.live_streams() == 0);
  CHECK(s.sent().empty());
}

TEST_CASE("a client makes a call and hears the answer") {
  client c;
  c.handshake();
  c.open();
  c.write(1, "ping");
  c.engine.end_data(c.stream(1));
  CHECK(c.sent() == "HEADERS 1 /s/m; DATA 1 [ping] END");
  c.receive({c.peer.response(1), data(1, "pong"), c.peer.trailers(1)});
  CHECK(c.events() == "headers 1 200; data 1 [pong]; trailers 1 grpc-status=0; room");
  c.release(1);
  CHECK(c.engine.live_streams() == 0);
  CHECK(c.sent().empty());
}

TEST_CASE("an answer may be a head alone") {
  client c;
  c.handshake();
  c.open(true);
  c.receive(c.peer.headers(1, fields({{":status", "200"}, {"grpc-status", "5"}}), flag::end_stream));
  CHECK(c.events() == "headers 1 200 grpc-status=5 END; room");
  server s;
  s.handshake();
  s.receive(s.peer.request(1, flag::end_stream));
  s.respond(1, true);
  CHECK(s.sent() == "HEADERS 1 200 END");
}

TEST_CASE("interim answers are skipped, any number of them") {
  client c;
  c.handshake();
  c.open(true);
  for (char const* status : {"100", "103", "199"}) c.receive(c.peer.headers(1, fields({{":status", status}})));
  c.receive({c.peer.response(1), c.peer.trailers(1)});
  CHECK(c.events() == "headers 1 200; trailers 1 grpc-status=0; room");
}

TEST_CASE("an interim answer ends nothing and switches nothing") {
  client c;
  c.handshake();
  c.open(true);
  c.open(true);
  c.open(true);
  c.receive(c.peer.headers(1, fields({{":status", "100"}}), flag::end_stream));
  c.receive(c.peer.headers(3, fields({{":status", "101"}})));
  c.receive({c.peer.response(5), c.peer.headers(5, fields({{":status", "103"}}))});
  CHECK(c.events() ==
        "reset 1 PROTOCOL_ERROR local; room; reset 3 PROTOCOL_ERROR local; room; headers 5 200; "
        "reset 5 PROTOCOL_ERROR local; room");
}

TEST_CASE("an early answer of a server is followed by RST_STREAM(NO_ERROR), which nobody is blamed for") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), data(1, "some")});
  s.events();
  s.respond(1);
  s.send_trailers(1);
  CHECK(s.sent() == "HEADERS 1 200; HEADERS 1 grpc-status=0 END; RST_STREAM 1 NO_ERROR");
  CHECK(s.events().empty());
  CHECK(s.engine.count(reason::early_answer) == 1);
  // What the client had under way.
  s.receive({data(1, "more", flag::end_stream), rst_stream(1, error_code::cancel), window_update(1, 5)});
  CHECK(s.sent().empty());
  CHECK(s.engine.count(reason::frame_on_closed_stream) == 0);
}

namespace {

struct plainly_answered final : server {
  plainly_answered() {
    handshake();
    receive({peer.request(1)});
    respond(1);
    engine.end_data(stream(1));
    release(1);
    CHECK(sent() == "HEADERS 1 200; DATA 1 [] END");
    CHECK(engine.live_streams() == 1);
  }
};

}  // namespace

TEST_CASE("a plain answer before the end of its question leaves a moment for that end") {
  SECTION("which comes") {
    plainly_answered s;
    s.receive({data(1, "all", flag::end_stream)});
    CHECK(s.sent().empty());
    CHECK(s.engine.live_streams() == 0);
  }
  SECTION("in a second") {
    plainly_answered s;
    s.receive({data(1, "more")});
    s.run_until(s.now + std::chrono::milliseconds(999));
    CHECK(s.sent().empty());
    s.run_until(s.now + std::chrono::milliseconds(1));
    CHECK(s.sent() == "RST_STREAM 1 NO_ERROR");
    CHECK(s.engine.live_streams() == 0);
    CHECK(s.engine.count(reason::early_answer) == 1);
    CHECK(s.engine.next_timer() == heddle::never);
  }
  SECTION("in its window") {
    plainly_answered s;
    std::string const frame(16384, 'x');
    for (int i = 0; i < 16; ++i) s.receive({data(1, frame)});
    CHECK(!has(s.sent(), "1 "));
    s.receive({data(1, "x")});
    CHECK(s.sent() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
  }
  SECTION("and is judged as before") {
    plainly_answered s;
    s.receive({window_update(1, heddle::http2::max_window)});
    CHECK(s.sent() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
    plainly_answered other;
    other.receive({data(1, "test"), other.peer.headers(1, fields({{"x-test", "ok"}}))});
    CHECK(other.sent() == "RST_STREAM 1 PROTOCOL_ERROR");
  }
}

TEST_CASE("a client that was answered early says no more") {
  client c;
  c.handshake();
  c.open();
  c.write(1, "some");
  c.take_quietly();
  c.receive({c.peer.response(1), c.peer.trailers(1)});
  CHECK(c.events() == "headers 1 200; trailers 1 grpc-status=0; room");
  CHECK(c.sent() == "RST_STREAM 1 NO_ERROR");
  c.write(1, "more");
  c.engine.end_data(c.stream(1));
  CHECK(c.sent().empty());
  c.release(1);
  CHECK(c.engine.live_streams() == 0);
}

TEST_CASE("a stream may be released by whatever the sink hears last") {
  client c;
  c.handshake();
  c.release_at_end = true;
  for (int i = 0; i < 4; ++i) c.open(i % 2 == 0);  // 1, 5: complete; 3, 7: not
  c.take_quietly();
  c.receive(
      {c.peer.headers(1, response_fields(), flag::end_stream), c.peer.headers(3, response_fields(), flag::end_stream)});
  c.receive({c.peer.response(5), data(5, "x", flag::end_stream), c.peer.response(7), c.peer.trailers(7)});
  CHECK(c.engine.live_streams() == 0);
  CHECK(c.engine.open_streams() == 0);
  c.events();
  for (stream_id id : {1u, 3u, 5u, 7u})
    c.receive({window_update(id, 1), rst_stream(id, error_code::cancel), data(id, "x")});
  CHECK(c.events().empty());
  c.open(true);
  c.open(true);
  CHECK(c.engine.open_streams() == 2);
  c.receive({rst_stream(9, error_code::cancel), c.peer.headers(11, response_fields(), flag::end_stream)});
  CHECK(c.engine.live_streams() == 0);
  CHECK(c.violations().empty());
}

TEST_CASE("operations on a stream that is over do nothing") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), rst_stream(1, error_code::cancel)});
  CHECK(s.events() == "headers 1 /s/m; reset 1 CANCEL peer");
  s.respond(1);
  s.write(1, "x");
  s.engine.end_data(s.stream(1));
  s.send_trailers(1);
  s.engine.reset(s.stream(1), error_code::cancel);
  s.engine.consume(s.stream(1), 10);
  s.engine.notify_writable(s.stream(1));
  CHECK_FALSE(s.engine.should_wait(s.stream(1)));
  CHECK(s.sent().empty());
  s.release(1);
  CHECK(s.events().empty());
}

TEST_CASE("nothing is sent behind the end") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  s.respond(1);
  s.send_trailers(1);
  s.send_trailers(1);
  s.write(1, "x");
  s.respond(1);
  s.engine.end_data(s.stream(1));
  CHECK(s.sent() == "HEADERS 1 200; HEADERS 1 grpc-status=0 END; RST_STREAM 1 NO_ERROR");
}

TEST_CASE("a reset by the user goes out once and comes back to nobody") {
  server s;
  s.handshake();
  s.receive(s.peer.request(1));
  s.events();
  s.engine.reset(s.stream(1), error_code::internal_error);
  s.engine.reset(s.stream(1), error_code::cancel);
  CHECK(s.sent() == "RST_STREAM 1 INTERNAL_ERROR");
  CHECK(s.events().empty());
  CHECK(s.engine.count(reason::application_reset) == 1);
}

TEST_CASE("releasing an open stream cancels it") {
  client c;
  c.handshake();
  c.open();
  c.open(true);
  c.take_quietly();
  c.release(1);
  c.release(3);
  CHECK(c.sent() == "RST_STREAM 1 CANCEL; RST_STREAM 3 CANCEL");
  CHECK(c.engine.live_streams() == 0);
  c.receive({c.peer.response(1), c.peer.response(3), c.peer.trailers(3)});
  CHECK(c.sent().empty());
}

TEST_CASE("a finished answer is sent to its end though its handler is gone") {
  server s;
  s.handshake({{heddle::http2::setting_id::initial_window_size, 3}});
  s.receive(s.peer.request(1));
  s.respond(1);
  s.write(1, "abcdef");
  s.send_trailers(1);
  s.engine.notify_writable(s.stream(1));
  s.events();
  s.release(1);
  CHECK(s.engine.live_streams() == 1);
  CHECK(s.sent() == "HEADERS 1 200; DATA 1 [abc]");
  s.receive(data(1, "nobody reads this"));
  s.receive(window_update(1, 10));
  CHECK(s.sent() == "DATA 1 [def]; HEADERS 1 grpc-status=0 END; RST_STREAM 1 NO_ERROR");
  CHECK(s.engine.live_streams() == 0);
  CHECK(s.events().empty());
}

TEST_CASE("the peer may still cancel, or end, a call whose handler is gone") {
  for (bool const cancel : {false, true}) {
    server s;
    s.handshake({{heddle::http2::setting_id::initial_window_size, 0}});
    s.receive(s.peer.request(1));
    s.respond(1);
    s.write(1, "abc");
    s.send_trailers(1);
    s.events();
    s.release(1);
    s.receive(cancel ? rst_stream(1, error_code::cancel) : s.peer.trailers(1) + window_update(1, 10));
    CHECK(s.engine.live_streams() == 0);
    CHECK(s.events().empty());
    CHECK(s.sent() == (cancel ? "HEADERS 1 200" : "HEADERS 1 200; DATA 1 [abc]; HEADERS 1 grpc-status=0 END"));
  }
}

TEST_CASE("malformed requests are reset, and the connection lives") {
  struct row {
    char const* name;
    heddle::header_list head;
    std::uint8_t flags;
    reason why;
  };
  row const rows[] = {
      {"no path", fields({{":method", "POST"}, {":scheme", "http"}}), 0, reason::malformed_headers},
      {"upper case", fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {"Te", "x"}}), 0,
       reason::malformed_headers},
      {"a length without content",
       fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {"content-length", "1"}}), flag::end_stream,
       reason::content_length_mismatch},
  };
  for (row const& r : rows) {
    INFO(r.name);
    server s;
    s.handshake();
    s.receive({s.peer.headers(1, r.head, r.flags), data(1, "late"), s.peer.request(3)});
    CHECK(s.sent() == "RST_STREAM 1 PROTOCOL_ERROR");
    CHECK(s.events() == "headers 3 /s/m");
    CHECK(s.engine.count(r.why) == 1);
  }
}

TEST_CASE("a malformed answer or trailer ends its call alone") {
  client c;
  c.handshake();
  for (int i = 0; i < 5; ++i) c.open(true);
  c.take_quietly();
  c.receive(c.peer.headers(1, fields({{"a", "b"}})));
  c.receive(c.peer.headers(3, fields({{":status", "2"}})));
  c.receive({c.peer.response(5), c.peer.headers(5, fields({{":status", "200"}}), flag::end_stream)});
  c.receive({c.peer.response(7), c.peer.headers(7, fields({{"grpc-status", "0"}}))});  // no END_STREAM
  c.receive(data(9, "before the head"));
  CHECK(c.sent() ==
        "RST_STREAM 1 PROTOCOL_ERROR; RST_STREAM 3 PROTOCOL_ERROR; RST_STREAM 5 PROTOCOL_ERROR; "
        "RST_STREAM 7 PROTOCOL_ERROR; RST_STREAM 9 PROTOCOL_ERROR");
  CHECK_FALSE(c.engine.failed());
}

TEST_CASE("trailers of a request are heard, and must end it") {
  server s;
  s.handshake();
  s.receive({s.peer.request(1), data(1, "x"), s.peer.headers(1, fields({{"a", "b"}}), flag::end_stream)});
  CHECK(s.events() == "headers 1 /s/m; data 1 [x]; trailers 1 a=b");
  s.receive({s.peer.request(3), s.peer.headers(3, fields({{"a", "b"}}))});
  CHECK(s.events() == "headers 3 /s/m; reset 3 PROTOCOL_ERROR local");
}

TEST_CASE("content-length is the sum of all DATA") {
  struct row {
    char const* name;
    char const* length;
    std::vector<std::string> pieces;
    bool trailers;
    bool fits;
  };
  row const rows[] = {
      {"exact", "4", {"ab", "cd"}, false, true},
      {"exact, with trailers", "4", {"ab", "cd"}, true, true},
      {"none", "0", {""}, false, true},
      {"too little", "5", {"ab", "cd"}, false, false},
      {"too much", "3", {"ab", "cd"}, false, false},
      {"too little, with trailers", "5", {"abcd"}, true, false},
      {"too much at once", "1", {"ab"}, true, false},
  };
  for (row const& r : rows) {
    INFO(r.name);
    server s;
    s.handshake();
    heddle::header_list head = request_fields();
    head.add("content-length", r.length);
    s.receive(s.peer.headers(1, head));
    for (std::size_t i = 0; i < r.pieces.size(); ++i)
      s.receive(data(1, r.pieces[i], !r.trailers && i + 1 == r.pieces.size() ? flag::end_stream : no_flags));
    if (r.trailers) s.receive(s.peer.trailers(1));
    CHECK((s.sent().find("RST_STREAM 1 PROTOCOL_ERROR") == std::string::npos) == r.fits);
    CHECK(s.engine.count(reason::content_length_mismatch) == (r.fits ? 0 : 1));
  }
}

TEST_CASE("an answer that promises content and ends at once is malformed") {
  client c;
  c.handshake();
  c.open(true);
  c.receive(c.peer.headers(1, fields({{":status", "200"}, {"content-length", "7"}}), flag::end_stream));
  CHECK(c.events() == "reset 1 PROTOCOL_ERROR local; room");
  CHECK(c.engine.count(reason::content_length_mismatch) == 1);
}

TEST_CASE("frames on a stream that its client has ended are a stream error") {
  engine_peer p;
  for (bool const headers : {false, true}) {
    server s;
    s.handshake();
    s.receive(s.peer.request(1, flag::end_stream));
    s.events();
    s.receive(headers ? s.peer.trailers(1) : data(1, "x"));
    CHECK(s.sent() == "RST_STREAM 1 STREAM_CLOSED");
    CHECK(s.events() == "reset 1 STREAM_CLOSED local");
  }
}

TEST_CASE("late frames are answered by how the stream was closed") {
  struct row {
    char const* name;
    std::string (*close)(server&);
    char const* after_data;
    char const* after_headers;
  };
  row const rows[] = {
      {"finished", [](server& s) { return s.respond(1, true), std::string(); }, "RST_STREAM 1 STREAM_CLOSED",
       "GOAWAY 1 STREAM_CLOSED [HEADERS on a stream that has ended]"},
      {"reset by us", [](server& s) { return s.engine.reset(s.stream(1), error_code::cancel), std::string(); }, "", ""},
      {"reset by the peer", [](server&) { return rst_stream(1, error_code::cancel); }, "RST_STREAM 1 STREAM_CLOSED",
       "RST_STREAM 1 STREAM_CLOSED"},
  };
  for (row const& r : rows) {
    for (int const late : {0, 1, 2}) {
      INFO(r.name << ", late frame " << late);
      server s;
      s.handshake();
      s.receive(s.peer.request(1, flag::end_stream));
      s.receive(r.close(s));
      s.take_quietly();
      std::string const frames[] = {data(1, "x"), s.peer.trailers(1),
                                    rst_stream(1, error_code::cancel) + window_update(1, 1) + priority(1)};
      s.receive(frames[late]);
      CHECK(s.sent() == (late == 0 ? r.after_data : late == 1 ? r.after_headers : ""));
      s.receive(data(1, "y"));
      if (late == 0) CHECK(s.sent().empty());  // one answer is enough
    }
  }
}

TEST_CASE("a header block is not interrupted by anything") {
  engine_peer p;
  std::string const begin = frame(frame_type::headers, no_flags, 1, p.block(request_fields()).substr(0, 3));
  for (int type = 0; type < 256; ++type) {
    if (type == 9) continue;
    for (stream_id id : {0u, 1u, 3u}) {
      server s;
      s.handshake();
      s.receive({begin, frame(static_cast<frame_type>(type), no_flags, id, "12345678")});
      if (!s.engine.failed()) CHECK(type == 256);
      if (type % 50 == 0) CHECK(s.events() == "failure PROTOCOL_ERROR a header block was interrupted by another frame");
    }
  }
  server s;
  s.handshake();
  s.receive({begin, frame(frame_type::continuation, flag::end_headers, 3, "")});
  CHECK(s.events() == "failure PROTOCOL_ERROR a header block was interrupted by another frame");
}

TEST_CASE("CONTINUATION frames make one block") {
  server s;
  s.handshake();
  std::string const block = s.peer.block(request_fields());
  s.receive({frame(frame_type::headers, flag::end_stream, 1, block.substr(0, 1)),
             frame(frame_type::continuation, no_flags, 1, block.substr(1, 5)),
             frame(frame_type::continuation, flag::end_headers, 1, block.substr(6))});
  CHECK(s.events() == "headers 1 /s/m END");
  s.receive(frame(frame_type::continuation, flag::end_headers, 1, ""));
  CHECK(s.events() == "failure PROTOCOL_ERROR CONTINUATION without HEADERS; reset 1 INTERNAL_ERROR connection");
}

TEST_CASE("a call that is given up within its header block does not give the block to another") {
  client c;
  c.handshake();
  c.open(true);
  std::string const block = c.peer.block(response_fields());
  c.receive(frame(frame_type::headers, no_flags, 1));
  c.release(1);
  c.open(true);  // takes the place of the other in memory
  c.receive(frame(frame_type::continuation, flag::end_headers, 1, block));
  CHECK(c.events() == "room");
  c.receive(c.peer.response(3));
  CHECK(c.events() == "headers 3 200");
}

TEST_CASE("a header block larger than a frame goes out in several") {
  client c;
  c.handshake();
  heddle::header_list head = request_fields();
  std::string const large(40000, '\x01');  // Huffman can't help here
  head.add("large", large);
  c.engine.open(head, true, nullptr);
  auto const frames = c.peer.parse(c.take());
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].text == "HEADERS 1 … END");
  CHECK(frames[0].payload.size() == 16384);
  CHECK(frames[1].payload.size() == 16384);
  CHECK(frames[1].text == "CONTINUATION 1 …");
  CHECK(frames[2].text == "CONTINUATION 1 /s/m large=" + large);
}

TEST_CASE("priority in HEADERS is read over, except that nobody depends on himself") {
  server s;
  s.handshake();
  auto const with_priority = [&s](stream_id id, stream_id on) {
    return frame(frame_type::headers, flag::end_headers | flag::priority, id,
                 u32(on) + "\x10" + s.peer.block(request_fields()));
  };
  s.receive({with_priority(1, 0), with_priority(3, 0x80000001), with_priority(5, 5), with_priority(7, 0x80000007)});
  CHECK(s.events() == "headers 1 /s/m; headers 3 /s/m");
  CHECK(s.sent() == "RST_STREAM 5 PROTOCOL_ERROR; RST_STREAM 7 PROTOCOL_ERROR");
}

TEST_CASE("padding is taken off HEADERS and DATA") {
  server s;
  s.handshake();
  s.receive(frame(frame_type::headers, flag::end_headers | flag::padded, 1, padded(s.peer.block(request_fields()), 9)));
  s.receive(frame(frame_type::headers, flag::end_headers | flag::padded | flag::priority, 3,
                  padded(u32(0) + "\x10" + s.peer.block(request_fields()), 255)));
  s.receive(frame(frame_type::data, flag::padded, 1, padded("abc", 0)));
  s.receive(frame(frame_type::data, flag::padded | flag::end_stream, 1, padded("de", 255)));
  CHECK(s.events() == "headers 1 /s/m; headers 3 /s/m; data 1 [abc]; data 1 [de] END");
}

TEST_CASE("padding as long as its frame is a protocol error") {
  for (frame_type type : {frame_type::data, frame_type::headers}) {
    for (std::string const& payload : {std::string("\1"), std::string("\xff") + std::string(254, 'x'), std::string()}) {
      server s;
      s.handshake();
      s.receive(s.peer.request(1));
      s.events();
      s.receive(frame(type, flag::padded | flag::end_headers, 1, payload));
      CHECK(s.events().find("failure PROTOCOL_ERROR padding longer than its frame") == 0);
    }
  }
}
