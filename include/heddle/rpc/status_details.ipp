#pragma once

#include <cstdint>
#include <utility>

#include <heddle/base/utf8.hpp>
#include <heddle/base/wire.hpp>
#include <heddle/rpc/status_details.hpp>

namespace heddle {

// message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }
// message Any { string type_url = 1; bytes value = 2; }

HEDDLE_DECL void encode_status_details(status const& s, std::string& out) {
  wire::writer message(out);
  if (!s.is_ok()) message.varint(1, static_cast<std::uint64_t>(s.code()));
  if (is_valid_utf8(s.message())) {
    if (!s.message().empty()) message.bytes(2, s.message());
  } else {  // a parser would refuse the whole message for one wrong byte in a string field
    std::string mended;
    append_mended_utf8(s.message(), mended);
    message.bytes(2, mended);
  }
  for (status_detail const& detail : s.details()) {
    message.nested(3, [&](wire::writer& any) {
      any.bytes(1, detail.type_url());
      if (!detail.value().empty()) any.bytes(2, detail.value());
    });
  }
}

HEDDLE_DECL bool decode_status_details(std::string_view text, status& into) {
  status decoded = into;
  wire::reader message(text);
  while (message.next()) {
    if (message.tag() != wire::tag(3, wire::wire_type::bytes)) continue;
    std::string_view type_url, value;
    wire::reader any(message.bytes());
    while (any.next()) {
      if (any.tag() == wire::tag(1, wire::wire_type::bytes)) type_url = any.bytes();
      if (any.tag() == wire::tag(2, wire::wire_type::bytes)) value = any.bytes();
    }
    if (any.failed()) return false;
    decoded.add_detail(std::string(type_url), std::string(value));
  }
  if (message.failed()) return false;
  into = std::move(decoded);
  return true;
}

}  // namespace heddle
