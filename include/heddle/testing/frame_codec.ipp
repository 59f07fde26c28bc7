#pragma once

#include <algorithm>
#include <utility>

#include <heddle/testing/frame_codec.hpp>
#include <heddle/testing/frames.hpp>

namespace heddle::testing {

namespace detail {

HEDDLE_DECL std::uint32_t number_in(std::string_view payload, std::size_t at) noexcept {
  return payload.size() < at + 4 ? 0 : http2::read_u32(as_bytes(payload).data() + at);
}

}  // namespace detail

HEDDLE_DECL std::string printable(std::string_view bytes) {
  if (bytes.size() > 40) return std::to_string(bytes.size()) + " bytes";
  std::string text;
  for (char const c : bytes) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

HEDDLE_DECL std::string printable(header_list const& fields) {
  std::string text;
  for (header_field const& f : fields) {
    if (f.token == header_name::path || f.token == header_name::status)
      text += " " + std::string(f.value);
    else if (!f.name.empty() && f.name[0] != ':')
      text += " " + std::string(f.name) + "=" + std::string(f.value);
  }
  return text;
}

HEDDLE_DECL std::string_view received_frame::content() const noexcept {
  std::string_view content(payload);
  if (!has(http2::flag::padded) || content.empty()) return content;
  auto const padding = static_cast<std::uint8_t>(content[0]);
  content.remove_prefix(1);
  content.remove_suffix(std::min<std::size_t>(padding, content.size()));
  return content;
}

HEDDLE_DECL http2::error_code received_frame::error() const noexcept {
  return static_cast<http2::error_code>(detail::number_in(payload, type() == http2::frame_type::goaway ? 4 : 0));
}

HEDDLE_DECL std::uint32_t received_frame::number() const noexcept {
  return detail::number_in(payload, 0) & http2::max_window;
}

HEDDLE_DECL std::string frame_codec::block(header_list const& fields) {
  byte_buffer out;
  encoder_.encode(fields, out);
  return std::string(as_text(out.view()));
}

HEDDLE_DECL std::string frame_codec::headers(http2::stream_id id, header_list const& fields, std::uint8_t flags) {
  return frames::frame(http2::frame_type::headers, flags | http2::flag::end_headers, id, block(fields));
}

HEDDLE_DECL std::vector<received_frame> frame_codec::read(std::string_view bytes) {
  input_.append(bytes);
  std::vector<received_frame> all;
  std::string_view rest(input_);
  if (!begun_) {
    std::string_view const preface = http2::client_preface;
    if (rest.size() < preface.size() && preface.substr(0, rest.size()) == rest) return all;
    if (rest.substr(0, preface.size()) == preface) rest.remove_prefix(preface.size());
    begun_ = true;
  }
  while (rest.size() >= http2::frame_header_size) {
    received_frame f;
    f.head = http2::frame_header::parse(as_bytes(rest).data());
    if (rest.size() - http2::frame_header_size < f.head.length) break;
    f.payload = rest.substr(http2::frame_header_size, f.head.length);
    rest.remove_prefix(http2::frame_header_size + f.head.length);
    decode(f);
    f.text = words(f);
    all.push_back(std::move(f));
  }
  input_.erase(0, input_.size() - rest.size());
  return all;
}

HEDDLE_DECL void frame_codec::decode(received_frame& f) {
  bool const first = f.type() == http2::frame_type::headers;
  if (!first && f.type() != http2::frame_type::continuation) return;
  std::string_view piece = first ? f.content() : std::string_view(f.payload);
  if (first && f.has(http2::flag::priority)) piece.remove_prefix(std::min<std::size_t>(5, piece.size()));
  bool const last = f.has(http2::flag::end_headers);
  if (decoder_.decode(as_bytes(piece), last, 1 << 20, *this) != hpack::decode_error::none) good_ = false;
  if (!last) return;
  f.fields = std::exchange(decoded_, header_list());
}

HEDDLE_DECL std::string frame_codec::words(received_frame const& f) {
  using http2::frame_type;
  auto const code = [&f] { return " " + std::string(to_string(f.error())); };
  std::string const id = " " + std::to_string(f.stream());
  std::string const end = f.has(http2::flag::end_stream) ? " END" : "";
  std::string const block = f.has(http2::flag::end_headers) ? printable(f.fields) : " …";
  switch (f.type()) {
    case frame_type::data: return "DATA" + id + " [" + printable(f.content()) + "]" + end;
    case frame_type::headers: return "HEADERS" + id + block + end;
    case frame_type::continuation: return "CONTINUATION" + id + block;
    case frame_type::rst_stream: return "RST_STREAM" + id + code();
    case frame_type::settings: return f.has(http2::flag::ack) ? "SETTINGS ACK" : "SETTINGS";
    case frame_type::ping: return (f.has(http2::flag::ack) ? "PING ACK " : "PING ") + printable(f.payload);
    case frame_type::goaway: {
      std::string const last = f.number() == http2::max_stream_id ? "max" : std::to_string(f.number());
      return "GOAWAY " + last + code() + " [" + (f.payload.size() < 8 ? "" : f.payload.substr(8)) + "]";
    }
    case frame_type::window_update: return "WINDOW_UPDATE" + id + " +" + std::to_string(f.number());
    default: return "frame of type " + std::to_string(static_cast<int>(f.type()));
  }
}

}  // namespace heddle::testing
