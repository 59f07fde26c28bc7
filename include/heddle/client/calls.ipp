#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>

#include <heddle/client/calls.hpp>
#include <heddle/client/core.hpp>

namespace heddle::detail {

HEDDLE_DECL call_handle::call_handle(std::shared_ptr<channel_core> core, method_descriptor const& method,
                                     call_options const& options, void const* request,
                                     std::shared_ptr<method_descriptor const> owner)
    : core_(std::move(core)), call_(core_->acquire()) {
  try {  // options and codecs are the user's
    call_->prepare(method, options, std::move(owner));
    if (request != nullptr) call_->set_single_request(request);
  } catch (...) {
    auto const executor = core_->get_executor();
    asio::dispatch(executor, [owner = std::move(core_), call = std::move(call_)] { call->release(); });
    throw;
  }
  call_->pin();
  asio::dispatch(core_->get_executor(), [owner = core_, call = call_] {
    call->unpin();
    call->start();
  });
}

HEDDLE_DECL call_handle::~call_handle() {
  if (call_ == nullptr) return;
  auto const executor = core_->get_executor();
  asio::dispatch(executor, [owner = std::move(core_), call = std::move(call_)] { call->release(); });
}

HEDDLE_DECL asio::any_io_executor const& call_handle::get_executor() const noexcept { return core_->get_executor(); }
HEDDLE_DECL asio::awaitable<bool> call_handle::read(void* message) { return call_->read(message); }
HEDDLE_DECL bool call_handle::try_read(void* message) { return call_->try_read(message); }
HEDDLE_DECL asio::awaitable<bool> call_handle::write(void const* message, write_options how) {
  return call_->write(message, how);
}
HEDDLE_DECL asio::awaitable<void> call_handle::writes_done() { return call_->writes_done(); }
HEDDLE_DECL asio::awaitable<void> call_handle::finish(void* response) { return call_->finish(response); }
HEDDLE_DECL asio::awaitable<metadata> call_handle::headers() {
  co_await call_->wait_headers();
  co_return call_->headers();
}
HEDDLE_DECL metadata const& call_handle::trailers() const noexcept { return call_->trailers(); }
HEDDLE_DECL std::string_view call_handle::peer() const noexcept { return call_->peer(); }
HEDDLE_DECL bool call_handle::has_headers() const noexcept { return call_->has_headers(); }
HEDDLE_DECL std::string_view call_handle::response_encoding() const noexcept { return call_->response_encoding(); }
HEDDLE_DECL bool call_handle::response_compressed() const noexcept { return call_->response_compressed(); }
HEDDLE_DECL void call_handle::cancel() {
  asio::dispatch(core_->get_executor(), [owner = core_, call = call_] { call->cancel(); });
}

}  // namespace heddle::detail
