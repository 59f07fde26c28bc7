#pragma once

#include <stdexcept>
#include <string>

#include <boost/asio/dispatch.hpp>

#include <heddle/server/core.hpp>
#include <heddle/server/server.hpp>

namespace heddle {

HEDDLE_DECL server::server(asio::any_io_executor executor, server_options options)
    : core_(std::make_shared<detail::server_core>(std::move(executor), std::move(options))) {}

HEDDLE_DECL server::~server() {
  if (core_ != nullptr) core_->stop_from_anywhere();
}

HEDDLE_DECL server& server::add(std::shared_ptr<service> added) {
  auto const methods = added->heddle_methods_();
  std::string const name = methods.empty() ? "(empty)" : std::string(methods.front().method->service());
  if (!core_->shared().routes.add(std::move(added), core_->shared().options.interceptors()))
    throw std::invalid_argument("heddle::server::add: a method of " + name + " is served already");
  return *this;
}

HEDDLE_DECL endpoint server::listen(std::string_view address, listen_options options) {
  return core_->listen(address, std::move(options));
}

HEDDLE_DECL void server::serve(std::unique_ptr<byte_stream> stream) { core_->serve(std::move(stream)); }

HEDDLE_DECL asio::awaitable<std::size_t> server::run() {
  auto const core = core_;
  auto const w = std::make_shared<detail::server_core::wait>();
  auto const begin = [core](auto waiting) { core->begin_run(std::move(waiting)); };
  auto const start = [&core, &w, &begin] {
    asio::dispatch(core->get_executor(), detail::waiter_delivery(w, &detail::server_core::wait::done, begin));
  };
  auto const cancel = [&core, &w](asio::cancellation_type) {
    asio::dispatch(core->get_executor(), [core, w] { core->cancel(*w); });
  };
  co_await w->done.wait(core->get_executor(), start, cancel);
  co_return w->abandoned;
}

HEDDLE_DECL asio::awaitable<std::size_t> server::drain(duration grace) {
  auto const core = core_;
  auto const w = std::make_shared<detail::server_core::wait>();
  auto const begin = [core, grace](auto waiting) { core->begin_drain(std::move(waiting), grace); };
  auto const start = [&core, &w, &begin] {
    asio::dispatch(core->get_executor(), detail::waiter_delivery(w, &detail::server_core::wait::done, begin));
  };
  auto const cancel = [&core, &w](asio::cancellation_type) {
    asio::dispatch(core->get_executor(), [core, w] { core->cancel(*w); });
  };
  co_await w->done.wait(core->get_executor(), start, cancel);
  co_return w->abandoned;
}

}  // namespace heddle
