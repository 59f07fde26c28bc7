#pragma once

#include <string>

#include <heddle/rpc/inbound.hpp>
#include <heddle/rpc/packing.hpp>

namespace heddle::rpc {

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
