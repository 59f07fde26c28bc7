#include <heddle/rpc/zstd.hpp>

#include "encodings/any.hpp"

namespace heddle::test {

using namespace std::string_literals;

TEST_CASE("zstd gives back what it was given, and nothing else") {
  CHECK(zstd()->name() == "zstd");
  for (int const level : {3, 1, 19, -5}) {
    INFO(level);
    check_encoding(*zstd(level));
  }
  std::string const text = noise(1000) + std::string(100'000, 'x');
  CHECK(unpack(*zstd(), packed(*zstd(), text) + packed(*zstd(), text)).result == outcome::malformed);
}

TEST_CASE("what the program zstd made is read") {
  std::string const made =
      "\x28\xb5\x2f\xfd\x04\x58\x19\x00\x00"
      "abc\x99\x09\x77\xad"s;
  unpacked const back = unpack(*zstd(), made);
  CHECK(back.result == outcome::done);
  CHECK(back.text == "abc");
  std::string damaged = made;
  damaged[10] = 'B';  // its checksum says so
  CHECK(unpack(*zstd(), damaged).result == outcome::malformed);
}

TEST_CASE("a zstd bomb of four gigabytes is left after the limit") {
  std::string body = "\x28\xb5\x2f\xfd\x00\x38"s;  // a frame of unknown size with a window of 128 KiB
  for (int i = 0; i < 32'768; ++i) body += "\x02\x00\x10\x00"s;  // 128 KiB times the byte 0
  check_bomb(*zstd(), body);
  check_bomb(*zstd(), body.substr(0, 4096));
}

TEST_CASE("a zstd frame with an enormous window is malformed") {
  std::string const body = "\x28\xb5\x2f\xfd\x00\xA0\x02\x00\x10\x00\x01\x00\x00"s;
  CHECK(unpack(*zstd(), body, 4 << 20).result == outcome::malformed);
}

}  // namespace heddle::test
