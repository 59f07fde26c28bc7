// Checking and mending UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle {

/// The length of the longest valid UTF-8 prefix: text.size() when all of it is valid (Unicode 15, table 3-7: no
/// surrogates, no overlong forms, nothing above U+10FFFF).
std::size_t valid_utf8_size(std::string_view text) noexcept;

inline bool is_valid_utf8(std::string_view text) noexcept { return valid_utf8_size(text) == text.size(); }

/// Appends `text`, with U+FFFD for each maximal broken part (Unicode 15 §3.9, as WHATWG decoders do).
void append_mended_utf8(std::string_view text, std::string& out);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/utf8.ipp>
#endif
