// The coroutine of a call object: it runs one handler after the other, and is parked in between.
#pragma once

#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/server/call.hpp>
#include <heddle/server/interception.hpp>

namespace heddle::detail {

HEDDLE_DECL void server_call::start_handler() {
  phase_ = phase::running;
  session_->handler_started();
  if (!route_->method->client_streams()) meter_.received();  // its one request
  intercepted_ = !route_->interceptors.empty();
  if (intercepted_) {
    if (interception_ == nullptr) interception_ = std::make_unique<server_interception>(*this);
    interception_->begin(route_->interceptors);
  }
  if (spawned_) return parked_.complete();
  spawned_ = true;
  auto const on_end = [self = shared_from_this()](std::exception_ptr) {};
  asio::co_spawn(driver_->get_executor(), run(shared_from_this()),
                 asio::bind_cancellation_slot(signal_.slot(), on_end));
}

/// Recycled from call to call: resuming a parked coroutine costs a tenth of spawning one.
HEDDLE_DECL asio::awaitable<void> server_call::run(std::shared_ptr<server_call> self) {
  server_call& call = *self;
  for (;;) {
    status outcome;
    try {
      if (call.intercepted_) {
        outcome = co_await call.interception_->run();
        call.interception_->reset();
      } else {
        outcome = co_await call.route_->serve(*call.route_->self, call);
      }
    } catch (rpc_error const& e) {
      outcome = e.status().is_ok() ? status(status_code::unknown, "the handler threw an OK status") : e.status();
    } catch (...) {
      outcome = call.handler_threw(std::current_exception());
    }
    call.finish(outcome);
    if (call.retired_) co_return;
    // A cancellation was the last call's, and so were its handler's own filters; the next one starts without.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(true);
    co_await call.parked_.park();
    if (call.retired_) co_return;
  }
}

/// A stranger is not told what the exception says; its owner is.
HEDDLE_DECL status server_call::handler_threw(std::exception_ptr error) {
  auto const& tell = shared_->options.on_exception();
  bool aborted = false;
  try {
    std::rethrow_exception(error);
  } catch (boost::system::system_error const& e) {
    aborted = e.code() == asio::error::operation_aborted;
  } catch (...) {
  }
  try {
    if (tell && !(aborted && over_)) tell(context_, std::move(error));
  } catch (...) {
  }
  return status(status_code::unknown, "the handler threw an exception");
}

HEDDLE_DECL void server_call::cancel_handler() {
  cancel_pending_ = false;
  signal_.emit(asio::cancellation_type::terminal);
  if (scope_ != nullptr) scope_->end();
}

}  // namespace heddle::detail
