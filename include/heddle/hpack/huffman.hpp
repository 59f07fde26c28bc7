// Strings in the Huffman code of RFC 7541 §5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/hpack/decode_error.hpp>
#include <heddle/hpack/huffman_table.hpp>

namespace heddle::hpack {

/// How many bytes `text` takes when encoded.
constexpr std::size_t huffman_size(std::string_view text) noexcept {
  std::size_t bits = 0;
  for (char const c : text) bits += detail::huffman_lengths[static_cast<unsigned char>(c)];
  return (bits + 7) / 8;
}

/// The most bytes that `encoded_size` bytes can decode to: the shortest code has five bits.
constexpr std::size_t huffman_decoded_max(std::size_t encoded_size) noexcept { return encoded_size * 8 / 5; }

/// Writes huffman_size(text) bytes at `out` and returns their end.
HEDDLE_DECL std::uint8_t* huffman_encode(std::string_view text, std::uint8_t* out) noexcept;

struct huffman_result {
  decode_error error = decode_error::none;  // or bad_huffman, or string_too_long: more than `max_size` bytes
  std::size_t size = 0;                     // bytes written to `out`
};

/// `out` must have room for min(max_size, huffman_decoded_max(encoded.size())) bytes.
HEDDLE_DECL huffman_result huffman_decode(bytes_view encoded, std::uint8_t* out, std::size_t max_size) noexcept;

}  // namespace heddle::hpack

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/hpack/huffman.ipp>
#endif
