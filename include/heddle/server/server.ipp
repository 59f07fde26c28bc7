#pragma once

#include <stdexcept>
#include <string>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/server/core.hpp>
#include <heddle/server/server.hpp>

namespace heddle {

HEDDLE_DECL server::server(asio::any_io_executor executor, server_options options)
    : core_(std::make_shared<detail::server_core>(std::move(executor), std::move(options))) {}

HEDDLE_DECL server::server(asio::io_context& context, server_options options)
    : server(asio::any_io_executor(context.get_executor()), std::move(options)) {}

HEDDLE_DECL server::~server() {
  if (core_ != nullptr) core_->stop_from_anywhere();
}

HEDDLE_DECL server& server::add(std::shared_ptr<service> added) {
  auto const methods = added->heddle_methods_();
  auto on_drain = added->heddle_on_drain_();
  std::string const name = methods.empty() ? "(empty)" : std::string(methods.front().method->service());
  if (!core_->shared().routes.add(std::move(added), core_->shared().options.interceptors()))
    throw std::invalid_argument("heddle::server::add: a method of " + name + " is served already");
  if (on_drain) core_->shared().on_drain.push_back(std::move(on_drain));
  return *this;
}

HEDDLE_DECL server& server::add_fallback(std::shared_ptr<service> added,
                                         asio::awaitable<status> (*handle)(service& self, detail::server_call& call)) {
  if (!core_->shared().routes.set_fallback(std::move(added), handle))
    throw std::invalid_argument("heddle::server::add_fallback: there is a fallback already");
  return *this;
}

HEDDLE_DECL endpoint server::listen(std::string_view address, listen_options options) {
  return core_->listen(address, std::move(options));
}

HEDDLE_DECL endpoint server::listen(native_socket listening, listen_options options) {
  return core_->listen(listening, std::move(options));
}

HEDDLE_DECL asio::any_io_executor server::connection_executor() const { return core_->connection_executor(); }

HEDDLE_DECL void server::serve(std::unique_ptr<byte_stream> stream) { core_->serve(std::move(stream)); }

HEDDLE_DECL std::size_t server::refused_connections() const noexcept { return core_->refused(); }

namespace detail {

HEDDLE_DECL asio::any_io_executor const& executor_of(server_core const& core) noexcept { return core.get_executor(); }

HEDDLE_DECL void begin_wait(std::shared_ptr<server_core> const& core, std::shared_ptr<server_wait> const& w) {
  auto const begin = [core](auto waiting) { core->begin(std::move(waiting)); };
  asio::dispatch(core->get_executor(), waiter_delivery(w, &server_wait::done, begin));
}

HEDDLE_DECL void cancel_wait(std::shared_ptr<server_core> const& core, std::shared_ptr<server_wait> const& w) {
  asio::dispatch(core->get_executor(), [core, w] { core->cancel(*w); });
}

HEDDLE_DECL asio::awaitable<std::size_t> wait_for(std::shared_ptr<server_core> core, std::shared_ptr<server_wait> w) {
  auto const start = [&core, &w] { begin_wait(core, w); };
  auto const cancel = [&core, &w](asio::cancellation_type) { cancel_wait(core, w); };
  co_await w->done.wait(core->get_executor(), start, cancel);
  co_return w->abandoned;
}

}  // namespace detail

HEDDLE_DECL asio::awaitable<std::size_t> server::run() {
  return detail::wait_for(core_, std::make_shared<detail::server_wait>());
}

HEDDLE_DECL asio::awaitable<std::size_t> server::drain(duration grace) {
  auto w = std::make_shared<detail::server_wait>();
  w->grace = grace;
  return detail::wait_for(core_, std::move(w));
}

}  // namespace heddle
