// Integers with a prefix of 1 to 8 bits (RFC 7541 §5.1), at most 2^32-1 and at most five bytes after the prefix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <heddle/hpack/decode_error.hpp>

namespace heddle::hpack {

inline constexpr std::size_t max_integer_size = 6;

/// Reads the integer whose prefix is the low `prefix_bits` of `*at`. Moves `at` behind it and sets `value` only when it
/// returns `none`; else `truncated` (more bytes are needed) or `integer_overflow` (found in the byte that causes it).
constexpr decode_error decode_integer(std::uint8_t const*& at, std::uint8_t const* end, unsigned prefix_bits,
                                      std::uint32_t& value) noexcept {
  std::uint8_t const* p = at;
  if (p == end) return decode_error::truncated;
  std::uint32_t const prefix_max = (1u << prefix_bits) - 1;
  std::uint32_t number = *p++ & prefix_max;
  if (number == prefix_max) {
    for (unsigned shift = 0;; shift += 7) {
      if (p == end) return decode_error::truncated;
      std::uint8_t const byte = *p++;
      std::uint32_t const bits = byte & 0x7fu;
      bool const more = (byte & 0x80) != 0;
      // The fifth byte holds bits 28 to 31 and must be the last, even where the bits of further ones would be zero:
      // an endless run of them is an attack (CVE-2023-33953).
      if (shift == 28 && (more || bits > 0x0f)) return decode_error::integer_overflow;
      if ((bits << shift) > std::numeric_limits<std::uint32_t>::max() - number) return decode_error::integer_overflow;
      number += bits << shift;
      if (!more) break;
    }
  }
  value = number;
  at = p;
  return decode_error::none;
}

/// Writes `value` with `pattern` in the bits above the prefix. Needs max_integer_size bytes of room; returns the end.
constexpr std::uint8_t* encode_integer(std::uint8_t* out, std::uint8_t pattern, unsigned prefix_bits,
                                       std::uint32_t value) noexcept {
  std::uint32_t const prefix_max = (1u << prefix_bits) - 1;
  if (value < prefix_max) {
    *out++ = static_cast<std::uint8_t>(pattern | value);
    return out;
  }
  *out++ = static_cast<std::uint8_t>(pattern | prefix_max);
  for (value -= prefix_max; value >= 0x80; value >>= 7) *out++ = static_cast<std::uint8_t>(value | 0x80);
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

}  // namespace heddle::hpack
