// The header names that HTTP/2 and gRPC give a meaning to, as tokens, so that nobody compares text twice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heddle {

/// A field name that the library knows. `other` is every name that it has no business with: user metadata.
enum class header_name : std::uint8_t {
  other,
  authority,
  method,
  path,
  scheme,
  status,
  unknown_pseudo,  // begins with a colon and is none of the above
  accept_encoding,
  connection,
  content_length,
  content_type,
  cookie,
  date,
  grpc_accept_encoding,
  grpc_encoding,
  grpc_message,
  grpc_previous_rpc_attempts,
  grpc_retry_pushback_ms,
  grpc_status,
  grpc_status_details_bin,
  grpc_tags_bin,
  grpc_timeout,
  grpc_trace_bin,
  host,
  keep_alive,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  count_
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(header_name::count_)> header_name_text = {
    "",
    ":authority",
    ":method",
    ":path",
    ":scheme",
    ":status",
    ":",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-message",
    "grpc-previous-rpc-attempts",
    "grpc-retry-pushback-ms",
    "grpc-status",
    "grpc-status-details-bin",
    "grpc-tags-bin",
    "grpc-timeout",
    "grpc-trace-bin",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
};

constexpr std::string_view to_string(header_name name) noexcept {
  return header_name_text[static_cast<std::size_t>(name)];
}

/// The token of a lower-case field name. Names with upper-case letters are `other`: HTTP/2 rejects them elsewhere.
constexpr header_name find_header_name(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 26) return text == ":" ? header_name::unknown_pseudo : header_name::other;
  auto const first = static_cast<unsigned char>(text[0]);
  for (std::size_t i = 1; i < header_name_text.size(); ++i) {
    std::string_view const candidate = header_name_text[i];
    if (candidate.size() == text.size() && static_cast<unsigned char>(candidate[0]) == first && candidate == text)
      return static_cast<header_name>(i);
  }
  return first == ':' ? header_name::unknown_pseudo : header_name::other;
}

constexpr bool is_pseudo(header_name name) noexcept {
  return name >= header_name::authority && name <= header_name::unknown_pseudo;
}

}  // namespace heddle
