// Header blocks: HEADERS and CONTINUATION in, judged as a whole at their end (RFC 9113 §4.3, §8).
#pragma once

#include <algorithm>

#include <heddle/http2/connection.hpp>

namespace heddle::http2 {

/// The top bit of a compression entry's cookie says that the entry was found valid before; the rest is the user's.
inline constexpr std::uint32_t checked_cookie = 0x8000'0000;

HEDDLE_DECL void connection::on_headers(frame_header const& h, bytes_view payload) {
  if (h.id == 0) return fail(error_code::protocol_error, "HEADERS on stream 0");
  if (!strip_padding(h, payload)) return;
  stream const* const s = table_.find(h.id);
  bool const request = who_ == role::server && (h.id & 1) == 1;
  if (s == nullptr && !request && is_idle(h.id))  // §5.1.1
    return fail(error_code::protocol_error, "HEADERS on a stream that the peer can't open");
  block_ = header_block();
  if (h.has(flag::priority)) {
    if (payload.size() < 5) return fail(error_code::frame_size_error, "HEADERS is too short for its priority");
    block_.self_dependent = (read_u32(payload.data()) & max_stream_id) == h.id;
    payload = payload.subspan(5);
  }
  block_.id = h.id;
  block_.end_stream = h.has(flag::end_stream);
  if (s != nullptr)
    block_.kind = who_ == role::client && !s->head_received_ ? block_kind::response : block_kind::trailers;
  if (payload.empty() && !h.has(flag::end_headers) && ++block_.empty_frames > limits_.max_empty_header_frames)
    return fail(error_code::enhance_your_calm, "too_many_empty_frames");
  known_ = block_.kind == block_kind::trailers ? &trailers_ : &head_;
  block_.version = decoder_.version();
  if (h.has(flag::end_headers) && known_->repeats(payload, block_.version)) return finish_block();
  known_->bytes.clear();
  known_->fields.clear();
  known_->rules.begin(block_.kind);
  decode_block(payload, h.has(flag::end_headers));
}

HEDDLE_DECL void connection::on_continuation(frame_header const& h, bytes_view payload) {
  if (block_.id == 0) return fail(error_code::protocol_error, "CONTINUATION without HEADERS");
  bool const last = h.has(flag::end_headers);
  if (payload.empty() && !last && ++block_.empty_frames > limits_.max_empty_header_frames)
    return fail(error_code::enhance_your_calm, "too_many_empty_frames");
  if (++block_.continuations > limits_.max_continuations)
    return fail(error_code::enhance_your_calm, "too_many_continuations");
  decode_block(payload, last);
}

/// Decoding goes on to the end of the block whatever is wrong with it, or the two tables would part
/// (CVE-2023-32731). Only what no honest peer sends ends the connection.
HEDDLE_DECL void connection::decode_block(bytes_view fragment, bool last) {
  std::size_t const bomb = std::size_t{limits_.max_header_list_size} * 4;
  std::size_t const room = bomb - std::min(bomb, block_.list_size);
  hpack::decode_error const error = decoder_.decode(fragment, last, room, *this);
  if (block_.list_size > bomb || error == hpack::decode_error::string_too_long)
    return fail(error_code::enhance_your_calm, "header_list_too_large");
  if (error != hpack::decode_error::none) return fail(error_code::compression_error, to_string(error));
  if (!last) return;
  known_->rules.end();
  bool const all = block_.continuations == 0 && !block_.too_large && !known_->rules.malformed();
  if (all && decoder_.version() == block_.version && fragment.size() <= most_known) {
    known_->bytes.assign(as_text(fragment));
    known_->version = block_.version;
  }
  finish_block();
}

HEDDLE_DECL void connection::on_field(header_field const& field) {
  ++block_.fields;
  block_.list_size += field.name.size() + field.value.size() + 32;
  bool const checked = field.cookie != nullptr && (*field.cookie & checked_cookie) != 0;
  if (!known_->rules.malformed()) known_->rules.field(field, checked);
  if (block_.list_size > limits_.max_header_list_size || block_.fields > limits_.max_header_fields) {
    block_.too_large = true;
    return;
  }
  if (field.cookie != nullptr && !known_->rules.malformed()) *field.cookie |= checked_cookie;
  known_->fields.add(field);
}

HEDDLE_DECL void connection::finish_block() {
  stream_id const id = block_.id;
  bool const end_stream = block_.end_stream;
  block_.id = 0;
  stream* const s = table_.find(id);  // again: between the block's frames it may have been reset
  if (s == nullptr && who_ == role::server && id > last_peer_id_) return finish_request(id, end_stream);
  if (!judge(id, s, stream_input::recv_headers, "HEADERS on a stream that has ended")) return;
  if (block_.self_dependent)
    return reset(*s, error_code::protocol_error, reason::self_dependency, "a stream that depends on itself");
  if (known_->rules.malformed())
    return reset(*s, error_code::protocol_error, reason::malformed_headers, known_->rules.why());
  if (block_.kind == block_kind::response)
    finish_response(*s, end_stream);
  else
    finish_trailers(*s, end_stream);
}

HEDDLE_DECL void connection::finish_request(stream_id id, bool end_stream) {
  if (id > goaway_last_) return;  // the peer knows from our GOAWAY that nobody looks at it
  last_peer_id_ = id;
  if (live_ >= limits_.max_concurrent_streams)
    return reset_unknown(id, error_code::refused_stream, reason::refused_stream);
  if (block_.self_dependent) return reset_unknown(id, error_code::protocol_error, reason::self_dependency);
  if (known_->rules.malformed()) return reset_unknown(id, error_code::protocol_error, reason::malformed_headers);
  std::int64_t const length = known_->rules.content_length();
  if (end_stream && length > 0) return reset_unknown(id, error_code::protocol_error, reason::content_length_mismatch);
  stream& s = make_stream(id);
  s.head_received_ = true;
  s.content_left_ = length;
  if (end_stream) s.state_ = step(s.state_, stream_input::recv_end_stream).next;
  if (id > limits_.last_stream_id) shut_down(now_);
  sink_.on_headers(s, known_->fields, end_stream, block_.too_large ? block_size::too_large : block_size::fits);
}

HEDDLE_DECL void connection::finish_response(stream& s, bool end_stream) {
  if (known_->rules.status() >= 100 &&
      known_->rules.status() < 200) {  // §8.1: any number of interim answers come first
    if (end_stream || known_->rules.status() == 101)
      return reset(s, error_code::protocol_error, reason::malformed_headers,
                   "an interim response that ends the stream");
    charge(reason::interim_response);
    return;
  }
  s.head_received_ = true;
  s.content_left_ = known_->rules.content_length();
  if (end_stream && s.content_left_ > 0)
    return reset(s, error_code::protocol_error, reason::content_length_mismatch, "DATA and content-length differ");
  if (end_stream) end_received(s);
  sink_.on_headers(s, known_->fields, end_stream, block_.too_large ? block_size::too_large : block_size::fits);
  if (end_stream) after_end_received(s);
}

HEDDLE_DECL void connection::finish_trailers(stream& s, bool end_stream) {
  if (!end_stream)
    return reset(s, error_code::protocol_error, reason::malformed_headers, "trailers without END_STREAM");
  if (s.content_left_ > 0)
    return reset(s, error_code::protocol_error, reason::content_length_mismatch, "DATA and content-length differ");
  end_received(s);
  if (!s.released_) sink_.on_trailers(s, known_->fields, block_.too_large ? block_size::too_large : block_size::fits);
  after_end_received(s);
}

}  // namespace heddle::http2
