// Encoder and decoder against each other, and the decoder against damaged blocks; the seeds are fixed.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::header_list;
using heddle::hpack::decode_error;
using heddle::hpack::decoder;
using heddle::hpack::encoder;
using hpack_test::bytes;

namespace {

class random_source {
 public:
  explicit random_source(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }

  std::string text(std::size_t max_size, bool binary) {
    std::string result(below(max_size + 1), '\0');
    for (char& c : result) c = static_cast<char>(binary ? below(256) : 'a' + below(20));
    return result;
  }

  void add_field(header_list& list) {
    static char const* const names[] = {
        ":path",        ":status",      ":method",      ":authority", "content-type",  "grpc-status",
        "x-a",          "grpc-timeout", "cookie",       "user-agent", "authorization", "accept",
        "grpc-message", "x-b",          "x-request-id", "",           ":odd"};
    static char const* const values[] = {"GET", "POST", "200", "0", "/", "/a.B/C", "/a.B/D", "application/grpc",
                                         "",    "x"};
    std::string const name = below(8) == 0 ? text(12, false) : names[below(std::size(names))];
    bool const new_value = below(3) == 0;
    std::string const value =
        new_value ? text(below(20) == 0 ? 3000 : 30, below(4) == 0) : values[below(std::size(values))];
    list.add(name, value, below(30) == 0);
  }

  std::vector<std::size_t> cuts(std::size_t size) {
    std::vector<std::size_t> result(below(4));
    for (std::size_t& cut : result) cut = below(size + 1);
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::mt19937 engine_;
};

std::string text_of(header_list const& list) {
  std::string result;
  for (auto const& field : list) result += std::string(field.name) + ": " + std::string(field.value) + "\n";
  return result;
}

}  // namespace

TEST_CASE("decoder and encoder stay in step through random blocks, cuts, settings and evictions") {
  for (unsigned seed = 0; seed < 12; ++seed) {
    random_source random(seed);
    std::uint32_t const cap = seed % 3 == 0 ? 4096 : seed % 3 == 1 ? 300 : 20000;
    encoder encoder(cap);
    decoder decoder;
    for (int i = 0; i < 400; ++i) {
      if (random.below(25) == 0) {
        for (std::size_t n = 1 + random.below(3); n != 0; --n) {
          auto const setting = static_cast<std::uint32_t>(random.below(3) == 0 ? 4096 : random.below(30000));
          decoder.max_table_size(setting);
          encoder.peer_max_table_size(setting);
        }
      }
      header_list list;
      for (std::size_t n = random.below(20); n != 0; --n) random.add_field(list);
      heddle::byte_buffer out;
      encoder.encode(list, out);
      INFO("seed " << seed << " block " << i);
      REQUIRE(hpack_test::decode_cut(decoder, out.view(), random.cuts(out.size())) == text_of(list));
    }
  }
}

TEST_CASE("never-index marks come through") {
  random_source random(77);
  encoder encoder;
  decoder decoder;
  for (int i = 0; i < 200; ++i) {
    header_list list;
    for (int n = 0; n < 10; ++n) random.add_field(list);
    heddle::byte_buffer out;
    encoder.encode(list, out);
    hpack_test::recorder sink;
    REQUIRE(decoder.decode(out.view(), true, hpack_test::no_limit, sink) == decode_error::none);
    REQUIRE(sink.fields.size() == list.size());
    for (std::size_t n = 0; n < list.size(); ++n) {
      CHECK(sink.fields[n].token == list[n].token);
      if (list[n].never_index) CHECK(sink.fields[n].never_index);
    }
  }
}

TEST_CASE("damaged and random blocks come to the same end however they are cut") {
  random_source random(2024);
  std::size_t failed = 0;
  for (int i = 0; i < 3000; ++i) {
    encoder encoder;
    decoder whole(1000), bytewise(1000), cut(1000);
    encoder.peer_max_table_size(1000);
    for (int block = 0; block < 3; ++block) {
      bytes damaged;
      if (i % 4 == 0) {
        damaged.resize(random.below(40));
        for (auto& byte : damaged) byte = static_cast<std::uint8_t>(random.below(256));
      } else {
        header_list list;
        for (std::size_t n = random.below(8); n != 0; --n) random.add_field(list);
        heddle::byte_buffer out;
        encoder.encode(list, out);
        damaged.assign(out.data(), out.data() + out.size());
        for (std::size_t n = damaged.empty() ? 0 : random.below(3); n != 0; --n)
          damaged[random.below(damaged.size())] = static_cast<std::uint8_t>(random.below(256));
      }
      std::size_t const max_string = random.below(2) == 0 ? 100 : hpack_test::no_limit;
      std::string const expected = hpack_test::decode(whole, damaged, max_string);
      failed += expected.find("RFC 7541") != std::string::npos;
      auto const every_byte = hpack_test::every_byte(damaged.size());
      REQUIRE(hpack_test::decode_cut(bytewise, damaged, every_byte, max_string) == expected);
      REQUIRE(hpack_test::decode_cut(cut, damaged, random.cuts(damaged.size()), max_string) == expected);
    }
  }
  CHECK(failed > 1000);
}
