// Calls in other forms than protobuf's own, on the wire and in handlers.
#pragma once

#include <string>
#include <string_view>

#include <heddle/rpc/json.hpp>
#include <heddle/rpc/method.hpp>

#include "support/raw_peer.hpp"

namespace heddle::test {

inline constexpr unary_method<raw_message, raw_message> raw_unary{"/lab.Raw/Unary"};
inline constexpr bidi_streaming_method<raw_message, raw_message> raw_chat{"/lab.Raw/Chat"};

/// With its five bytes in front.
inline std::string framed_text(std::string_view body) {
  return std::string(1, '\0') + u32(static_cast<std::uint32_t>(body.size())) + std::string(body);
}

}  // namespace heddle::test
