#include <heddle/hpack/integer.hpp>

#include <array>
#include <string_view>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::hpack::decode_error;
using heddle::hpack::decode_integer;
using heddle::hpack::encode_integer;
using hpack_test::bytes;

namespace {

constexpr std::uint64_t above_32_bits = std::uint64_t{1} << 32;

struct outcome {
  decode_error error;
  std::uint32_t value;
  std::size_t used;
  bool operator==(outcome const&) const = default;
};

outcome run(bytes const& in, unsigned prefix_bits) {
  std::uint8_t const* at = in.data();
  std::uint32_t value = 0;
  auto const error = decode_integer(at, in.data() + in.size(), prefix_bits, value);
  return {error, value, static_cast<std::size_t>(at - in.data())};
}

// §5.1 word for word, on 128 bits' worth of room.
outcome run_slowly(bytes const& in, unsigned prefix_bits) {
  if (in.empty()) return {decode_error::truncated, 0, 0};
  std::uint64_t const mask = (1u << prefix_bits) - 1;
  std::uint64_t value = in[0] & mask;
  if (value < mask) return {decode_error::none, static_cast<std::uint32_t>(value), 1};
  std::size_t i = 1;
  for (;; ++i) {
    if (i > 5) return {decode_error::integer_overflow, 0, 0};
    if (i == in.size()) return {decode_error::truncated, 0, 0};
    value += std::uint64_t{in[i] & 0x7fu} << (7 * (i - 1));
    if (value >= above_32_bits) return {decode_error::integer_overflow, 0, 0};
    if ((in[i] & 0x80) == 0) break;
    if (i == 5) return {decode_error::integer_overflow, 0, 0};
  }
  return {decode_error::none, static_cast<std::uint32_t>(value), i + 1};
}

}  // namespace

TEST_CASE("the integers of RFC 7541 C.1 are read and written") {
  struct example {
    char const* name;
    std::uint32_t value;
    unsigned prefix_bits;
    bytes encoded;
  };
  std::vector<example> const examples = {
      {"C.1.1", 10, 5, {0x0a}}, {"C.1.2", 1337, 5, {0x1f, 0x9a, 0x0a}}, {"C.1.3", 42, 8, {0x2a}}};
  for (example const& row : examples) {
    INFO(row.name);
    CHECK(run(row.encoded, row.prefix_bits) == outcome{decode_error::none, row.value, row.encoded.size()});
    std::array<std::uint8_t, heddle::hpack::max_integer_size> out{};
    auto* const end = encode_integer(out.data(), 0, row.prefix_bits, row.value);
    CHECK(bytes(out.data(), end) == row.encoded);
  }
}

TEST_CASE("an integer comes back as it was written, at every boundary of every prefix, and needs all its bytes") {
  for (unsigned prefix = 1; prefix <= 8; ++prefix) {
    std::uint64_t const mask = (1u << prefix) - 1;
    for (std::uint64_t const base : {std::uint64_t{0}, mask, mask + (1u << 7), mask + (1u << 14), mask + (1u << 21),
                                     mask + (1u << 28), above_32_bits}) {
      for (int delta = -2; delta <= 2; ++delta) {
        std::uint64_t const value = base + static_cast<std::uint64_t>(delta);
        if (value >= above_32_bits) continue;
        auto const pattern = static_cast<std::uint8_t>(~mask);
        std::array<std::uint8_t, heddle::hpack::max_integer_size> out{};
        auto* const end = encode_integer(out.data(), pattern, prefix, static_cast<std::uint32_t>(value));
        bytes encoded(out.data(), end);
        INFO("prefix " << prefix << " value " << value);
        CHECK((encoded[0] & pattern) == pattern);
        CHECK(run(encoded, prefix) == outcome{decode_error::none, static_cast<std::uint32_t>(value), encoded.size()});
        while (!encoded.empty()) {
          encoded.pop_back();
          CHECK(run(encoded, prefix) == outcome{decode_error::truncated, 0, 0});
        }
      }
    }
  }
}

TEST_CASE("every encoding of one to six bytes with boundary bytes is read as the RFC has it, or refused") {
  std::array<std::uint8_t, 9> const tails = {0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0x81, 0x8f, 0xff};
  for (unsigned prefix = 1; prefix <= 8; ++prefix) {
    auto const mask = static_cast<std::uint8_t>((1u << prefix) - 1);
    std::size_t different = 0, accepted = 0;
    for (std::uint8_t const first : {mask, static_cast<std::uint8_t>(mask - 1), std::uint8_t{0}}) {
      for (std::size_t size = 0; size <= 5; ++size) {
        std::size_t combinations = 1;
        for (std::size_t i = 0; i < size; ++i) combinations *= tails.size();
        for (std::size_t n = 0; n < combinations; ++n) {
          bytes in = {first};
          for (std::size_t i = 0, rest = n; i < size; ++i, rest /= tails.size())
            in.push_back(tails[rest % tails.size()]);
          outcome const got = run(in, prefix);
          different += got != run_slowly(in, prefix);
          accepted += got.error == decode_error::none;
        }
      }
    }
    INFO("prefix " << prefix);
    CHECK(different == 0);
    CHECK(accepted > 1000);
  }
}

TEST_CASE("zero continuation bytes count: the fifth must be the last") {
  CHECK(run({0x7f, 0x80, 0x80, 0x80, 0x80, 0x00}, 7) == outcome{decode_error::none, 127, 6});
  CHECK(run({0x7f, 0x80, 0x80, 0x80, 0x80, 0x80}, 7).error == decode_error::integer_overflow);
  CHECK(run({0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 7).error == decode_error::integer_overflow);
}
