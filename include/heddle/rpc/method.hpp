// What is known of a method before any call: its path, its kind, its messages. Generated code has one constant a
// method.
#pragma once

#include <cstdint>
#include <string_view>

#include <heddle/rpc/message_ops.hpp>

namespace heddle {

enum class call_kind : std::uint8_t { unary, server_streaming, client_streaming, bidi_streaming };

/// google.protobuf.MethodOptions.idempotency_level.
enum class idempotency : std::uint8_t { unknown, no_side_effects, idempotent };

class method_descriptor {
 public:
  constexpr method_descriptor(std::string_view path, call_kind kind, message_ops const* request,
                              message_ops const* response, heddle::idempotency level) noexcept
      : path_(path), request_(request), response_(response), kind_(kind), level_(level) {}

  /// "/package.Service/Method", as it is in :path.
  constexpr std::string_view path() const noexcept { return path_; }
  constexpr std::string_view service() const noexcept { return path_.substr(1, path_.rfind('/') - 1); }
  constexpr std::string_view name() const noexcept { return path_.substr(path_.rfind('/') + 1); }
  constexpr call_kind kind() const noexcept { return kind_; }
  constexpr bool client_streams() const noexcept { return kind_ >= call_kind::client_streaming; }
  constexpr bool server_streams() const noexcept {
    return kind_ == call_kind::server_streaming || kind_ == call_kind::bidi_streaming;
  }
  constexpr heddle::idempotency idempotency_level() const noexcept { return level_; }
  constexpr message_ops const& request() const noexcept { return *request_; }
  constexpr message_ops const& response() const noexcept { return *response_; }

 private:
  std::string_view path_;
  message_ops const* request_;
  message_ops const* response_;
  call_kind kind_;
  heddle::idempotency level_;
};

/// A method whose messages the compiler knows, too. `path` must outlive it: a literal.
template <call_kind Kind, class Request, class Response>
class typed_method : public method_descriptor {
 public:
  using request_type = Request;
  using response_type = Response;
  static constexpr call_kind kind_of = Kind;

  constexpr explicit typed_method(std::string_view path,
                                  heddle::idempotency level = heddle::idempotency::unknown) noexcept
      : method_descriptor(path, Kind, ops_of<Request>, ops_of<Response>, level) {}
};

template <class Request, class Response>
using unary_method = typed_method<call_kind::unary, Request, Response>;
template <class Request, class Response>
using server_streaming_method = typed_method<call_kind::server_streaming, Request, Response>;
template <class Request, class Response>
using client_streaming_method = typed_method<call_kind::client_streaming, Request, Response>;
template <class Request, class Response>
using bidi_streaming_method = typed_method<call_kind::bidi_streaming, Request, Response>;

}  // namespace heddle
