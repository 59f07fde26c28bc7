// Unary calls: typed coroutines around an untyped middle.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/client/call_options.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::detail {

class channel_core;
class client_call;

/// Lives in the caller's coroutine frame. Destroying it cancels the call.
class unary_run {
 public:
  unary_run(std::shared_ptr<channel_core> const& core, asio::any_io_executor const& here);
  ~unary_run();
  unary_run(unary_run const&) = delete;
  unary_run& operator=(unary_run const&) = delete;

  void begin(method_descriptor const& method, call_options const& options, void const* request, void* response);
  /// To be awaited once, after begin().
  auto wait() { return place().wait(executor(), start_, cancel_); }
  /// The outcome, and whatever the options ask to be told.
  status end(call_options const& options);

 private:
  struct starter {
    unary_run* self;
    void operator()() const { self->start(); }
  };
  struct canceller {
    unary_run* self;
    void operator()(asio::cancellation_type) const { self->cancel(); }
  };

  waiter& place() noexcept;
  asio::any_io_executor const& executor() const noexcept;
  void start();
  void cancel();

  std::shared_ptr<client_call> call_;
  std::shared_ptr<channel_core> core_;
  bool const home_;
  void const* request_ = nullptr;
  void* response_ = nullptr;
  starter start_{this};
  canceller cancel_{this};
};

}  // namespace heddle::detail

namespace heddle {

/// What may end a call's argument list: as_result, or a completion token for void(status, Response).
template <class Token>
concept call_token = !std::convertible_to<Token, call_options>;

/// Calls a unary method. Throws rpc_error unless the status is OK. `request` must live until the awaitable has ended.
/// Cancellation of any type resets the call and ends it with CANCELLED.
template <class Request, class Response>
asio::awaitable<Response> unary_call(stub const& self, unary_method<Request, Response> const& method,
                                     Request const& request, call_options options) {
  Response response;
  detail::unary_run run(self.heddle_core_(), co_await asio::this_coro::executor);
  run.begin(method, options, &request, &response);
  co_await run.wait();
  status const outcome = run.end(options);
  if (!outcome.is_ok()) throw rpc_error(outcome);
  co_return response;
}

/// The same without a throw.
template <class Request, class Response>
asio::awaitable<result<Response>> unary_call(stub const& self, unary_method<Request, Response> const& method,
                                             Request const& request, call_options options, as_result_t) {
  Response response;
  detail::unary_run run(self.heddle_core_(), co_await asio::this_coro::executor);
  run.begin(method, options, &request, &response);
  co_await run.wait();
  status outcome = run.end(options);
  if (!outcome.is_ok()) co_return outcome;
  co_return response;
}

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/unary.ipp>
#endif
