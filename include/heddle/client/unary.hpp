// Unary calls: typed coroutines around an untyped middle.
#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/client/call_options.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/transport/operation.hpp>

namespace heddle::detail {

class channel_core;
class client_call;

/// Lives in the caller's coroutine frame, or in an operation. Destroying it cancels the call.
class unary_run {
 public:
  /// `here`: where the caller runs, or empty: anywhere.
  unary_run(std::shared_ptr<channel_core> const& core, asio::any_io_executor const& here);
  ~unary_run();
  unary_run(unary_run const&) = delete;
  unary_run& operator=(unary_run const&) = delete;

  /// `owner`: of the method, where that does not live for ever.
  void begin(method_descriptor const& method, call_options const& options, void const* request, void* response,
             std::shared_ptr<method_descriptor const> owner = nullptr);
  /// To be awaited once, after begin().
  auto wait() { return place().wait(executor(), start_, cancel_); }
  /// The outcome, and whatever the options ask to be told.
  status end(call_options const& options);

  static asio::any_io_executor const& executor_of(channel_core const& core) noexcept;
  waiter& place() noexcept;
  asio::any_io_executor const& executor() const noexcept;
  void start();
  void cancel();

 private:
  struct starter {
    unary_run* self;
    void operator()() const { self->start(); }
  };
  struct canceller {
    unary_run* self;
    void operator()(asio::cancellation_type) const { self->cancel(); }
  };

  std::shared_ptr<client_call> call_;
  std::shared_ptr<channel_core> core_;
  bool const home_;
  void const* request_ = nullptr;
  void* response_ = nullptr;
  starter start_{this};
  canceller cancel_{this};
};

/// A unary call for a completion token: keeps request, options and response until the handler gets its due.
template <class Request, class Response>
class unary_operation {
 public:
  unary_operation(std::shared_ptr<channel_core> const& core, method_descriptor const* method, Request request,
                  call_options options)
      : request_(std::move(request)), options_(std::move(options)), run_(core, asio::any_io_executor()) {
    run_.begin(*method, options_, &request_, &response_);
  }
  unary_operation(std::shared_ptr<channel_core> const& core, std::shared_ptr<method_descriptor const> method,
                  Request request, call_options options)
      : request_(std::move(request)), options_(std::move(options)), run_(core, asio::any_io_executor()) {
    run_.begin(*method, options_, &request_, &response_, method);
  }
  waiter& place() noexcept { return run_.place(); }
  asio::any_io_executor const& home() const noexcept { return run_.executor(); }
  void start() { run_.start(); }
  void cancel() { run_.cancel(); }
  std::tuple<status, Response> take() {
    status outcome = run_.end(options_);
    if (!outcome.is_ok()) return {std::move(outcome), Response()};
    return {status(), std::move(response_)};
  }

 private:
  Request request_;
  Response response_;
  call_options options_;
  unary_run run_;  // goes first
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

/// The same with a completion token for void(status, Response), which completes on its associated executor, by default
/// the channel's. Request and options are copied (what the options refer to is not). Nothing is thrown for a status;
/// the response is empty unless it is OK. Any cancellation type ends the call as above.
template <class Request, class Response, completion_token<void(status, Response), as_result_t> Token>
auto unary_call(stub const& self, unary_method<Request, Response> const& method, Request const& request,
                call_options options, Token&& token) {
  auto const& core = self.heddle_core_();
  method_descriptor const* const untyped = &method;
  return detail::start_operation<detail::unary_operation<Request, Response>, void(status, Response), Token>(
      token, detail::unary_run::executor_of(*core), core, untyped, request, std::move(options));
}

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/unary.ipp>
#endif
