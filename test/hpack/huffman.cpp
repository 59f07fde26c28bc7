#include <heddle/hpack/huffman.hpp>

#include <random>
#include <string>
#include <unordered_map>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::hpack::decode_error;
using hpack_test::bytes;

namespace {

struct outcome {
  decode_error error;
  std::string text;
  bool operator==(outcome const&) const = default;
};

outcome run(heddle::bytes_view in, std::size_t max_size = 1000) {
  // Memory of just the promised size, so that a sanitiser sees a write beyond it.
  bytes out(std::min(max_size, heddle::hpack::huffman_decoded_max(in.size())));
  auto const result = heddle::hpack::huffman_decode(in, out.data(), max_size);
  if (result.error != decode_error::none) return {result.error, ""};
  return {result.error, std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(result.size))};
}

// Bit by bit, against the code table.
outcome run_slowly(heddle::bytes_view in) {
  static std::unordered_map<std::uint64_t, std::size_t> const symbols = [] {
    std::unordered_map<std::uint64_t, std::size_t> map;
    for (std::size_t i = 0; i < heddle::hpack::detail::huffman_symbols; ++i)
      map[std::uint64_t{heddle::hpack::detail::huffman_lengths[i]} << 32 | heddle::hpack::detail::huffman.codes[i]] = i;
    return map;
  }();
  std::string text;
  std::uint64_t code = 0, length = 0;
  bool ones = true;
  for (std::uint8_t const byte : in) {
    for (int bit = 7; bit >= 0; --bit) {
      unsigned const value = byte >> bit & 1u;
      code = code << 1 | value;
      ++length;
      ones = ones && value == 1;
      if (length > 30) return {decode_error::bad_huffman, ""};
      auto const found = symbols.find(length << 32 | code);
      if (found == symbols.end()) continue;
      if (found->second == 256) return {decode_error::bad_huffman, ""};
      text += static_cast<char>(found->second);
      code = length = 0;
      ones = true;
    }
  }
  if (length > 7 || !ones) return {decode_error::bad_huffman, ""};
  return {decode_error::none, text};
}

bytes encode(std::string_view text) {
  bytes out(heddle::hpack::huffman_size(text));
  auto* const end = heddle::hpack::huffman_encode(text, out.data());
  CHECK(end == out.data() + out.size());
  return out;
}

}  // namespace

TEST_CASE("codes are those of RFC 7541 Appendix B") {
  struct example {
    std::size_t symbol;
    std::uint32_t code;
    unsigned length;
  };
  // The first and last symbol of each length.
  std::vector<example> const examples = {
      {48, 0x0, 5},         {116, 0x9, 5},         {32, 0x14, 6},        {117, 0x2d, 6},       {58, 0x5c, 7},
      {122, 0x7b, 7},       {38, 0xf8, 8},         {90, 0xfd, 8},        {33, 0x3f8, 10},      {63, 0x3fc, 10},
      {39, 0x7fa, 11},      {124, 0x7fc, 11},      {35, 0xffa, 12},      {62, 0xffb, 12},      {0, 0x1ff8, 13},
      {126, 0x1ffd, 13},    {94, 0x3ffc, 14},      {125, 0x3ffd, 14},    {60, 0x7ffc, 15},     {123, 0x7ffe, 15},
      {92, 0x7fff0, 19},    {208, 0x7fff2, 19},    {128, 0xfffe6, 20},   {226, 0xfffed, 20},   {153, 0x1fffdc, 21},
      {230, 0x1fffe8, 21},  {129, 0x3fffd2, 22},   {233, 0x3fffeb, 22},  {1, 0x7fffd8, 23},    {239, 0x7ffff4, 23},
      {9, 0xffffea, 24},    {237, 0xfffff5, 24},   {199, 0x1ffffec, 25}, {235, 0x1ffffef, 25}, {192, 0x3ffffe0, 26},
      {255, 0x3ffffee, 26}, {203, 0x7ffffde, 27},  {254, 0x7fffff0, 27}, {2, 0xfffffe2, 28},   {249, 0xffffffe, 28},
      {10, 0x3ffffffc, 30}, {256, 0x3fffffff, 30},
  };
  for (example const& row : examples) {
    INFO("symbol " << row.symbol);
    CHECK(heddle::hpack::detail::huffman.codes[row.symbol] == row.code);
    CHECK(heddle::hpack::detail::huffman_lengths[row.symbol] == row.length);
  }
}

TEST_CASE("every symbol comes back, alone, beside every other and in long strings") {
  for (int a = 0; a < 256; ++a) {
    std::string const one(1, static_cast<char>(a));
    CHECK(run(encode(one)) == outcome{decode_error::none, one});
    CHECK(run(encode(std::string(40, one[0]))) == outcome{decode_error::none, std::string(40, one[0])});
    std::size_t wrong = 0;
    for (int b = 0; b < 256; ++b) {
      std::string const two = one + static_cast<char>(b);
      wrong += run(encode(two)) != outcome{decode_error::none, two};
    }
    CHECK(wrong == 0);
  }
  std::mt19937 random(7541);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 200, '\0');
    bool const readable = i % 2 == 0;
    for (char& c : text) c = static_cast<char>(readable ? 'a' + random() % 26 : random() % 256);
    REQUIRE(run(encode(text)) == outcome{decode_error::none, text});
    REQUIRE(run_slowly(encode(text)) == outcome{decode_error::none, text});
  }
}

TEST_CASE("all strings of one and two bytes, and many of three and more, decode as a slow decoder has it") {
  std::size_t different = 0, accepted = 0;
  auto const compare = [&](bytes const& in) {
    outcome const got = run(in);
    different += got != run_slowly(in);
    accepted += got.error == decode_error::none;
  };
  compare({});
  for (unsigned n = 0; n < 1u << 8; ++n) compare({static_cast<std::uint8_t>(n)});
  for (unsigned n = 0; n < 1u << 16; ++n) compare({static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  for (unsigned n = 0; n < 1u << 24; n += 499)
    compare({static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  std::mt19937 random(3);
  for (int i = 0; i < 10000; ++i) {
    bytes in(random() % 30);
    for (auto& byte : in) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 0xff : random());  // long codes
    compare(in);
  }
  CHECK(different == 0);
  CHECK(accepted > 5000);
}

TEST_CASE("Huffman padding is less than a byte of ones, and EOS is not for use") {
  struct example {
    char const* name;
    bytes in;
    decode_error error;
  };
  std::vector<example> const examples = {
      {"nothing", {}, decode_error::none},
      {"three bits of padding", {0x07}, decode_error::none},
      {"padding of zeros", {0x00}, decode_error::bad_huffman},
      {"padding with a zero at its end", {0x06}, decode_error::bad_huffman},
      {"seven bits of padding", {0x02, 0x8a, 0x7f}, decode_error::none},
      {"a byte of padding", {0xff}, decode_error::bad_huffman},
      {"a byte of padding after a symbol of eight bits", {0xf8, 0xff}, decode_error::bad_huffman},
      {"EOS", {0xff, 0xff, 0xff, 0xff}, decode_error::bad_huffman},
      {"EOS after a symbol, and more", {0x07, 0xff, 0xff, 0xff, 0xff, 0xff}, decode_error::bad_huffman},
      {"a long code that is cut", {0xff, 0xff, 0xfe}, decode_error::bad_huffman},
  };
  for (example const& row : examples) {
    INFO(row.name);
    CHECK(run(row.in).error == row.error);
  }
}

TEST_CASE("Huffman decoding stops at the size limit") {
  std::string const text = "application/grpc+proto; with=more";
  bytes const encoded = encode(text);
  for (std::size_t limit = 0; limit < text.size(); ++limit)
    CHECK(run(encoded, limit) == outcome{decode_error::string_too_long, ""});
  CHECK(run(encoded, text.size()) == outcome{decode_error::none, text});
}
