#pragma once

#include <boost/asio/dispatch.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/client/core.hpp>

namespace heddle {

HEDDLE_DECL channel::channel(asio::any_io_executor executor, std::string_view name, channel_options options)
    : core_(std::make_shared<detail::channel_core>(std::move(executor), name, std::move(options))) {}

HEDDLE_DECL channel::~channel() {
  if (core_ != nullptr) core_->close_from_anywhere();
}

namespace detail {

HEDDLE_DECL asio::awaitable<void> watch_channel(std::shared_ptr<channel_core> core,
                                                std::shared_ptr<channel_core::watcher> w) {
  auto const watch = [core](auto waiting) { core->watch(std::move(waiting)); };
  auto const start = [&core, &w, &watch] {
    asio::dispatch(core->get_executor(), waiter_delivery(w, &channel_core::watcher::changed, watch));
  };
  auto const cancel = [&core, &w](asio::cancellation_type) {
    asio::dispatch(core->get_executor(), [core, w] { core->cancel_watch(*w); });
  };
  co_await w->changed.wait(core->get_executor(), start, cancel);
  if (w->cancelled) throw rpc_error(status_code::cancelled, "the wait for a change of state was cancelled");
}

}  // namespace detail

HEDDLE_DECL asio::awaitable<connectivity> channel::wait_for_change(connectivity seen) {
  auto const w = std::make_shared<detail::channel_core::watcher>();
  w->seen = seen;
  co_await detail::watch_channel(core_, w);
  co_return w->now;
}

HEDDLE_DECL asio::awaitable<void> channel::connect() {
  auto const core = core_;
  asio::dispatch(core->get_executor(), [core] { core->connection().connect(); });
  auto const w = std::make_shared<detail::channel_core::watcher>();
  w->now = connectivity::idle;
  do {
    w->seen = w->now;
    co_await detail::watch_channel(core, w);
  } while (w->now == connectivity::connecting);
  if (w->now != connectivity::ready)
    throw rpc_error(w->why.is_ok() ? status(status_code::unavailable, "the connection was lost") : w->why);
}

HEDDLE_DECL void channel::reset_backoff() {
  asio::dispatch(core_->get_executor(), [core = core_] { core->connection().reset_backoff(); });
}

}  // namespace heddle
