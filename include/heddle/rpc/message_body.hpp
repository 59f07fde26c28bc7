// The body of a received message, which need not lie in one place.
#pragma once

#include <span>

#include <heddle/base/bytes.hpp>
#include <heddle/base/status.hpp>
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

status no_such_message(char const* what, message_ops const& ops);

/// Replaces the content of a message by a body of form_for(). INTERNAL for what is no such message; `what` it was to be.
/// Throws what codecs and message types throw.
[[gnu::always_inline]] inline status parse_message(void* message, message_ops const& ops, message_body body,
                                                   codec const* form, char const* what) {
  if (form != nullptr && !is_raw(ops)) [[unlikely]]
    return form->parse(message, ops, body.front());
  if (body.size() == 1 ? ops.parse(message, body.front()) : ops.parse_pieces(message, body)) [[likely]]
    return status();
  return no_such_message(what, ops);
}

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/message_body.ipp>
#endif
