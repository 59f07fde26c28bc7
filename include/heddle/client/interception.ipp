#pragma once

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <heddle/client/core.hpp>
#include <heddle/client/interception.hpp>

namespace heddle::detail {

HEDDLE_DECL void client_interception::begin() {
  running_ = alive_ = true;
  auto const on_end = [core = call_.core().shared_from_this(), call = call_.shared_from_this()](std::exception_ptr) {
    call->interception_->alive_ = false;
    call->recycle_if_quiet();
  };
  asio::co_spawn(call_.core().get_executor(), run_all(call_.shared_from_this()),
                 asio::bind_cancellation_slot(signal_.slot(), on_end));
}

HEDDLE_DECL asio::awaitable<void> client_interception::run_all(std::shared_ptr<client_call> call) {
  status const outcome = co_await call->interception_->run();
  call->interception_->reset();
  call->interception_->running_ = false;
  call->on_interceptors_end(outcome);
}

HEDDLE_DECL asio::awaitable<status> client_interception::innermost() {
  client_call& call = call_;
  if (!call.begin_attempts())
    co_return status(status_code::internal, "an interceptor called next again after the call was committed");
  auto const nothing = [] {};
  auto const cancel = [&call](asio::cancellation_type) { call.abort_attempts(); };
  co_await ended_.wait(call.core().get_executor(), nothing, cancel);
  co_return call.attempts_status();
}

HEDDLE_DECL void client_interception::resume() { ended_.complete(); }

HEDDLE_DECL void client_interception::answer(void const* response) { call_.answer(response); }

HEDDLE_DECL method_descriptor const& client_interception::method() const noexcept { return *call_.method_; }
HEDDLE_DECL std::string_view client_interception::peer() const noexcept { return call_.peer(); }
HEDDLE_DECL std::string_view client_interception::authority() const noexcept { return call_.head_.authority; }
HEDDLE_DECL metadata& client_interception::request_headers() noexcept { return call_.head_.metadata; }
HEDDLE_DECL metadata& client_interception::response_headers() noexcept { return call_.attempt_.head().metadata; }
HEDDLE_DECL metadata& client_interception::trailers() noexcept { return call_.attempt_.trailers(); }
HEDDLE_DECL time_point client_interception::deadline() const noexcept { return call_.until_; }
HEDDLE_DECL std::optional<duration> client_interception::time_left() const noexcept {
  if (call_.until_ == never) return std::nullopt;
  return std::max(duration::zero(), call_.until_ - call_.core().get_clock().now());
}
HEDDLE_DECL bool client_interception::cancelled() const noexcept { return call_.done_; }
HEDDLE_DECL bool client_interception::committed() const noexcept { return call_.committed_; }

HEDDLE_DECL void client_interception::set_deadline(time_point at) {
  call_.until_ = at;
  if (!call_.done_) call_.core().deadlines().set(call_, at);
}

}  // namespace heddle::detail
