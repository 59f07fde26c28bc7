// HTTP/2 frames and gRPC messages as the bytes that go over the wire, right or wrong as a test wants them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/header_list.hpp>
#include <heddle/http2/frame.hpp>
#include <heddle/http2/settings.hpp>
#include <heddle/rpc/message_framing.hpp>
#include <heddle/rpc/message_ops.hpp>

/// Functions that return bytes for scripted_peer::send(). None looks at what it is given: that a frame breaks a rule is
/// for the other side to find out. Header blocks have state, and so are frame_codec's.
namespace heddle::testing::frames {

inline std::string u32(std::uint32_t value) {
  std::uint8_t bytes[4];
  http2::write_u32(bytes, value);
  return std::string(as_text(bytes));
}

/// Any frame. `length` on the wire may lie: -1 is the truth.
inline std::string frame(http2::frame_type type, std::uint8_t flags, http2::stream_id id, std::string_view payload = {},
                         int length = -1) {
  http2::frame_header h;
  h.length = static_cast<std::uint32_t>(length < 0 ? static_cast<int>(payload.size()) : length);
  h.type = type;
  h.flags = flags;
  h.id = id;
  std::uint8_t head[http2::frame_header_size];
  h.write(head);
  return std::string(as_text(head)).append(payload);
}

/// The payload of a frame with flag::padded.
inline std::string padded(std::string_view content, std::uint8_t padding) {
  return std::string(1, static_cast<char>(padding)).append(content).append(padding, '\0');
}

inline std::string data(http2::stream_id id, std::string_view content, std::uint8_t flags = 0) {
  return frame(http2::frame_type::data, flags, id, content);
}
inline std::string rst_stream(http2::stream_id id, http2::error_code code) {
  return frame(http2::frame_type::rst_stream, 0, id, u32(static_cast<std::uint32_t>(code)));
}
inline std::string window_update(http2::stream_id id, std::uint32_t increment) {
  return frame(http2::frame_type::window_update, 0, id, u32(increment));
}
inline std::string ping(std::string_view eight_bytes = "12345678", std::uint8_t flags = 0) {
  return frame(http2::frame_type::ping, flags, 0, eight_bytes);
}
/// `last`: the highest stream that the sender has looked at, or will.
inline std::string goaway(http2::stream_id last, http2::error_code code, std::string_view debug = {}) {
  return frame(http2::frame_type::goaway, 0, 0, u32(last) + u32(static_cast<std::uint32_t>(code)).append(debug));
}
inline std::string settings(std::vector<http2::setting> const& entries = {}) {
  std::string payload;
  for (http2::setting const& s : entries) {
    std::uint8_t bytes[http2::setting::size];
    s.write(bytes);
    payload.append(as_text(bytes));
  }
  return frame(http2::frame_type::settings, 0, 0, payload);
}
inline std::string settings_ack() { return frame(http2::frame_type::settings, http2::flag::ack, 0); }
inline std::string priority(http2::stream_id id, http2::stream_id on = 0) {
  return frame(http2::frame_type::priority, 0, id, u32(on) + '\x10');
}

/// A gRPC message with its five bytes in front: the content of DATA frames, whole or cut. `flag`: 1 is compressed.
inline std::string message_of(std::string_view body, std::uint8_t flag = 0) {
  return std::string(1, static_cast<char>(flag)).append(u32(static_cast<std::uint32_t>(body.size()))).append(body);
}
/// The body of a message of any type that the library knows.
template <class Message>
std::string body_of(Message const& message) {
  message_ops const& ops = *ops_of<Message>;
  std::string body(ops.size(&message), '\0');
  ops.serialize(&message, reinterpret_cast<std::uint8_t*>(body.data()), body.size());
  return body;
}
template <class Message>
  requires(!std::is_convertible_v<Message const&, std::string_view>)
std::string message_of(Message const& message) {
  return message_of(std::string_view(body_of(message)));
}

/// Header fields in that order, pseudo-headers among them.
inline header_list fields(std::vector<std::pair<std::string_view, std::string_view>> const& pairs) {
  header_list list;
  for (auto const& [name, value] : pairs) list.add(name, value);
  return list;
}

}  // namespace heddle::testing::frames
