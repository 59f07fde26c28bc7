// The static table (RFC 7541 Appendix A), and where the encoder finds a name or a field in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/header_list.hpp>
#include <heddle/base/header_name.hpp>

namespace heddle::hpack {
namespace detail {

constexpr header_field static_field(std::string_view name, std::string_view value = {}) noexcept {
  header_field field;
  field.token = find_header_name(name);
  field.name = name;
  field.value = value;
  return field;
}

}  // namespace detail

inline constexpr std::uint32_t static_table_size = 61;

/// By index; index 0 means nothing (§6.1).
inline constexpr std::array<header_field, static_table_size + 1> static_table = {
    header_field(),
    detail::static_field(":authority"),
    detail::static_field(":method", "GET"),
    detail::static_field(":method", "POST"),
    detail::static_field(":path", "/"),
    detail::static_field(":path", "/index.html"),
    detail::static_field(":scheme", "http"),
    detail::static_field(":scheme", "https"),
    detail::static_field(":status", "200"),
    detail::static_field(":status", "204"),
    detail::static_field(":status", "206"),
    detail::static_field(":status", "304"),
    detail::static_field(":status", "400"),
    detail::static_field(":status", "404"),
    detail::static_field(":status", "500"),
    detail::static_field("accept-charset"),
    detail::static_field("accept-encoding", "gzip, deflate"),
    detail::static_field("accept-language"),
    detail::static_field("accept-ranges"),
    detail::static_field("accept"),
    detail::static_field("access-control-allow-origin"),
    detail::static_field("age"),
    detail::static_field("allow"),
    detail::static_field("authorization"),
    detail::static_field("cache-control"),
    detail::static_field("content-disposition"),
    detail::static_field("content-encoding"),
    detail::static_field("content-language"),
    detail::static_field("content-length"),
    detail::static_field("content-location"),
    detail::static_field("content-range"),
    detail::static_field("content-type"),
    detail::static_field("cookie"),
    detail::static_field("date"),
    detail::static_field("etag"),
    detail::static_field("expect"),
    detail::static_field("expires"),
    detail::static_field("from"),
    detail::static_field("host"),
    detail::static_field("if-match"),
    detail::static_field("if-modified-since"),
    detail::static_field("if-none-match"),
    detail::static_field("if-range"),
    detail::static_field("if-unmodified-since"),
    detail::static_field("last-modified"),
    detail::static_field("link"),
    detail::static_field("location"),
    detail::static_field("max-forwards"),
    detail::static_field("proxy-authenticate"),
    detail::static_field("proxy-authorization"),
    detail::static_field("range"),
    detail::static_field("referer"),
    detail::static_field("refresh"),
    detail::static_field("retry-after"),
    detail::static_field("server"),
    detail::static_field("set-cookie"),
    detail::static_field("strict-transport-security"),
    detail::static_field("transfer-encoding"),
    detail::static_field("user-agent"),
    detail::static_field("vary"),
    detail::static_field("via"),
    detail::static_field("www-authenticate"),
};

namespace detail {

// One byte an entry: the first static index of a name.
struct static_names {
  static constexpr std::size_t slots = 128;

  // The factors were searched for: no two names of the table meet.
  static constexpr std::size_t slot(std::string_view name) noexcept {
    if (name.empty()) return 0;
    auto const byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(name[i])); };
    return (name.size() + byte(0) * 27 + byte(name.size() / 2) * 41 + byte(name.size() - 1)) % slots;
  }

  constexpr static_names() {
    for (std::uint8_t i = static_table_size; i != 0; --i) {
      header_field const& field = static_table[i];
      if (field.token != header_name::other) {
        of_token[static_cast<std::size_t>(field.token)] = i;
      } else {
        std::size_t at = slot(field.name);
        while (of_text[at] != 0) at = (at + 1) % slots;
        of_text[at] = i;
      }
    }
  }

  std::array<std::uint8_t, static_cast<std::size_t>(header_name::count_)> of_token{};
  std::array<std::uint8_t, slots> of_text{};  // names without a token, by hash, a taken slot's next
};

inline constexpr static_names static_name_index;

}  // namespace detail

/// The first static index of a name, 0 when it is not in the table. `token` is find_header_name(name).
constexpr std::uint32_t find_static_name(header_name token, std::string_view name) noexcept {
  if (token != header_name::other) return detail::static_name_index.of_token[static_cast<std::size_t>(token)];
  for (std::size_t at = detail::static_names::slot(name);; at = (at + 1) % detail::static_names::slots) {
    std::uint32_t const index = detail::static_name_index.of_text[at];
    if (index == 0 || static_table[index].name == name) return index;
  }
}

/// The static index of a field whose name is first at `name_index` (not 0); 0 when the value is not in the table.
constexpr std::uint32_t find_static_field(std::uint32_t name_index, std::string_view value) noexcept {
  header_name const token = static_table[name_index].token;
  for (std::uint32_t i = name_index; i <= static_table_size; ++i) {
    if (i != name_index && (token == header_name::other || static_table[i].token != token)) return 0;
    if (static_table[i].value == value) return i;
  }
  return 0;
}

}  // namespace heddle::hpack
