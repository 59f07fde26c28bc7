// The percent-encoding of `grpc-message` (PROTOCOL-HTTP2.md, "Percent-Encoded"); not the one of URLs.
#pragma once

#include <string>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle {

/// Appends `text` with every byte outside 0x20-0x7E, and '%', as upper-case %XX. Invalid UTF-8 is mended first. A
/// blank at either end is encoded too: HTTP/2 forbids it there (RFC 9113 §8.2.1), and any decoder restores it.
void percent_encode(std::string_view text, std::string& out);

/// Appends what `text` stands for; never fails. Escapes that are broken stay as they are, and what is not UTF-8 after
/// decoding becomes U+FFFD.
void percent_decode(std::string_view text, std::string& out);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/percent.ipp>
#endif
