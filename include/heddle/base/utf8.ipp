#pragma once

#include <cstdint>

#include <heddle/base/utf8.hpp>

namespace heddle {

namespace utf8_detail {

struct sequence {
  std::size_t size;  // of the character, or of the maximal part that could have begun one
  bool valid;
};

// Reads one character; `text` is not empty.
inline sequence read(std::string_view text) noexcept {
  auto const at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  std::uint8_t const lead = at(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  // Only the second byte has a range of its own: it keeps out overlong forms, surrogates and what is above U+10FFFF.
  std::uint8_t const low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  std::uint8_t const high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  std::size_t const length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < 2 || at(1) < low || at(1) > high) return {1, false};
  for (std::size_t i = 2; i < length; ++i)
    if (i == text.size() || (at(i) & 0xC0) != 0x80) return {i, false};
  return {length, true};
}

}  // namespace utf8_detail

HEDDLE_DECL std::size_t valid_utf8_size(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    utf8_detail::sequence const s = utf8_detail::read(text.substr(i));
    if (!s.valid) break;
    i += s.size;
  }
  return i;
}

HEDDLE_DECL void append_mended_utf8(std::string_view text, std::string& out) {
  while (!text.empty()) {
    std::size_t const good = valid_utf8_size(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) break;
    out.append("\xEF\xBF\xBD");
    text.remove_prefix(utf8_detail::read(text).size);
  }
}

}  // namespace heddle
