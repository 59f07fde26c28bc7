// Header blocks whose bytes have come before: known without being decoded, and still only what they mean now.
#include <string>

#include "http2/support.hpp"

using namespace heddle::test;

namespace {

// POST http host /s/m, none of which touches the table; `more` follows.
std::string block(std::string_view more) {
  using namespace std::string_literals;
  return "\x83\x86\x04\x04/s/m\x01\x04host"s + std::string(more);
}

std::string const insert_a1 =
                      "\x40\x01"
                      "a\x01"
                      "1",
                  insert_a2 =
                      "\x40\x01"
                      "a\x01"
                      "2",
                  newest = "\xbe";

std::string request(stream_id id, std::string_view more, std::uint8_t flags = flag::end_stream) {
  return frame(frame_type::headers, static_cast<std::uint8_t>(flag::end_headers | flags), id, block(more));
}

}  // namespace

TEST_CASE("a header block that repeats means the same again") {
  server s;
  s.handshake();
  s.receive({request(1, insert_a1), request(3, newest), request(5, newest), request(7, newest)});
  CHECK(s.events() == "headers 1 /s/m a=1 END; headers 3 /s/m a=1 END; headers 5 /s/m a=1 END; headers 7 /s/m a=1 END");
}

TEST_CASE("equal bytes mean something else when the table has moved on") {
  server s;
  s.handshake();
  s.receive({request(1, insert_a1), request(3, newest), request(5, newest), request(7, insert_a2), request(9, newest),
             request(11, newest)});
  CHECK(s.events() ==
        "headers 1 /s/m a=1 END; headers 3 /s/m a=1 END; headers 5 /s/m a=1 END; headers 7 /s/m a=2 END; "
        "headers 9 /s/m a=2 END; headers 11 /s/m a=2 END");
}

TEST_CASE("equal bytes mean nothing when the table was emptied") {
  server s;
  s.handshake();
  s.receive({request(1, insert_a1), request(3, newest), request(5, newest)});
  s.events();
  std::string const emptied = frame(frame_type::headers, flag::end_headers | flag::end_stream, 7, "\x20" + block(""));
  s.receive({emptied, request(9, newest)});
  CHECK(s.events() ==
        "headers 7 /s/m END; failure COMPRESSION_ERROR RFC 7541 2.3.3: index 0 or beyond the tables; reset 1 "
        "INTERNAL_ERROR connection; "
        "reset 3 INTERNAL_ERROR connection; reset 5 INTERNAL_ERROR connection; reset 7 INTERNAL_ERROR connection");
}

TEST_CASE("a block that repeats is judged for the stream it comes on") {
  server s;
  s.handshake();
  s.receive({request(1, ""), request(3, "", no_flags), request(3, ""), request(5, "")});
  CHECK(s.events() == "headers 1 /s/m END; headers 3 /s/m; reset 3 PROTOCOL_ERROR local; headers 5 /s/m END");
}

TEST_CASE("what is wrong with a block is wrong with it again") {
  server s;
  s.handshake();
  std::string_view const upper_case =
      "\x00\x01"
      "A\x01"
      "1";
  std::string const wrong(upper_case.data(), 5);
  s.receive({request(1, wrong), request(3, wrong), request(5, "")});
  CHECK(s.sent() == "RST_STREAM 1 PROTOCOL_ERROR; RST_STREAM 3 PROTOCOL_ERROR");
  CHECK(s.events() == "headers 5 /s/m END");
}

TEST_CASE("heads and trailers of answers take turns") {
  client c;
  c.handshake();
  std::string const head = "\x88", end = "\xbe";
  for (int i = 0; i < 4; ++i) c.open(true);
  c.take_quietly();
  std::string const inserted =
      "\x40\x0bgrpc-status\x01"
      "0";
  auto const headers = [](stream_id id, std::uint8_t flags, std::string const& fields) {
    return frame(frame_type::headers, static_cast<std::uint8_t>(flag::end_headers | flags), id, fields);
  };
  c.receive({headers(1, no_flags, head), headers(1, flag::end_stream, inserted)});
  c.events();
  for (stream_id id : {3u, 5u, 7u}) {
    c.receive({headers(id, no_flags, head), headers(id, flag::end_stream, end)});
    INFO(id);
    CHECK(has(c.events(), "headers " + std::to_string(id) + " 200; trailers " + std::to_string(id) + " grpc-status=0"));
  }
}
