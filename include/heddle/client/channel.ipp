#pragma once

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/client/core.hpp>

namespace heddle {

HEDDLE_DECL channel::channel(asio::any_io_executor executor, std::string_view name, channel_options options)
    : core_(std::make_shared<detail::channel_core>(std::move(executor), name, std::move(options))) {}

HEDDLE_DECL channel::channel(asio::io_context& context, std::string_view name, channel_options options)
    : channel(asio::any_io_executor(context.get_executor()), name, std::move(options)) {}

HEDDLE_DECL channel::~channel() {
  if (core_ != nullptr) core_->close_from_anywhere();
}

namespace detail {

HEDDLE_DECL asio::any_io_executor const& executor_of(channel_core const& core) noexcept { return core.get_executor(); }

HEDDLE_DECL void begin_wait(std::shared_ptr<channel_core> const& core, std::shared_ptr<channel_wait> const& w) {
  auto const watch = [core](auto waiting) { core->watch(std::move(waiting)); };
  asio::dispatch(core->get_executor(), waiter_delivery(w, &channel_wait::changed, watch));
}

HEDDLE_DECL void cancel_wait(std::shared_ptr<channel_core> const& core, std::shared_ptr<channel_wait> const& w) {
  asio::dispatch(core->get_executor(), [core, w] { core->cancel_watch(*w); });
}

HEDDLE_DECL status outcome_of(channel_wait const& w) {
  if (w.cancelled)
    return status(status_code::cancelled, w.connecting ? "the wait for a connection was cancelled"
                                                       : "the wait for a change of state was cancelled");
  if (!w.connecting || w.now == connectivity::ready) return ok;
  if (w.now == connectivity::shutdown) return status(status_code::cancelled, "the channel was destroyed");
  return w.why.is_ok() ? status(status_code::unavailable, "the connection was lost") : w.why;
}

HEDDLE_DECL asio::awaitable<void> wait_for(std::shared_ptr<channel_core> core, std::shared_ptr<channel_wait> w) {
  auto const start = [&core, &w] { begin_wait(core, w); };
  auto const cancel = [&core, &w](asio::cancellation_type) { cancel_wait(core, w); };
  co_await w->changed.wait(core->get_executor(), start, cancel);
  status const outcome = outcome_of(*w);
  if (!outcome.is_ok()) throw rpc_error(outcome);
}

}  // namespace detail

HEDDLE_DECL asio::awaitable<connectivity> channel::wait_for_change(connectivity seen) {
  auto const w = std::make_shared<detail::channel_wait>();
  w->seen = seen;
  co_await detail::wait_for(core_, w);
  co_return w->now;
}

HEDDLE_DECL asio::awaitable<void> channel::connect() {
  auto const w = std::make_shared<detail::channel_wait>();
  w->connecting = true;
  co_await detail::wait_for(core_, w);
}

HEDDLE_DECL void channel::reset_backoff() {
  asio::dispatch(core_->get_executor(), [core = core_] { core->connection().reset_backoff(); });
}

}  // namespace heddle
