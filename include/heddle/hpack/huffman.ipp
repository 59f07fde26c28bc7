#pragma once

#include <algorithm>
#include <bit>

#include <heddle/hpack/huffman.hpp>

namespace heddle::hpack {
namespace detail {

constexpr std::uint64_t load_big_endian(std::uint8_t const* p) noexcept {
  return std::uint64_t{p[0]} << 56 | std::uint64_t{p[1]} << 48 | std::uint64_t{p[2]} << 40 | std::uint64_t{p[3]} << 32 |
         std::uint64_t{p[4]} << 24 | std::uint64_t{p[5]} << 16 | std::uint64_t{p[6]} << 8 | std::uint64_t{p[7]};
}

// The next bits of the input, at the top of 64. Below the counted ones are bits of the byte that comes next, or zeros.
class huffman_bits {
 public:
  explicit huffman_bits(bytes_view input) noexcept : at_(input.data()), end_(at_ + input.size()) {}

  // Afterwards there are more than 56 bits, unless the input has ended.
  void refill() noexcept {
    if (end_ - at_ >= 8) {
      unsigned const whole_bytes = (63 - count_) / 8;
      bits_ |= load_big_endian(at_) >> count_;
      at_ += whole_bytes;
      count_ += whole_bytes * 8;
      return;
    }
    while (count_ <= 56 && at_ != end_) {
      bits_ |= std::uint64_t{*at_++} << (56 - count_);
      count_ += 8;
    }
  }
  unsigned count() const noexcept { return count_; }
  std::uint8_t next_byte() const noexcept { return static_cast<std::uint8_t>(bits_ >> 56); }
  std::uint32_t next_word() const noexcept { return static_cast<std::uint32_t>(bits_ >> 32); }
  bool all_ones() const noexcept { return static_cast<unsigned>(std::countl_one(bits_)) >= count_; }
  void drop(unsigned n) noexcept {
    bits_ <<= n;
    count_ -= n;
  }

 private:
  std::uint8_t const* at_;
  std::uint8_t const* end_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

struct huffman_symbol {
  std::uint16_t symbol;
  unsigned length;
};

inline huffman_symbol find_long_symbol(std::uint32_t word) noexcept {
  auto row = huffman.long_codes.begin();
  while (word > row->last) ++row;  // ends: the last row's `last` is all ones
  return {huffman.symbols[row->first_symbol + ((word - row->first) >> (32 - row->length))], row->length};
}

}  // namespace detail

HEDDLE_DECL huffman_result huffman_decode(bytes_view encoded, std::uint8_t* out, std::size_t max_size) noexcept {
  detail::huffman_bits bits(encoded);
  std::size_t const room = std::min(max_size, huffman_decoded_max(encoded.size()));
  std::size_t size = 0;
  for (;;) {
    bits.refill();
    // Seven short codes fit into the 56 bits that a refill leaves for certain.
    if (bits.count() >= 56 && room - size >= 7) {
      unsigned decoded = 0;
      while (decoded < 7) {
        detail::huffman_short_code const code = detail::huffman.short_codes[bits.next_byte()];
        if (code.length == 0) break;
        out[size + decoded++] = code.symbol;
        bits.drop(code.length);
      }
      size += decoded;
      if (decoded == 7) continue;
      bits.refill();
    }
    // §5.2: what is left at the end is less than a byte, and the first bits of EOS, which are ones. No symbol's code
    // of up to seven bits is all ones.
    if (bits.count() < 8 && bits.all_ones()) return {decode_error::none, size};
    detail::huffman_short_code const code = detail::huffman.short_codes[bits.next_byte()];
    detail::huffman_symbol const next = code.length != 0 ? detail::huffman_symbol{code.symbol, code.length}
                                                         : detail::find_long_symbol(bits.next_word());
    if (next.length > bits.count() || next.symbol == detail::huffman_eos) return {decode_error::bad_huffman, size};
    if (size == room) return {decode_error::string_too_long, size};
    out[size++] = static_cast<std::uint8_t>(next.symbol);
    bits.drop(next.length);
  }
}

HEDDLE_DECL std::uint8_t* huffman_encode(std::string_view text, std::uint8_t* out) noexcept {
  std::uint64_t bits = 0;  // the low `count` of them are still to be written
  unsigned count = 0;
  for (char const c : text) {
    auto const symbol = static_cast<unsigned char>(c);
    bits = bits << detail::huffman_lengths[symbol] | detail::huffman.codes[symbol];
    count += detail::huffman_lengths[symbol];
    while (count >= 8) *out++ = static_cast<std::uint8_t>(bits >> (count -= 8));
  }
  if (count != 0) *out++ = static_cast<std::uint8_t>(bits << (8 - count) | 0xffu >> count);
  return out;
}

}  // namespace heddle::hpack
