#pragma once

#include <cstddef>

#include <heddle/base/percent.hpp>
#include <heddle/base/utf8.hpp>

namespace heddle {

namespace percent_detail {

inline int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

inline void encode_valid(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    bool const outer_blank = byte == ' ' && (i == 0 || i + 1 == text.size());
    if (byte >= 0x20 && byte <= 0x7E && byte != '%' && !outer_blank) {
      out.push_back(text[i]);
    } else {
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
}

}  // namespace percent_detail

HEDDLE_DECL void percent_encode(std::string_view text, std::string& out) {
  if (is_valid_utf8(text)) return percent_detail::encode_valid(text, out);
  std::string mended;
  append_mended_utf8(text, mended);
  percent_detail::encode_valid(mended, out);
}

HEDDLE_DECL void percent_decode(std::string_view text, std::string& out) {
  std::size_t const before = out.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    int const high = text[i] == '%' && i + 2 < text.size() ? percent_detail::hex_digit(text[i + 1]) : -1;
    int const low = high >= 0 ? percent_detail::hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
    } else {
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
  }
  if (is_valid_utf8(std::string_view(out).substr(before))) return;
  std::string const broken = out.substr(before);
  out.resize(before);
  append_mended_utf8(broken, out);
}

}  // namespace heddle
