#include <heddle/http2/frame.hpp>

#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace heddle::http2;
using namespace std::string_literals;

TEST_CASE("a frame header is nine bytes") {
  std::uint8_t bytes[frame_header_size];
  frame_header h;
  h.length = 0x010203;
  h.type = static_cast<frame_type>(4);
  h.flags = 5;
  h.id = 0x06070809;
  h.write(bytes);
  for (std::uint8_t i = 0; i < frame_header_size; ++i) CHECK(bytes[i] == i + 1);
  frame_header const again = frame_header::parse(bytes);
  CHECK(again.length == h.length);
  CHECK(again.type == h.type);
  CHECK(again.flags == h.flags);
  CHECK(again.id == h.id);
}

TEST_CASE("the reserved bit of a stream id is dropped") {
  std::uint8_t const bytes[frame_header_size] = {0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff};
  CHECK(frame_header::parse(bytes).id == max_stream_id);
  CHECK(frame_header::parse(bytes).length == 0xffffff);
}

TEST_CASE("the frames that are no more than numbers look like this") {
  heddle::byte_buffer out;
  auto const check = [&](std::string const& expected) {
    heddle::byte_buffer const written = std::exchange(out, {});
    CHECK(heddle::as_text(written.view()) == expected);
  };
  write_rst_stream(out, 3, error_code::cancel);
  check("\0\0\4\3\0\0\0\0\3\0\0\0\x8"s);
  write_window_update(out, 0x01020304, 0x7fffffff);
  check("\0\0\4\x8\0\1\2\3\4\x7f\xff\xff\xff"s);
  write_ping(out, true, 0x0102030405060708);
  check("\0\0\x8\6\1\0\0\0\0\1\2\3\4\5\6\7\x8"s);
  write_goaway(out, max_stream_id, error_code::enhance_your_calm, "why");
  check("\0\0\xb\7\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\xbwhy"s);
}

TEST_CASE("unknown error codes have a text, too") {
  CHECK(to_string(error_code::http_1_1_required) == "HTTP_1_1_REQUIRED");
  CHECK(to_string(static_cast<error_code>(0xe)) == "unknown error code");
  CHECK(to_string(static_cast<error_code>(0xffffffff)) == "unknown error code");
}
