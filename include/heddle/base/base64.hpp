// Base64 with the standard alphabet (RFC 4648 §4), for `-bin` metadata.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle {

/// The length of the unpadded encoding of `size` bytes.
constexpr std::size_t base64_encoded_size(std::size_t size) noexcept {
  return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
}

/// Writes base64_encoded_size(bytes.size()) characters to `out`, without padding.
void base64_encode(std::string_view bytes, char* out) noexcept;

/// Appends the encoding without padding: gRPC implementations must accept padded and should emit unpadded values
/// (PROTOCOL-HTTP2.md, "Binary-Header").
void base64_encode(std::string_view bytes, std::string& out);

/// Appends the decoded bytes. Takes text with or without padding, and like grpc-go does not mind left-over bits that
/// are not zero. False for anything else, blanks and line ends among them; `out` is then as before.
[[nodiscard]] bool base64_decode(std::string_view text, std::string& out);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/base64.ipp>
#endif
