// The body of a received message, which need not lie in one place.
#pragma once

#include <span>

#include <heddle/base/bytes.hpp>
#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/message_ops.hpp>

namespace heddle::rpc {

/// One piece at least.
using message_body = std::span<bytes_view const>;

enum class body_form : bool { whole, in_pieces };

/// The form that can be parsed without a copy. `form`: a codec in the place of protobuf's own form, or null.
inline body_form form_for(message_ops const& ops, codec const* form) noexcept {
  bool const coded = form != nullptr && !is_raw(ops);
  return ops.parse_pieces != nullptr && !coded ? body_form::in_pieces : body_form::whole;
}

/// Replaces the content of a message by a body in protobuf's form. False when it is no such message.
inline bool parse_body(void* message, message_ops const& ops, message_body body) {
  return body.size() == 1 ? ops.parse(message, body.front()) : ops.parse_pieces(message, body);
}

}  // namespace heddle::rpc
