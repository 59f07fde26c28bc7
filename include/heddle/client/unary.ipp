#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>

#include <heddle/client/core.hpp>
#include <heddle/client/unary.hpp>

namespace heddle::detail {

HEDDLE_DECL unary_run::unary_run(std::shared_ptr<channel_core> const& core, asio::any_io_executor const& here)
    : call_(core->acquire()), core_(core), home_(core->is_home(here)) {}

HEDDLE_DECL unary_run::~unary_run() {
  if (home_) {
    call_->release();
    return;
  }
  auto const executor = core_->get_executor();
  asio::dispatch(executor, [call = std::move(call_), core = std::move(core_)] { call->release(); });
}

HEDDLE_DECL void unary_run::begin(method_descriptor const& method, call_options const& options, void const* request,
                                  void* response, std::shared_ptr<method_descriptor const> owner) {
  request_ = request;
  response_ = response;
  call_->prepare(method, options, std::move(owner));
}

HEDDLE_DECL waiter& unary_run::place() noexcept { return call_->reader(); }
HEDDLE_DECL asio::any_io_executor const& unary_run::executor() const noexcept { return core_->get_executor(); }

HEDDLE_DECL asio::any_io_executor const& unary_run::executor_of(channel_core const& core) noexcept {
  return core.get_executor();
}

HEDDLE_DECL void unary_run::start() {
  if (home_) return call_->start_unary(request_, response_);
  call_->pin();
  asio::dispatch(core_->get_executor(), [call = call_, core = core_, request = request_, response = response_] {
    call->unpin();
    call->start_unary(request, response);
  });
}

HEDDLE_DECL void unary_run::cancel() {
  if (home_) return call_->cancel();
  asio::dispatch(core_->get_executor(), [call = call_, core = core_] { call->cancel(); });
}

HEDDLE_DECL status unary_run::end(call_options const& options) {
  status const outcome = call_->final_status();
  if (options.info() != nullptr)
    options.info()->assign(call_->headers(), call_->trailers(), outcome, call_->peer(), call_->response_compressed());
  return outcome;
}

}  // namespace heddle::detail
