// What serves the methods that no service has: for proxies, gateways and services that are made at run time.
#pragma once

#include <span>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <heddle/rpc/message_ops.hpp>
#include <heddle/server/service.hpp>

namespace heddle {

/// Both directions of a call as bytes, whatever its kind: what is not a stream is one message, which nobody checks
/// here.
using generic_stream = stream<raw_message, raw_message>;

namespace detail {

/// A service without methods of its own.
template <class F>
class fallback_service final : public service {
 public:
  explicit fallback_service(F f) : f_(std::move(f)) {}
  std::span<method_binding const> heddle_methods_() const noexcept override { return {}; }
  static asio::awaitable<status> serve(service& self, server_call& call) {
    return serve_bidi_streaming<raw_message, raw_message>(call, handler{&static_cast<fallback_service&>(self).f_});
  }

 private:
  struct handler {
    F* f;
    reply<void> operator()(server_context& context, generic_stream& both) const { return (*f)(context, both); }
  };
  F f_;
};

}  // namespace detail

}  // namespace heddle
