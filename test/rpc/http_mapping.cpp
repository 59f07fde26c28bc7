#include <heddle/rpc/http_mapping.hpp>

#include "support/catch.hpp"

using heddle::status_code;

TEST_CASE("HTTP statuses without a gRPC status have the codes of the gRPC document") {
  for (int http = 0; http < 1000; ++http) {
    INFO(http);
    status_code expected = status_code::unknown;
    if (http == 400) expected = status_code::internal;
    if (http == 401) expected = status_code::unauthenticated;
    if (http == 403) expected = status_code::permission_denied;
    if (http == 404) expected = status_code::unimplemented;
    if (http == 429 || (http >= 502 && http <= 504)) expected = status_code::unavailable;
    CHECK(heddle::status_from_http(http) == expected);
  }
}

TEST_CASE("stream resets have the codes of the gRPC document") {
  status_code const expected[] = {
      status_code::internal,            // NO_ERROR
      status_code::internal,            // PROTOCOL_ERROR
      status_code::internal,            // INTERNAL_ERROR
      status_code::internal,            // FLOW_CONTROL_ERROR
      status_code::internal,            // SETTINGS_TIMEOUT
      status_code::unknown,             // STREAM_CLOSED
      status_code::internal,            // FRAME_SIZE_ERROR
      status_code::unavailable,         // REFUSED_STREAM
      status_code::cancelled,           // CANCEL
      status_code::internal,            // COMPRESSION_ERROR
      status_code::internal,            // CONNECT_ERROR
      status_code::resource_exhausted,  // ENHANCE_YOUR_CALM
      status_code::permission_denied,   // INADEQUATE_SECURITY
      status_code::unknown,             // HTTP_1_1_REQUIRED
      status_code::unknown,             // none
  };
  std::uint32_t code = 0;
  for (status_code const s : expected) {
    INFO(code);
    CHECK(heddle::status_from_rst(code++) == s);
  }
  CHECK(heddle::status_from_rst(0xFFFF'FFFF) == status_code::unknown);
}
