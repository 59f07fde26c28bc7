#pragma once

#include <algorithm>
#include <stdexcept>

#include <heddle/base/metadata.hpp>
#include <heddle/base/percent.hpp>

namespace heddle {

HEDDLE_DECL bool is_reserved_metadata_key(std::string_view key) noexcept {
  if (key.starts_with("grpc-") || key.starts_with(':')) return true;
  // Connection-specific fields may not be in HTTP/2 at all (RFC 9113 §8.2.2); the others say what the library means.
  static constexpr std::string_view names[] = {
      "connection", "content-length", "content-type",      "host",    "keep-alive", "proxy-connection",
      "te",         "trailer",        "transfer-encoding", "upgrade", "user-agent",
  };
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

HEDDLE_DECL bool is_valid_metadata_key(std::string_view key) noexcept {
  if (key.empty()) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

HEDDLE_DECL bool is_valid_metadata_text(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

HEDDLE_DECL void metadata::add(std::string_view key, std::string_view value) {
  auto const refuse = [&](std::string_view rule) {
    std::string shown;
    percent_encode(key, shown);  // a NUL would end the text of the exception
    throw std::invalid_argument("metadata key '" + shown + "': " + std::string(rule));
  };
  if (key.empty()) refuse("a key may not be empty");
  if (key.starts_with(':')) refuse("names that begin with ':' are HTTP/2 pseudo-headers");
  if (!is_valid_metadata_key(key)) refuse("only 0-9 a-z _ - . are allowed in keys");
  if (key.starts_with("grpc-")) refuse("names that begin with 'grpc-' are reserved for gRPC");
  if (is_reserved_metadata_key(key)) refuse("this header belongs to HTTP or to the library");
  if (!is_binary_metadata_key(key) && !is_valid_metadata_text(value))
    refuse("a value may hold only the characters 0x20 to 0x7E, unless its key ends in '-bin'");
  append(key, value);
}

HEDDLE_DECL std::vector<std::string_view> metadata::get_all(std::string_view key) const {
  std::vector<std::string_view> values;
  for (slot const& s : slots_)
    if (key_of(s) == key) values.push_back(value_of(s));
  return values;
}

HEDDLE_DECL std::size_t metadata::erase(std::string_view key) {
  std::string const wanted(key);  // it may be a view of the text that moves below
  std::size_t kept = 0, length = 0;
  for (slot const& s : slots_) {
    if (key_of(s) == wanted) continue;
    std::size_t const size = std::size_t{s.key_size} + s.value_size;
    std::copy_n(text_.begin() + s.offset, size, text_.begin() + static_cast<std::ptrdiff_t>(length));
    slots_[kept++] = {static_cast<std::uint32_t>(length), s.key_size, s.value_size};
    length += size;
  }
  std::size_t const erased = slots_.size() - kept;
  slots_.resize(kept);
  text_.resize(length);
  return erased;
}

}  // namespace heddle
