// The states that a channel is in.
#pragma once

#include <cstdint>
#include <string_view>

namespace heddle {

/// gRPC's connectivity states (connectivity-semantics-and-api.md).
enum class connectivity : std::uint8_t { idle, connecting, ready, transient_failure, shutdown };

constexpr std::string_view to_string(connectivity state) noexcept {
  switch (state) {
    case connectivity::idle: return "IDLE";
    case connectivity::connecting: return "CONNECTING";
    case connectivity::ready: return "READY";
    case connectivity::transient_failure: return "TRANSIENT_FAILURE";
    case connectivity::shutdown: return "SHUTDOWN";
  }
  return "";
}

}  // namespace heddle
