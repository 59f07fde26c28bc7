// Calls of methods that are known by name only, with messages as bytes: for proxies, gateways and tools.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/client/calls.hpp>
#include <heddle/client/unary.hpp>
#include <heddle/rpc/method.hpp>

namespace heddle {

namespace detail {

/// Throws std::invalid_argument for what can be no path of a request.
std::string checked_path(std::string_view path);

struct named_method_path {
  std::string text;
};

/// A method with its name, which its calls share.
template <call_kind Kind>
class named_method final : private named_method_path, public typed_method<Kind, raw_message, raw_message> {
 public:
  explicit named_method(std::string_view path)
      : named_method_path{checked_path(path)}, typed_method<Kind, raw_message, raw_message>(named_method_path::text) {}
  named_method(named_method const&) = delete;
  named_method& operator=(named_method const&) = delete;
};

using named_unary = named_method<call_kind::unary>;
using named_bidi = named_method<call_kind::bidi_streaming>;

asio::awaitable<result<raw_message>> call_unary(std::shared_ptr<channel_core> core,
                                                std::shared_ptr<named_unary const> method, raw_message const& request,
                                                call_options options);
asio::awaitable<raw_message> call_unary_or_throw(std::shared_ptr<channel_core> core,
                                                 std::shared_ptr<named_unary const> method, raw_message const& request,
                                                 call_options options);

}  // namespace detail

/// A call of any kind. What is not a stream has one message in that direction, which nobody checks here. To
/// interceptors it is a bidirectional one.
class generic_call : public bidi_streaming_call<raw_message, raw_message> {
 public:
  /// `method`: as it is in :path, "/package.Service/Method". Throws std::invalid_argument when it does not begin with a
  /// slash, or has anything but visible ASCII in it.
  generic_call(stub const& self, std::string_view method, call_options const& options = call_options())
      : bidi_streaming_call(self,
                            std::shared_ptr<bidi_streaming_method<raw_message, raw_message> const>(
                                std::make_shared<detail::named_bidi>(method)),
                            options) {}
};

/// A client of whatever the server serves.
class generic_stub : public stub {
 public:
  using stub::stub;

  /// Begins a call, as generic_call does.
  generic_call call(std::string_view method, call_options const& options = call_options()) const {
    return generic_call(*this, method, options);
  }

  /// One request, one response; otherwise as unary methods of generated clients: throws rpc_error unless the status is
  /// OK, and std::invalid_argument as generic_call. `request` must live until the awaitable has ended, `method` need
  /// not.
  asio::awaitable<raw_message> unary(std::string_view method, raw_message const& request,
                                     call_options options = call_options()) const {
    return detail::call_unary_or_throw(heddle_core_(), std::make_shared<detail::named_unary>(method), request,
                                       std::move(options));
  }
  template <call_token Token>
  auto unary(std::string_view method, raw_message const& request, Token&& token) const {
    return unary(method, request, call_options(), std::forward<Token>(token));
  }
  asio::awaitable<result<raw_message>> unary(std::string_view method, raw_message const& request, call_options options,
                                             as_result_t) const {
    return detail::call_unary(heddle_core_(), std::make_shared<detail::named_unary>(method), request,
                              std::move(options));
  }
  /// void(status, raw_message), as unary_call() with a token.
  template <completion_token<void(status, raw_message), as_result_t> Token>
  auto unary(std::string_view method, raw_message const& request, call_options options, Token&& token) const {
    auto const& core = heddle_core_();
    std::shared_ptr<method_descriptor const> named = std::make_shared<detail::named_unary>(method);
    using operation = detail::unary_operation<raw_message, raw_message>;
    return detail::start_operation<operation, void(status, raw_message), Token>(
        token, detail::unary_run::executor_of(*core), core, std::move(named), request, std::move(options));
  }
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/generic.ipp>
#endif
