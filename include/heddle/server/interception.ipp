#pragma once

#include <algorithm>
#include <utility>

#include <heddle/server/interception.hpp>

namespace heddle::detail {

HEDDLE_DECL void server_interception::begin(std::vector<interceptor const*> const& interceptors) {
  reset();
  chain() = interceptors;
  handler_ran_ = false;
}

HEDDLE_DECL method_descriptor const& server_interception::method() const noexcept { return *call_.route_->method; }
HEDDLE_DECL std::string_view server_interception::peer() const noexcept { return call_.driver_->peer(); }
HEDDLE_DECL std::string_view server_interception::authority() const noexcept { return call_.request_->authority; }
HEDDLE_DECL metadata& server_interception::request_headers() noexcept { return call_.own_request().metadata; }
HEDDLE_DECL metadata& server_interception::response_headers() noexcept { return call_.response_.metadata; }
HEDDLE_DECL metadata& server_interception::trailers() noexcept { return call_.trailers_; }
HEDDLE_DECL time_point server_interception::deadline() const noexcept { return call_.until_; }
HEDDLE_DECL std::optional<duration> server_interception::time_left() const noexcept {
  return call_.context_.time_left();
}
HEDDLE_DECL bool server_interception::cancelled() const noexcept { return call_.over_; }
HEDDLE_DECL bool server_interception::committed() const noexcept { return call_.head_sent_ || call_.request_taken_; }

HEDDLE_DECL void server_interception::set_deadline(time_point at) {
  call_.until_ = at;
  if (!call_.over_) call_.driver_->deadlines().set(call_, at);
}

HEDDLE_DECL asio::awaitable<status> server_interception::innermost() {
  if (call_.over_) co_return status(status_code::cancelled, "the call is over");
  if (handler_ran_ && committed())
    co_return status(status_code::internal, "an interceptor called next again after the call was committed");
  handler_ran_ = true;
  call_.held_.clear();
  status outcome;
  try {
    outcome = co_await call_.route_->serve(*call_.route_->self, call_);
  } catch (...) {
    call_.end_scope();
    throw;
  }
  call_.end_scope();
  co_return outcome;
}

/// What is held leaves after the last interceptor has returned: too late for its hooks.
HEDDLE_DECL status server_interception::on_return() { return call_.show_head(); }

HEDDLE_DECL void server_interception::on_exception(std::exception_ptr error) {
  static_cast<void>(call_.handler_threw(std::move(error)));
}

HEDDLE_DECL void server_interception::answer(void const* response) {
  if (!call_.over_) call_.send_message(response, method().response(), write_options());
}

}  // namespace heddle::detail
