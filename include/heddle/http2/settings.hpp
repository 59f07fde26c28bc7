// RFC 9113 §6.5: what each side tells the other about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/http2/frame.hpp>

namespace heddle::http2 {

enum class setting_id : std::uint16_t {
  header_table_size = 0x1,
  enable_push = 0x2,
  max_concurrent_streams = 0x3,
  initial_window_size = 0x4,
  max_frame_size = 0x5,
  max_header_list_size = 0x6,
};

struct setting {
  setting_id id;
  std::uint32_t value;

  static constexpr std::size_t size = 6;
  static setting parse(std::uint8_t const* p) noexcept {
    return {static_cast<setting_id>(std::uint16_t(p[0] << 8 | p[1])), read_u32(p + 2)};
  }
  void write(std::uint8_t* p) const noexcept {
    p[0] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(id) >> 8);
    p[1] = static_cast<std::uint8_t>(id);
    write_u32(p + 2, value);
  }
};

/// The values in force for one direction; what they are before any SETTINGS arrives is §6.5.2.
struct settings {
  std::uint32_t header_table_size = 4096;
  std::uint32_t max_concurrent_streams = 0xffffffff;
  std::uint32_t initial_window_size = 65535;
  std::uint32_t max_frame_size = 16384;
  std::uint32_t max_header_list_size = 0xffffffff;
};

struct setting_violation {
  error_code code;
  std::string_view why;
};

/// Takes one received entry into `peer`. `from_server`: a server must not send ENABLE_PUSH 1. Unknown ids are ignored.
inline std::optional<setting_violation> apply(settings& peer, setting entry, bool from_server) noexcept {
  switch (entry.id) {
    case setting_id::header_table_size: peer.header_table_size = entry.value; break;
    case setting_id::enable_push:
      if (entry.value > 1) return setting_violation{error_code::protocol_error, "ENABLE_PUSH is neither 0 nor 1"};
      if (from_server && entry.value == 1)
        return setting_violation{error_code::protocol_error, "ENABLE_PUSH 1 from a server"};
      break;
    case setting_id::max_concurrent_streams: peer.max_concurrent_streams = entry.value; break;
    case setting_id::initial_window_size:
      if (entry.value > max_window)
        return setting_violation{error_code::flow_control_error, "INITIAL_WINDOW_SIZE above 2^31-1"};
      peer.initial_window_size = entry.value;
      break;
    case setting_id::max_frame_size:
      if (entry.value < 16384 || entry.value > 16777215)
        return setting_violation{error_code::protocol_error, "MAX_FRAME_SIZE outside 16384..16777215"};
      peer.max_frame_size = entry.value;
      break;
    case setting_id::max_header_list_size: peer.max_header_list_size = entry.value; break;
  }
  return std::nullopt;
}

}  // namespace heddle::http2
