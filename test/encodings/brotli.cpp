#include <heddle/rpc/brotli.hpp>

#include "encodings/any.hpp"

namespace heddle::test {

using namespace std::string_literals;

TEST_CASE("brotli gives back what it was given, and nothing else") {
  CHECK(brotli()->name() == "br");
  for (int const quality : {5, 0, 9}) {
    INFO(quality);
    check_encoding(*brotli(quality));
  }
}

TEST_CASE("what is written by hand after RFC 7932 is read") {
  CHECK(unpack(*brotli(), "\x06").result == outcome::done);  // the last meta-block, and it is empty
  // A window of 16 bits, three literal bytes uncompressed, then the end.
  unpacked const back = unpack(*brotli(),
                               "\x20\x00\x10"
                               "abc\x03"s);
  CHECK(back.result == outcome::done);
  CHECK(back.text == "abc");
}

TEST_CASE("a brotli bomb is left after the limit") {
  std::string const body = packed(*brotli(5), std::string(256 << 20, '\0'));
  CHECK(body.size() < 4096);
  check_bomb(*brotli(), body);
}

}  // namespace heddle::test
