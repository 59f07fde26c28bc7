#pragma once

#include <array>
#include <cstdint>

#include <heddle/base/base64.hpp>

namespace heddle {

namespace base64_detail {

inline constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The six bits of a character; 0x80 and above for those that are none, so that errors survive an OR of four.
inline constexpr std::array<std::uint8_t, 256> values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(0x80);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

inline std::uint32_t value_of(char c) noexcept { return values[static_cast<unsigned char>(c)]; }
inline std::uint32_t byte_of(char c) noexcept { return static_cast<unsigned char>(c); }

}  // namespace base64_detail

HEDDLE_DECL void base64_encode(std::string_view bytes, char* out) noexcept {
  using namespace base64_detail;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    std::uint32_t const bits = byte_of(bytes[i]) << 16 | byte_of(bytes[i + 1]) << 8 | byte_of(bytes[i + 2]);
    *out++ = alphabet[bits >> 18];
    *out++ = alphabet[bits >> 12 & 63];
    *out++ = alphabet[bits >> 6 & 63];
    *out++ = alphabet[bits & 63];
  }
  if (i == bytes.size()) return;
  bool const two = bytes.size() - i == 2;
  std::uint32_t const bits = byte_of(bytes[i]) << 16 | (two ? byte_of(bytes[i + 1]) << 8 : 0);
  *out++ = alphabet[bits >> 18];
  *out++ = alphabet[bits >> 12 & 63];
  if (two) *out++ = alphabet[bits >> 6 & 63];
}

HEDDLE_DECL void base64_encode(std::string_view bytes, std::string& out) {
  std::size_t const before = out.size();
  out.resize(before + base64_encoded_size(bytes.size()));
  base64_encode(bytes, out.data() + before);
}

HEDDLE_DECL bool base64_decode(std::string_view text, std::string& out) {
  using namespace base64_detail;
  if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  if (text.size() % 4 == 1) return false;

  std::size_t const before = out.size();
  std::size_t const tail = text.size() % 4;  // 0, 2 or 3 characters for 0, 1 or 2 bytes
  out.resize(before + text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  char* to = out.data() + before;
  std::uint32_t seen = 0;
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    std::uint32_t const a = value_of(text[i]), b = value_of(text[i + 1]);
    std::uint32_t const c = value_of(text[i + 2]), d = value_of(text[i + 3]);
    seen |= a | b | c | d;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    *to++ = static_cast<char>(b << 4 | c >> 2);
    *to++ = static_cast<char>(c << 6 | d);
  }
  if (tail != 0) {
    std::uint32_t const a = value_of(text[i]), b = value_of(text[i + 1]);
    std::uint32_t const c = tail == 3 ? value_of(text[i + 2]) : 0;
    seen |= a | b | c;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    if (tail == 3) *to++ = static_cast<char>(b << 4 | c >> 2);
  }
  if (seen < 0x80) return true;
  out.resize(before);
  return false;
}

}  // namespace heddle
