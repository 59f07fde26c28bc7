#pragma once

#include <string>

#include <heddle/rpc/message_framing.hpp>

namespace heddle {

HEDDLE_DECL std::string receive_limit::text() const {
  std::string const option = options_class.empty() ? std::string() : std::string(options_class) + "::";
  return option + "max_receive_message_size (" + std::to_string(bytes) + " bytes)";
}

HEDDLE_DECL message_reader::outcome message_reader::judge(bytes_view front, std::size_t available) {
  if (!error_.is_ok()) return outcome::error;
  wanted_ = message_prefix_size;
  bool const wrong = !front.empty() && front[0] != 0 && !(front[0] == 1 && encoded_);
  if (wrong) return fail_flag(front[0]);
  if (front.size() < message_prefix_size) return outcome::need_more;
  if (wire_size(front) > limit_.bytes) return fail_size(wire_size(front));
  return take_prefix(front, available);
}

HEDDLE_DECL message_reader::outcome message_reader::fail_flag(std::uint8_t flag) {
  error_ = status(status_code::internal,
                  flag == 1 ? std::string("received a compressed message without a grpc-encoding")
                            : "received a message with flag " + std::to_string(flag) + ", which is neither 0 nor 1");
  return outcome::error;
}

HEDDLE_DECL message_reader::outcome message_reader::fail_size(std::size_t size) {
  error_ = status(status_code::resource_exhausted,
                  "received a message of " + std::to_string(size) + " bytes, which is more than " + limit_.text());
  return outcome::error;
}

HEDDLE_DECL status check_end_of_messages(std::size_t left) {
  if (left == 0) return ok;
  return status(status_code::internal, "the stream ended inside a message");
}

}  // namespace heddle
