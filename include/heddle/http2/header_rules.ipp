#pragma once

#include <array>

#include <heddle/http2/header_rules.hpp>

namespace heddle::http2 {

namespace detail {

constexpr std::array<bool, 256> make_name_table() noexcept {
  std::array<bool, 256> table{};
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) table[c] = true;
  return table;
}

HEDDLE_DECL bool valid_name(std::string_view name) noexcept {
  static constexpr auto table = make_name_table();
  if (name.empty()) return false;
  for (unsigned char c : name)
    if (!table[c]) return false;
  return true;
}

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

HEDDLE_DECL bool valid_value(std::string_view value) noexcept {
  for (char c : value)
    if (c == '\0' || c == '\r' || c == '\n') return false;
  return true;
}

}  // namespace detail

HEDDLE_DECL void header_rules::field(header_field const& field, bool checked) noexcept {
  bool const colon = !field.name.empty() && field.name[0] == ':';
  if (!checked) {
    if (!detail::valid_name(field.name.substr(colon ? 1 : 0)))
      fail("field name with characters that RFC 9113 8.2.1 forbids");
    if (!detail::valid_value(field.value)) fail("field value with characters that RFC 9113 8.2.1 forbids");
  }
  if (colon)
    pseudo(field);
  else
    regular(field);
}

HEDDLE_DECL void header_rules::pseudo(header_field const& field) noexcept {
  if (regular_seen_) return fail("pseudo-header after a regular field");
  if (kind_ == block_kind::trailers) return fail("pseudo-header in trailers");
  bool const of_response = field.token == header_name::status;
  if (!field.value.empty() && (detail::is_blank(field.value.front()) || detail::is_blank(field.value.back())))
    return fail("pseudo-header value with blanks at its ends");
  if (!is_pseudo(field.token) || field.token == header_name::unknown_pseudo ||
      of_response != (kind_ == block_kind::response))
    return fail("pseudo-header that does not belong here");
  auto const bit = static_cast<std::uint8_t>(1u << (static_cast<unsigned>(field.token) & 7));
  if ((seen_ & bit) != 0) return fail("pseudo-header twice");
  seen_ |= bit;
  if (field.token == header_name::path && field.value.empty()) fail(":path is empty");
  if (field.token == header_name::method) connect_ = field.value == "CONNECT";
  if (of_response) {
    if (field.value.size() != 3) return fail(":status is not three digits");
    for (char c : field.value) {
      if (c < '0' || c > '9') return fail(":status is not three digits");
      status_ = status_ * 10 + (c - '0');
    }
  }
}

HEDDLE_DECL void header_rules::regular(header_field const& field) noexcept {
  regular_seen_ = true;
  switch (field.token) {
    case header_name::connection:
    case header_name::keep_alive:
    case header_name::proxy_connection:
    case header_name::transfer_encoding:
    case header_name::upgrade: return fail("connection-specific field");
    case header_name::te:
      if (field.value != "trailers") fail("te other than trailers");
      return;
    case header_name::host:  // gRFC A41: more than one authority leaves open whom the request is for
      if (host_seen_) fail("host twice");
      host_seen_ = true;
      return;
    case header_name::content_length: {
      std::int64_t length = 0;
      if (field.value.empty() || field.value.size() > 18) return fail("content-length is no number");
      for (char c : field.value) {
        if (c < '0' || c > '9') return fail("content-length is no number");
        length = length * 10 + (c - '0');
      }
      if (content_length_ >= 0 && content_length_ != length) return fail("content-length twice, and different");
      content_length_ = length;
      return;
    }
    default: return;
  }
}

HEDDLE_DECL void header_rules::end() noexcept {
  auto const has = [this](header_name name) { return (seen_ >> (static_cast<unsigned>(name) & 7) & 1) != 0; };
  if (kind_ == block_kind::request) {
    if (!has(header_name::method)) fail(":method is missing");
    if (!connect_ && !has(header_name::scheme)) fail(":scheme is missing");
    if (!connect_ && !has(header_name::path)) fail(":path is missing");
    if (connect_ && (has(header_name::scheme) || has(header_name::path) || !has(header_name::authority)))
      fail("CONNECT with :scheme or :path, or without :authority");  // §8.5
  } else if (kind_ == block_kind::response) {
    if (!has(header_name::status)) fail(":status is missing");
  }
}

}  // namespace heddle::http2
