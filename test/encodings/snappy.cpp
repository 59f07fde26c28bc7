#include <heddle/rpc/snappy.hpp>

#include "encodings/any.hpp"

namespace heddle::test {

using namespace std::string_literals;

namespace {

std::string const begin = "\xff\x06\x00\x00sNaPpY"s;
// The check value of CRC-32C, 0xE3069283, masked.
std::string const digits =
    "\x01\x0D\x00\x00\xE5\xB0\x8A\xC7"
    "123456789"s;

}  // namespace

TEST_CASE("snappy gives back what it was given, and nothing else") {
  CHECK(snappy()->name() == "snappy");
  check_encoding(*snappy(), outcome::done);
}

TEST_CASE("the framing format of snappy is read and written") {
  CHECK(packed(*snappy(), "123456789") == begin + digits);
  struct row {
    char const* name;
    std::string body;
    outcome result;
    std::string text;
  };
  std::string damaged = digits;
  damaged.back() = '8';
  row const rows[] = {
      {"one chunk", begin + digits, outcome::done, "123456789"},
      {"two chunks", begin + digits + digits, outcome::done, "123456789123456789"},
      {"the beginning again", begin + digits + begin + digits, outcome::done, "123456789123456789"},
      {"chunks to skip", begin + "\x80\x02\0\0xx"s + digits + "\xfe\x01\0\0y"s, outcome::done, "123456789"},
      {"nothing, which is what Go makes of nothing", "", outcome::done, ""},
      {"the beginning alone", begin, outcome::done, ""},
      {"no beginning", digits, outcome::malformed, ""},
      {"another beginning", "\xff\x06\x00\x00snappy"s + digits, outcome::malformed, ""},
      {"another beginning later", begin + "\xff\x06\x00\x00snappy"s, outcome::malformed, ""},
      {"a chunk not to skip", begin + "\x02\x00\0\0"s, outcome::malformed, ""},
      {"too short for its checksum", begin + "\x01\x03\0\0xyz"s, outcome::malformed, ""},
      {"a wrong checksum", begin + damaged, outcome::malformed, ""},
      {"a chunk that says it has 1 GiB", begin + "\x00\x09\0\0\0\0\0\0\x80\x80\x80\x80\x04"s, outcome::malformed, ""},
  };
  for (row const& r : rows) {
    INFO(r.name);
    unpacked const back = unpack(*snappy(), r.body);
    CHECK(back.result == r.result);
    if (r.result == outcome::done) CHECK(back.text == r.text);
  }
}

TEST_CASE("a snappy bomb is left after the limit") {
  check_bomb(*snappy(), packed(*snappy(), std::string(64 << 20, '\0')));
}

}  // namespace heddle::test
