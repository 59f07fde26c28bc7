// Messages as JSON (`application/grpc+json`), by protobuf's own mapping. For programs that want it: nothing else
// includes this, and protobuf's JSON is not small.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/protobuf.hpp>

namespace heddle {

/// Fluent: `json_options().ignore_unknown_fields(false)`.
class json_options {
 public:
  json_options() noexcept {}

  /// Whether fields that the message does not have are passed over, as unknown ones of protobuf's own form are, or
  /// refused with INTERNAL. Default: passed over, so that a peer with a newer .proto is understood.
  json_options& ignore_unknown_fields(bool value) & noexcept {
    ignore_unknown_fields_ = value;
    return *this;
  }
  json_options&& ignore_unknown_fields(bool value) && noexcept { return std::move(ignore_unknown_fields(value)); }
  bool ignore_unknown_fields() const noexcept { return ignore_unknown_fields_; }

 private:
  bool ignore_unknown_fields_ = true;
};

namespace detail {

class json_codec final : public codec {
 public:
  explicit json_codec(json_options const& options) noexcept {
    parse_options_.ignore_unknown_fields = options.ignore_unknown_fields();
  }

  std::string_view name() const noexcept override { return "json"; }

  status serialize(void const* message, message_ops const& ops, std::string& out) const override {
    auto const* const full = as_protobuf(message, ops);
    if (full == nullptr) return no_descriptor(ops);
    auto const done = google::protobuf::util::MessageToJsonString(*full, &out);
    if (done.ok()) return {};
    return wrong("cannot be written as JSON", ops, std::string(done.message()));
  }

  status parse(void* message, message_ops const& ops, bytes_view bytes) const override {
    auto* const full = as_protobuf(message, ops);
    if (full == nullptr) return no_descriptor(ops);
    full->Clear();
    std::string const text(as_text(bytes));
    auto const done = google::protobuf::util::JsonStringToMessage(text, full, parse_options_);
    if (done.ok()) return {};
    return wrong("was not found in the JSON", ops, std::string(done.message()));
  }

 private:
  static status no_descriptor(message_ops const& ops) {
    return status(
        status_code::internal,
        std::string(ops.type_name()) + " has no descriptor, without which there is no JSON: it is a lite message");
  }
  static status wrong(char const* what, message_ops const& ops, std::string const& why) {
    return status(status_code::internal, std::string(ops.type_name()) + " " + what + ": " + why);
  }

  google::protobuf::util::JsonParseOptions parse_options_;
};

}  // namespace detail

/// For server_options::add_codec(), channel_options::codec() and call_options::codec().
inline std::shared_ptr<codec const> json(json_options const& options = json_options()) {
  return std::make_shared<detail::json_codec>(options);
}

}  // namespace heddle
