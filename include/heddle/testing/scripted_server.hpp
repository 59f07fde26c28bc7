// What a channel under test connects to, and a client for a server under test: scripted peers over memory.
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/execution_context.hpp>

#include <heddle/base/config.hpp>
#include <heddle/client/connector.hpp>
#include <heddle/server/server.hpp>
#include <heddle/testing/memory_connector.hpp>
#include <heddle/testing/scripted_peer.hpp>

namespace heddle::testing {

/// The server of a channel, played by the test:
///
///     scripted_server server(context);
///     heddle::channel channel(context, "ipv4:192.0.2.1:1",
///                             heddle::channel_options().use_clock(clock).use_connector(server.connector()));
///
/// A handle; channels may outlive it. Used on one thread.
class scripted_server {
 public:
  explicit scripted_server(asio::any_io_executor executor, manners how = manners::good,
                           memory_stream_options options = memory_stream_options());
  template <class Context>
    requires std::is_convertible_v<Context&, asio::execution_context&>
  explicit scripted_server(Context& context, manners how = manners::good,
                           memory_stream_options options = memory_stream_options())
      : scripted_server(asio::any_io_executor(context.get_executor()), how, options) {}

  /// For channel_options::use_connector().
  heddle::connector connector() const;
  /// Attempts to connect fail with `why` from now on; OK: they succeed again.
  void refuse_connections(status why);

  /// How many there were.
  std::size_t connections() const noexcept;
  /// The latest; throws std::runtime_error when there was none.
  scripted_peer connection() const;
  /// The next one that was not returned here before.
  asio::awaitable<scripted_peer> next_connection();
  /// The next call on any of them.
  asio::awaitable<served_call> next_call();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// A client of `server`, played by the test, on a connection of its own that `executor` serves.
scripted_peer scripted_client(server& to, asio::any_io_executor executor, manners how = manners::good,
                              memory_stream_options options = memory_stream_options());
template <class Context>
  requires std::is_convertible_v<Context&, asio::execution_context&>
scripted_peer scripted_client(server& to, Context& context, manners how = manners::good,
                              memory_stream_options options = memory_stream_options()) {
  return scripted_client(to, asio::any_io_executor(context.get_executor()), how, options);
}

}  // namespace heddle::testing

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/testing/scripted_server.ipp>
#endif
