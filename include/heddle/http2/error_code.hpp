// RFC 9113 §7: why a stream or a connection ended. Unknown codes survive: the type is open.
#pragma once

#include <cstdint>
#include <string_view>

namespace heddle::http2 {

enum class error_code : std::uint32_t {
  no_error = 0x0,
  protocol_error = 0x1,
  internal_error = 0x2,
  flow_control_error = 0x3,
  settings_timeout = 0x4,
  stream_closed = 0x5,
  frame_size_error = 0x6,
  refused_stream = 0x7,
  cancel = 0x8,
  compression_error = 0x9,
  connect_error = 0xa,
  enhance_your_calm = 0xb,
  inadequate_security = 0xc,
  http_1_1_required = 0xd,
};

/// The RFC's name, or "unknown error code".
constexpr std::string_view to_string(error_code code) noexcept {
  switch (code) {
    case error_code::no_error: return "NO_ERROR";
    case error_code::protocol_error: return "PROTOCOL_ERROR";
    case error_code::internal_error: return "INTERNAL_ERROR";
    case error_code::flow_control_error: return "FLOW_CONTROL_ERROR";
    case error_code::settings_timeout: return "SETTINGS_TIMEOUT";
    case error_code::stream_closed: return "STREAM_CLOSED";
    case error_code::frame_size_error: return "FRAME_SIZE_ERROR";
    case error_code::refused_stream: return "REFUSED_STREAM";
    case error_code::cancel: return "CANCEL";
    case error_code::compression_error: return "COMPRESSION_ERROR";
    case error_code::connect_error: return "CONNECT_ERROR";
    case error_code::enhance_your_calm: return "ENHANCE_YOUR_CALM";
    case error_code::inadequate_security: return "INADEQUATE_SECURITY";
    case error_code::http_1_1_required: return "HTTP_1_1_REQUIRED";
  }
  return "unknown error code";
}

}  // namespace heddle::http2
