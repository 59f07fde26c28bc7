// What a service is to a server: methods, each with its descriptor and a way to run it. Generated code derives from it.
#pragma once

#include <functional>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/rpc/descriptor_file.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/server/context.hpp>
#include <heddle/server/streams.hpp>

namespace heddle {

class service;

namespace detail {

template <class T>
struct reply_type {
  using type = asio::awaitable<result<T>>;
};
template <>
struct reply_type<void> {
  using type = asio::awaitable<status>;
};

}  // namespace detail

/// What handlers return. `co_return` a message (reply<void>: heddle::ok) or a status; throwing rpc_error is the same as
/// returning its status. Any other exception becomes UNKNOWN without its text, which might be a secret.
template <class T>
using reply = typename detail::reply_type<T>::type;

/// One method of a service: how it looks, and the coroutine that serves one call of it.
struct method_binding {
  method_descriptor const* method;
  asio::awaitable<status> (*serve)(service& self, detail::server_call& call);
};

class service {
 public:
  virtual ~service() = default;
  virtual std::span<method_binding const> heddle_methods_() const noexcept = 0;
  /// The files that describe it, each after those that it imports. Empty unless it was generated with descriptors.
  virtual std::span<descriptor_file const> heddle_files_() const noexcept { return {}; }
  /// What a server that it is added to calls once, on any thread, when it begins to drain or is destroyed. Its
  /// connections hear of a drain after what is posted to them here; a server that is destroyed waits for nobody. Owns
  /// what it needs. Empty: nothing.
  virtual std::function<void()> heddle_on_drain_() const { return {}; }
};

namespace detail {

// Between the erased call and the typed handler: a coroutine where an answer is to be sent. A handler of a stream is
// called as it is, with a stream that the call has room for.

template <class Stream>
Stream& stream_of(server_call& call) {
  static_assert(sizeof(Stream) <= call_access::stream_room && std::is_trivially_destructible_v<Stream>);
  return *::new (call_access::room_for_stream(call)) Stream(call);
}

inline asio::awaitable<status> refuse(status why) { co_return why; }

template <class Response>
status send_answer(server_call& call, Response& answer) {
  status const sent = call_access::single_response(call, &answer, *ops_of<Response>);
  if (void* const kept = call_access::lent_reply(call, *ops_of<Response>)) {  // new_reply() gave it out: take it back
    using std::swap;
    swap(*static_cast<Response*>(kept), answer);
    ops_of<Response>->clear(kept);
  }
  return sent;
}

template <class Request, class Response, class F>
asio::awaitable<status> serve_unary(server_call& call, F f) {
  auto* const request = static_cast<Request*>(call_access::single_request(call, *ops_of<Request>));
  if (request == nullptr) co_return call_access::request_error(call);
  result<Response> answer = co_await f(call_access::context(call), *request);
  if (answer.has_error()) co_return call_access::checked_error(answer.error());
  co_return send_answer(call, answer.value());
}

template <class Request, class Response, class F>
asio::awaitable<status> serve_server_streaming(server_call& call, F f) {
  auto* const request = static_cast<Request*>(call_access::single_request(call, *ops_of<Request>));
  if (request == nullptr) return refuse(call_access::request_error(call));
  return f(call_access::context(call), *request, stream_of<writer<Response>>(call));
}

template <class Request, class Response, class F>
asio::awaitable<status> serve_client_streaming(server_call& call, F f) {
  result<Response> answer = co_await f(call_access::context(call), stream_of<reader<Request>>(call));
  if (answer.has_error()) co_return call_access::checked_error(answer.error());
  co_return send_answer(call, answer.value());
}

template <class Request, class Response, class F>
asio::awaitable<status> serve_bidi_streaming(server_call& call, F f) {
  return f(call_access::context(call), stream_of<stream<Request, Response>>(call));
}

template <class Method, class F>
asio::awaitable<status> serve_call(server_call& call, F f) {
  using request = typename Method::request_type;
  using response = typename Method::response_type;
  if constexpr (Method::kind_of == call_kind::unary)
    return serve_unary<request, response>(call, f);
  else if constexpr (Method::kind_of == call_kind::server_streaming)
    return serve_server_streaming<request, response>(call, f);
  else if constexpr (Method::kind_of == call_kind::client_streaming)
    return serve_client_streaming<request, response>(call, f);
  else
    return serve_bidi_streaming<request, response>(call, f);
}

template <class Member>
struct class_of;
template <class Class, class Function>
struct class_of<Function Class::*> {
  using type = Class;
};

template <auto Handler>
struct member_handler {
  using owner = typename class_of<decltype(Handler)>::type;
  owner* self;
  template <class... Arguments>
  auto operator()(Arguments&... arguments) const {
    return (self->*Handler)(arguments...);
  }
};

template <auto Handler, class Method>
asio::awaitable<status> serve_member(service& self, server_call& call) {
  using handler = member_handler<Handler>;
  return serve_call<Method>(call, handler{static_cast<typename handler::owner*>(&self)});
}

}  // namespace detail

/// Ties a virtual handler of a generated service to its method. `method` must have static storage duration.
template <auto Handler, class Method>
constexpr method_binding bind_method(Method const& method) noexcept {
  return {&method, &detail::serve_member<Handler, Method>};
}

/// What generated services answer until they are overridden.
template <class T>
reply<T> unimplemented(server_context& context) {
  co_return status(status_code::unimplemented,
                   "method " + std::string(context.method().path()) + " is not implemented");
}

namespace detail {

/// A method served by one function object.
template <class Method, class F>
class lambda_service final : public service {
 public:
  lambda_service(Method const& method, F f) : method_(method), f_(std::move(f)), binding_{&method_, &serve} {}
  lambda_service(lambda_service const&) = delete;
  lambda_service& operator=(lambda_service const&) = delete;
  std::span<method_binding const> heddle_methods_() const noexcept override { return {&binding_, 1}; }

 private:
  struct handler {
    F* f;
    template <class... Arguments>
    auto operator()(Arguments&... arguments) const {
      return (*f)(arguments...);
    }
  };
  static asio::awaitable<status> serve(service& self, server_call& call) {
    return serve_call<Method>(call, handler{&static_cast<lambda_service&>(self).f_});
  }

  Method const method_;
  F f_;
  method_binding const binding_;
};

}  // namespace detail

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/session.hpp>
#endif
