// Hooks and codecs of an application that throw in the middle of a call.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "support/lab.hpp"

namespace heddle::test {

/// Who throws when he sees the text "bad".
enum class breaks { request_hook, response_hook, headers_hook, parse, serialize };
inline auto const everything_that_breaks = {breaks::request_hook, breaks::response_hook, breaks::headers_hook,
                                            breaks::parse, breaks::serialize};

inline bool is_codec(breaks what) { return what == breaks::parse || what == breaks::serialize; }

inline void look_at(Text const& message) {
  if (message.text() == "bad") throw std::runtime_error("a secret");
}

/// Protobuf's own form by another name.
class fragile_codec final : public codec {
 public:
  explicit fragile_codec(std::optional<breaks> where = std::nullopt) : where_(where) {}
  std::string_view name() const noexcept override { return "fragile"; }
  status serialize(void const* message, message_ops const& ops, std::string& out) const override {
    if (where_ == breaks::serialize) look_at(*static_cast<Text const*>(message));
    out.resize(ops.size(message));
    ops.serialize(message, reinterpret_cast<std::uint8_t*>(out.data()), out.size());
    return ok;
  }
  status parse(void* message, message_ops const& ops, bytes_view bytes) const override {
    if (!ops.parse(message, bytes)) return status(status_code::internal, "no message");
    if (where_ == breaks::parse) look_at(*static_cast<Text const*>(message));
    return ok;
  }

 private:
  std::optional<breaks> where_;
};

inline interceptor fragile_hooks(breaks where) {
  return [where](call_context& call, next inner) -> asio::awaitable<status> {
    auto const see = [](message_view& message) {
      look_at(*message.get<Text>());
      return status();
    };
    auto const see_headers = [](metadata&) { throw std::runtime_error("a secret"); };
    if (where == breaks::request_hook) call.on_request(see);
    if (where == breaks::response_hook) call.on_response(see);
    if (where == breaks::headers_hook && call.request_headers().contains("bad")) call.on_response_headers(see_headers);
    co_return co_await inner();
  };
}

}  // namespace heddle::test
