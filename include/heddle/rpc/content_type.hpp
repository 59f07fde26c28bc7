// Which `content-type` is gRPC, and with which codec (PROTOCOL-HTTP2.md, "Content-Type").
#pragma once

#include <string_view>

#include <heddle/base/ascii.hpp>

namespace heddle {

/// What a content-type says. `subtype` is a view of the text that was classified, as written there; it is empty for a
/// bare `application/grpc`, which means proto. Codec names are compared without regard to case.
struct content_type_info {
  bool is_grpc = false;
  std::string_view subtype;

  constexpr std::string_view codec() const noexcept { return subtype.empty() ? std::string_view("proto") : subtype; }
};

/// gRPC is `application/grpc` in any case, followed by nothing, `+codec` or `;parameters`. So neither
/// `application/grpc-web` nor `application/grpcx` is. An empty codec is taken for none, as grpc-go does.
constexpr content_type_info classify_content_type(std::string_view text) noexcept {
  constexpr std::string_view type = "application/grpc";
  if (!same_letters(text.substr(0, type.size()), type)) return {};
  text.remove_prefix(type.size());
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);  // RFC 9110 §5.6.6: OWS ";" OWS
  if (text.empty()) return {true, {}};
  if (text[0] != '+') return {};
  return {true, text.substr(1)};
}

}  // namespace heddle
