// Status codes for calls that HTTP ended before gRPC could.
#pragma once

#include <cstdint>

#include <heddle/base/status_code.hpp>

namespace heddle {

/// The code for an HTTP status, only for responses without a `grpc-status` (http-grpc-status-mapping.md). 200 is
/// UNKNOWN too: the peer was no gRPC server. So is 431, where implementations disagree. Never to be used backwards.
constexpr status_code status_from_http(int http_status) noexcept {
  switch (http_status) {
    case 400: return status_code::internal;
    case 401: return status_code::unauthenticated;
    case 403: return status_code::permission_denied;
    case 404: return status_code::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return status_code::unavailable;
    default: return status_code::unknown;
  }
}

/// The code for a stream that the server reset with this HTTP/2 error code (PROTOCOL-HTTP2.md, "Errors"). NO_ERROR
/// counts only before the trailers: after them the status already stands. STREAM_CLOSED has no mapping, and like
/// HTTP_1_1_REQUIRED and codes not known becomes UNKNOWN.
constexpr status_code status_from_rst(std::uint32_t http2_error_code) noexcept {
  switch (http2_error_code) {
    case 0x0:  // NO_ERROR
    case 0x1:  // PROTOCOL_ERROR
    case 0x2:  // INTERNAL_ERROR
    case 0x3:  // FLOW_CONTROL_ERROR
    case 0x4:  // SETTINGS_TIMEOUT
    case 0x6:  // FRAME_SIZE_ERROR
    case 0x9:  // COMPRESSION_ERROR
    case 0xa:  // CONNECT_ERROR
      return status_code::internal;
    case 0x7:  // REFUSED_STREAM: nothing was processed, safe to retry
      return status_code::unavailable;
    case 0x8:  // CANCEL
      return status_code::cancelled;
    case 0xb:  // ENHANCE_YOUR_CALM
      return status_code::resource_exhausted;
    case 0xc:  // INADEQUATE_SECURITY
      return status_code::permission_denied;
    default: return status_code::unknown;
  }
}

}  // namespace heddle
