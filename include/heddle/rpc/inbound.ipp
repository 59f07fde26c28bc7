#pragma once

#include <string>

#include <heddle/rpc/inbound.hpp>
#include <heddle/rpc/packing.hpp>

namespace heddle::rpc {

HEDDLE_DECL message_body inbound::made_whole(body_form wanted) {
  if (front().size() < reader_.wanted()) {
    if (wanted == body_form::in_pieces && !compressed_) return scattered();
    gather(reader_.wanted() - buffer_.size());
  }
  whole_ = reader_.body(front());
  if (compressed_) whole_ = inflate(whole_);
  return message_body(&whole_, 1);
}

/// Of a message whose prefix is in one place, and whose end is not.
HEDDLE_DECL message_body inbound::scattered() {
  std::vector<bytes_view>& pieces = piece_list();
  pieces.clear();
  auto const add = [&pieces](bytes_view piece) { pieces.push_back(piece); };
  if (!buffer_.empty()) add(buffer_.view());
  lent_.each(reader_.wanted() - buffer_.size(), add);
  pieces.front() = pieces.front().subspan(message_prefix_size);
  return pieces;
}

HEDDLE_DECL bytes_view inbound::inflate(bytes_view body) {
  bytes_view plain;
  auto const result = unpack(*decoder_, body, reader_.limit().bytes, plain);
  if (result == compressor::outcome::done) return plain;
  unpacked();
  state_ = message_reader::outcome::error;
  std::string const encoding(decoder_->name());
  reader_.fail(result == compressor::outcome::too_large
                   ? status(status_code::resource_exhausted, "received a message of " + std::to_string(body.size()) +
                                                                 " bytes of " + encoding +
                                                                 ", which becomes more than " + reader_.limit().text())
                   : status(status_code::internal, "received a compressed message that is no " + encoding));
  return {};
}

HEDDLE_DECL void inbound::release_inflated() noexcept { unpacked(); }

}  // namespace heddle::rpc
