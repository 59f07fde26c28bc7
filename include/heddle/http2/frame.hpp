// RFC 9113 §4.1 and §6: the fixed nine bytes of every frame, and the frames that are no more than numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/http2/error_code.hpp>

namespace heddle::http2 {

using stream_id = std::uint32_t;

inline constexpr std::string_view client_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // §3.4
inline constexpr std::size_t frame_header_size = 9;
inline constexpr stream_id max_stream_id = 0x7fffffff;
inline constexpr std::uint32_t max_window = 0x7fffffff;

enum class frame_type : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};

namespace flag {
inline constexpr std::uint8_t end_stream = 0x1;
inline constexpr std::uint8_t ack = 0x1;
inline constexpr std::uint8_t end_headers = 0x4;
inline constexpr std::uint8_t padded = 0x8;
inline constexpr std::uint8_t priority = 0x20;
}  // namespace flag

constexpr std::uint32_t read_u32(std::uint8_t const* p) noexcept {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

constexpr void write_u32(std::uint8_t* p, std::uint32_t value) noexcept {
  p[0] = static_cast<std::uint8_t>(value >> 24);
  p[1] = static_cast<std::uint8_t>(value >> 16);
  p[2] = static_cast<std::uint8_t>(value >> 8);
  p[3] = static_cast<std::uint8_t>(value);
}

struct frame_header {
  std::uint32_t length = 0;  // 24 bits
  frame_type type = frame_type::data;
  std::uint8_t flags = 0;
  stream_id id = 0;  // 31 bits, the reserved one is dropped

  bool has(std::uint8_t bit) const noexcept { return (flags & bit) != 0; }

  static constexpr frame_header parse(std::uint8_t const* p) noexcept {
    frame_header h;
    h.length = std::uint32_t{p[0]} << 16 | std::uint32_t{p[1]} << 8 | p[2];
    h.type = static_cast<frame_type>(p[3]);
    h.flags = p[4];
    h.id = read_u32(p + 5) & max_stream_id;
    return h;
  }
  constexpr void write(std::uint8_t* p) const noexcept {
    write_length(p, length);
    p[3] = static_cast<std::uint8_t>(type);
    p[4] = flags;
    write_u32(p + 5, id);
  }
  static constexpr void write_length(std::uint8_t* p, std::uint32_t length) noexcept {
    p[0] = static_cast<std::uint8_t>(length >> 16);
    p[1] = static_cast<std::uint8_t>(length >> 8);
    p[2] = static_cast<std::uint8_t>(length);
  }
};

/// Appends a frame header and gives room for its payload, which the caller fills at once.
inline std::uint8_t* write_frame(byte_buffer& out, std::uint32_t length, frame_type type, std::uint8_t flags,
                                 stream_id id) {
  std::uint8_t* p = out.prepare(frame_header_size + length);
  frame_header h;
  h.length = length;
  h.type = type;
  h.flags = flags;
  h.id = id;
  h.write(p);
  out.commit(frame_header_size + length);
  return p + frame_header_size;
}

inline void write_rst_stream(byte_buffer& out, stream_id id, error_code code) {
  write_u32(write_frame(out, 4, frame_type::rst_stream, 0, id), static_cast<std::uint32_t>(code));
}

inline void write_window_update(byte_buffer& out, stream_id id, std::uint32_t increment) {
  write_u32(write_frame(out, 4, frame_type::window_update, 0, id), increment);
}

inline void write_ping(byte_buffer& out, bool ack, std::uint64_t payload) {
  std::uint8_t* p = write_frame(out, 8, frame_type::ping, ack ? flag::ack : std::uint8_t{0}, 0);
  write_u32(p, static_cast<std::uint32_t>(payload >> 32));
  write_u32(p + 4, static_cast<std::uint32_t>(payload));
}

inline void write_goaway(byte_buffer& out, stream_id last, error_code code, std::string_view debug) {
  std::uint8_t* p = write_frame(out, static_cast<std::uint32_t>(8 + debug.size()), frame_type::goaway, 0, 0);
  write_u32(p, last);
  write_u32(p + 4, static_cast<std::uint32_t>(code));
  if (!debug.empty()) std::memcpy(p + 8, debug.data(), debug.size());
}

}  // namespace heddle::http2
