// The channel: a name, the connection to what it stands for, and the calls on it; and what stubs know of it.
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>

#include <heddle/base/config.hpp>
#include <heddle/client/channel_operation.hpp>
#include <heddle/client/channel_options.hpp>
#include <heddle/client/connectivity.hpp>

namespace boost::asio {
class io_context;
}

namespace heddle {

/// A movable handle. Destroying it ends its calls with CANCELLED and closes its connections; it never blocks and needs
/// nobody to run the context again. May be used from any thread; it starts none.
class channel {
 public:
  /// `name`: "dns:///host:port", "host:port", "ipv4:1.2.3.4:80", "ipv6:[::1]:80", "unix:path", "unix-abstract:name".
  /// Connects with the first call, or with connect(). Throws std::invalid_argument for a name that is none, and for a
  /// compression that options.compressors() lacks.
  channel(asio::any_io_executor executor, std::string_view name, channel_options options = channel_options());
  channel(asio::io_context& context, std::string_view name, channel_options options = channel_options());
  template <class Context>
    requires std::is_convertible_v<Context&, asio::execution_context&>
  channel(Context& context, std::string_view name, channel_options options = channel_options())
      : channel(asio::any_io_executor(context.get_executor()), name, std::move(options)) {}
  channel(channel&&) noexcept = default;
  channel& operator=(channel&& other) noexcept {
    channel(std::move(other)).core_.swap(core_);
    return *this;
  }
  ~channel();

  /// Connects without a call. Throws rpc_error UNAVAILABLE when the attempt fails, CANCELLED when the channel ends. Any
  /// cancellation type ends the wait with CANCELLED, not the attempt.
  asio::awaitable<void> connect();
  /// void(status), on the handler's associated executor, by default the channel's.
  template <completion_token<void(status)> Token>
  auto connect(Token&& token) {
    return detail::start_operation<detail::connect_operation, void(status), Token>(token, detail::executor_of(*core_),
                                                                                   core_);
  }
  /// Waits until the state is another one than `seen`, and returns it; `shutdown` when the channel ends. Any
  /// cancellation type ends the wait with CANCELLED thrown.
  asio::awaitable<connectivity> wait_for_change(connectivity seen);
  /// void(status, connectivity), as connect(); the state is `seen` when the wait was cancelled.
  template <completion_token<void(status, connectivity)> Token>
  auto wait_for_change(connectivity seen, Token&& token) {
    return detail::start_operation<detail::change_operation, void(status, connectivity), Token>(
        token, detail::executor_of(*core_), core_, seen);
  }
  /// Tries again now instead of after the backoff.
  void reset_backoff();

 private:
  friend class stub;
  std::shared_ptr<detail::channel_core> core_;
};

/// What generated clients derive from. Cheap to copy. Refers to its channel without keeping it open: calls after the
/// channel's end fail with CANCELLED.
class stub {
 public:
  explicit stub(channel const& c) noexcept : core_(c.core_) {}
  explicit stub(channel const&&) = delete;  // it would end before the first call
  std::shared_ptr<detail::channel_core> const& heddle_core_() const noexcept { return core_; }

 private:
  std::shared_ptr<detail::channel_core> core_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/channel.ipp>
#endif
