// What messages look like in a call's body: one class a content-subtype, beside protobuf's own form, which needs none.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/rpc/message_ops.hpp>

namespace heddle {

/// Shared by all calls of all threads: without state that changes. Messages of raw_message never come here: their bytes
/// are what the application makes them. What serialize() and parse() throw ends the call: rpc_error with its status,
/// anything else with INTERNAL, which a server shows to server_options::on_exception().
class codec {
 public:
  virtual ~codec() = default;

  /// The content-subtype, which follows `application/grpc+`; in lower case.
  virtual std::string_view name() const noexcept = 0;
  /// Writes the message into `out`, which is empty. A status that is not OK ends the call.
  virtual status serialize(void const* message, message_ops const& ops, std::string& out) const = 0;
  /// Replaces the message by what `bytes` say. A status that is not OK ends the call; INTERNAL is gRPC's word for what
  /// cannot be read.
  virtual status parse(void* message, message_ops const& ops, bytes_view bytes) const = 0;
};

/// The codecs that a server has beside "proto". Cheap to copy while there are none.
class codec_list {
 public:
  codec_list() noexcept {}

  /// Takes the place of one with the same name. Throws std::invalid_argument for a name that content-types can't have,
  /// and for "proto".
  void add(std::shared_ptr<codec const> c);
  /// Null when it is not here. Without regard to case. Valid as long as this list.
  codec const* find(std::string_view name) const noexcept;
  /// "proto, json"
  std::string names() const;

 private:
  std::vector<std::shared_ptr<codec const>> all_;
};

/// Whether content-subtypes are the same; an empty one is "proto".
bool same_subtype(std::string_view a, std::string_view b) noexcept;

/// Whether text may follow `application/grpc+`: a token of HTTP (RFC 9110 §5.6.2).
bool is_valid_subtype(std::string_view text) noexcept;

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/codec.ipp>
#endif
