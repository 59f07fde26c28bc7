// The Huffman code of RFC 7541 Appendix B and what the coder looks up in it, worked out at compile time. The code is
// canonical (codes of one length count up in the order of their symbols, and shorter ones come first), so the lengths
// alone define it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace heddle::hpack::detail {

inline constexpr std::size_t huffman_symbols = 257;
inline constexpr std::uint16_t huffman_eos = 256;

/// The length in bits of each symbol's code; the last symbol is EOS.
// clang-format off
inline constexpr std::array<std::uint8_t, huffman_symbols> huffman_lengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
     6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
     5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
    13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
     7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
    15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
     6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
};
// clang-format on

inline constexpr unsigned huffman_min_length = 5, huffman_max_length = 30;
/// Codes up to this length are found by one look at the next eight bits. There are none of nine bits.
inline constexpr unsigned huffman_short_length = 8;

struct huffman_code_row {
  std::uint32_t first = 0;         // the codes of this length, moved to the top of 32 bits: from this one
  std::uint32_t last = 0;          // to this one, its lower bits all ones
  std::uint16_t first_symbol = 0;  // where the symbol of `first` is in `symbols`
  std::uint8_t length = 0;
};

struct huffman_short_code {
  std::uint8_t symbol = 0;
  std::uint8_t length = 0;  // 0: the code is longer than eight bits
};

struct huffman_tables {
  std::array<std::uint32_t, huffman_symbols> codes{};
  std::array<std::uint16_t, huffman_symbols> symbols{};  // in the order of their codes
  std::array<huffman_short_code, 1u << huffman_short_length> short_codes{};
  std::array<huffman_code_row, 17> long_codes{};  // shortest first
};

constexpr huffman_tables make_huffman_tables() {
  huffman_tables tables;
  std::uint32_t code = 0;
  std::size_t count = 0, rows = 0;
  for (unsigned length = huffman_min_length; length <= huffman_max_length; ++length, code <<= 1) {
    huffman_code_row row;
    row.first = code << (32 - length);
    row.first_symbol = static_cast<std::uint16_t>(count);
    row.length = static_cast<std::uint8_t>(length);
    for (std::size_t symbol = 0; symbol < huffman_symbols; ++symbol) {
      if (huffman_lengths[symbol] != length) continue;
      tables.codes[symbol] = code;
      tables.symbols[count++] = static_cast<std::uint16_t>(symbol);
      if (length <= huffman_short_length) {
        unsigned const spare = huffman_short_length - length;
        for (std::uint32_t rest = 0; rest < (1u << spare); ++rest)
          tables.short_codes[(code << spare) | rest] = {static_cast<std::uint8_t>(symbol), row.length};
      }
      ++code;
    }
    row.last = static_cast<std::uint32_t>((std::uint64_t{code} << (32 - length)) - 1);
    if (length > huffman_short_length && count != row.first_symbol) tables.long_codes[rows++] = row;
  }
  return tables;
}

inline constexpr huffman_tables huffman = make_huffman_tables();

static_assert(huffman.codes['0'] == 0x0 && huffman.codes['~'] == 0x1ffd && huffman.codes[255] == 0x3ffffee);
static_assert(huffman.codes[huffman_eos] == 0x3fffffff && huffman.long_codes.back().last == 0xffffffff);

}  // namespace heddle::hpack::detail
