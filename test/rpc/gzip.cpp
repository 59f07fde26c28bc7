#include <heddle/rpc/gzip.hpp>

#include <zlib.h>

#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/resident.hpp"

using heddle::byte_buffer;
using heddle::compressor;
using outcome = compressor::outcome;
using namespace std::string_literals;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

std::string compressed(compressor const& with, std::string_view plain) {
  byte_buffer out;
  with.compress(heddle::as_bytes(plain), out);
  return std::string(heddle::as_text(out.view()));
}

struct inflated {
  outcome result;
  std::string text;
};

inflated inflate(compressor const& with, std::string_view packed, std::size_t limit = no_limit) {
  byte_buffer out;
  out.append("before:");
  outcome const result = with.decompress(heddle::as_bytes(packed), limit, out);
  CHECK(heddle::as_text(out.view()).starts_with("before:"));
  return {result, std::string(heddle::as_text(out.view()).substr(7))};
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

constexpr char const* sentence = "heddle keeps the many threads of a loom apart";
constexpr char const* bare =  // the same as bare deflate blocks
    "cb484d49c94955c84e4d2d285628c94855c84dccab04328a5213538a15f2d314121572f2f37315120b128b4a00";

std::vector<std::shared_ptr<compressor const>> both() { return {heddle::gzip(), heddle::deflate()}; }

/// A gzip stream of zeros: one block of a megabyte, flushed so that nothing refers to what came before, again and
/// again.
std::string bomb(int megabytes) {
  std::string const zeros(1 << 20, '\0');
  std::string block(4096, '\0');
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
  z.avail_in = static_cast<uInt>(zeros.size());
  z.next_out = reinterpret_cast<Bytef*>(block.data());
  z.avail_out = static_cast<uInt>(block.size());
  REQUIRE(::deflate(&z, Z_FULL_FLUSH) == Z_OK);
  REQUIRE(z.avail_in == 0);
  block.resize(z.total_out);
  ::deflateEnd(&z);
  std::string bytes = "\x1F\x8B\x08\0\0\0\0\0\0\3"s;
  for (int i = 0; i < megabytes; ++i) bytes += block;
  return bytes;
}

}  // namespace

TEST_CASE("gzip and deflate give back what they were given") {
  for (auto const& with : both()) {
    INFO(with->name());
    for (std::string const& text : {""s, "a"s, std::string(sentence), std::string(100'000, 'x'), noise(1), noise(300),
                                    noise(200'000), noise(70'000) + std::string(70'000, '\0')}) {
      std::string const packed = compressed(*with, text);
      inflated const back = inflate(*with, packed);
      CHECK(back.result == outcome::done);
      CHECK((back.text == text));
    }
  }
}

TEST_CASE("every level gives back what it was given, in any order, and higher ones are smaller") {
  std::string const text = noise(500) + std::string(20'000, 'x') + noise(500) + std::string(sentence);
  for (int const level : {6, 1, 9, 0, 6, 5}) {
    for (auto const& with : {heddle::gzip(level), heddle::deflate(level)}) {
      INFO(with->name() << " " << level);
      CHECK((inflate(*with, compressed(*with, text)).text == text));
    }
  }
  CHECK(compressed(*heddle::gzip(0), text).size() > text.size());
  CHECK(compressed(*heddle::gzip(9), text).size() < compressed(*heddle::gzip(1), text).size());
}

TEST_CASE("the formats are those of RFC 1952 and RFC 1950") {
  std::string const gzip = compressed(*heddle::gzip(), sentence), zlib = compressed(*heddle::deflate(), sentence);
  CHECK(gzip.starts_with("\x1F\x8B\x08"));
  CHECK(zlib.starts_with("\x78\x9C"));
  CHECK(gzip.substr(10, gzip.size() - 18) == from_hex(bare));
  CHECK(zlib.substr(2, zlib.size() - 6) == from_hex(bare));
  CHECK(heddle::gzip()->name() == "gzip");
  CHECK(heddle::deflate()->name() == "deflate");
  CHECK(heddle::default_compressors().names() == "identity,gzip,deflate");
}

TEST_CASE("what other programs made is read") {
  struct row {
    char const* name;
    std::string packed;
    std::shared_ptr<compressor const> with;
  };
  row const rows[] = {
      {"gzip -n9", from_hex("1f8b0800000000000203" + std::string(bare) + "b05535e12d000000"), heddle::gzip()},
      {"gzip -9 of a file, with its name and time",
       from_hex("1f8b0808a72e016b0203632e74787400" + std::string(bare) + "b05535e12d000000"), heddle::gzip()},
      {"Python's zlib.compress", from_hex("78da" + std::string(bare) + "7aaa1065"), heddle::deflate()},
  };
  for (row const& r : rows) {
    INFO(r.name);
    inflated const back = inflate(*r.with, r.packed);
    CHECK(back.result == outcome::done);
    CHECK(back.text == sentence);
  }
}

TEST_CASE("the limit is exact") {
  for (auto const& with : both()) {
    for (std::size_t const size : {0, 1, 255, 256, 257, 65'536, 1'000'000}) {
      INFO(with->name() << " " << size);
      for (std::string const& text : {std::string(size, 'x'), noise(size)}) {
        std::string const packed = compressed(*with, text);
        inflated const fits = inflate(*with, packed, size);
        CHECK(fits.result == outcome::done);
        CHECK((fits.text == text));
        if (size == 0) continue;
        inflated const over = inflate(*with, packed, size - 1);
        CHECK(over.result == outcome::too_large);
        CHECK(over.text.size() == size);
      }
    }
    CHECK(inflate(*with, compressed(*with, "x"), 0).result == outcome::too_large);
    CHECK(inflate(*with, compressed(*with, ""), 0).result == outcome::done);
  }
}

TEST_CASE("what is cut off anywhere is malformed") {
  for (auto const& with : both()) {
    for (std::string const& text : {std::string(), std::string(sentence), noise(300), std::string(5000, 'y')}) {
      std::string const packed = compressed(*with, text);
      for (std::size_t size = 0; size < packed.size(); ++size) {
        outcome const result = inflate(*with, packed.substr(0, size)).result;
        if (result != outcome::malformed) FAIL(with->name() << ": " << size << " of " << packed.size());
      }
    }
  }
}

TEST_CASE("junk after the end, and a second member, are malformed") {
  for (auto const& with : both()) {
    std::string const packed = compressed(*with, sentence);
    for (std::string const& more : {"\0"s, "x"s, "\x1F\x8B"s, std::string(5000, '\0'), packed, compressed(*with, "")})
      CHECK(inflate(*with, packed + more).result == outcome::malformed);
  }
}

TEST_CASE("no damaged byte goes unnoticed, whatever it is") {
  for (auto const& with : both()) {
    std::string const packed = compressed(*with, sentence);
    int unnoticed = 0;
    for (std::size_t i = 0; i < packed.size(); ++i) {
      if (with->name() == "gzip" && i >= 4 && i < 10) continue;  // time, flags for the eye, operating system
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = packed;
        damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
        inflated const back = inflate(*with, damaged, 100'000);
        bool const harmless = back.result == outcome::done && back.text == sentence;  // gzip's bit for "text"
        if (back.result == outcome::done && !harmless) ++unnoticed;
      }
    }
    CHECK(unnoticed == 0);
  }
}

TEST_CASE("one format is not taken for the other, nor bare deflate for either, nor noise") {
  std::string const gzip = compressed(*heddle::gzip(), sentence), zlib = compressed(*heddle::deflate(), sentence);
  CHECK(inflate(*heddle::gzip(), zlib).result == outcome::malformed);
  CHECK(inflate(*heddle::deflate(), gzip).result == outcome::malformed);
  for (auto const& with : both()) {
    CHECK(inflate(*with, from_hex(bare)).result == outcome::malformed);
    CHECK(inflate(*with, noise(1000)).result == outcome::malformed);
    CHECK(inflate(*with, "").result == outcome::malformed);
    CHECK((inflate(*with, compressed(*with, sentence)).text == sentence));  // and the next one is read again
  }
  // A zlib stream that wants a dictionary: header 0x78 0xBB, and which.
  CHECK(inflate(*heddle::deflate(), "\x78\xBB\1\2\3\4"s + from_hex(bare)).result == outcome::malformed);
}

TEST_CASE("a bomb of four gigabytes is left after the limit") {
  std::string const packed = bomb(4096);
  CHECK(packed.size() < 5 << 20);
  std::size_t const before = heddle::test::reset_resident_peak();
  byte_buffer out;
  CHECK(heddle::gzip()->decompress(heddle::as_bytes(packed), 4 << 20, out) == outcome::too_large);
  CHECK(out.size() == (4 << 20) + 1);
  if (before != 0) CHECK(heddle::test::resident_peak() - before < 16 << 20);
}

TEST_CASE("a bomb of four kilobytes is left after the limit") {
  std::string const packed = bomb(4).substr(0, 4096);
  byte_buffer out;
  CHECK(heddle::gzip()->decompress(heddle::as_bytes(packed), 1000, out) == outcome::too_large);
  CHECK(out.size() == 1001);
  CHECK(out.capacity() < 4096);
}

TEST_CASE("threads compress at the same time") {
  std::string const text = noise(5000) + std::string(5000, 'x');
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        for (auto const& with : both()) right[t] += inflate(*with, compressed(*with, text)).text == text;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(4, 100));
}
