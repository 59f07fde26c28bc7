// A server on each core: one thread, one io_context and one server for each, no strands and no locks between them. The
// system spreads the connections (SO_REUSEPORT). Opt-in; the only place where the library starts threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/time.hpp>
#include <heddle/server/server.hpp>

namespace boost::asio {
class io_context;
}

namespace heddle {

namespace detail {
class group_core;
}

/// One thread of a server_group while it is set up, before it starts.
class core_server {
 public:
  core_server(detail::group_core& group, std::size_t index) noexcept : group_(group), index_(index) {}

  std::size_t index() const noexcept { return index_; }
  /// What this thread runs. For timers, signals and channels of its own (with channel_options::single_threaded).
  HEDDLE_DECL asio::io_context& context() const noexcept;
  HEDDLE_DECL heddle::server& server() const noexcept;
  /// Opens a TCP port that all members share. Each member must open the same addresses in the same order; port 0 is the
  /// port that the first member got. Throws as server::listen() does, also for Unix sockets, which can't be shared, and
  /// std::invalid_argument for an address that the first member has not opened. Since the port is shared, another
  /// program of the same user may have it open as well.
  HEDDLE_DECL endpoint listen(std::string_view address, listen_options options = listen_options());

 private:
  detail::group_core& group_;
  std::size_t const index_;
  std::size_t opened_ = 0;
};

/// Servers on threads of their own. May be used from any thread, but for its end.
class server_group {
 public:
  explicit server_group(std::shared_ptr<detail::group_core> core) noexcept : core_(std::move(core)) {}
  server_group(server_group&&) noexcept = default;
  server_group& operator=(server_group&&) = delete;
  /// Stops and joins: at most a second.
  HEDDLE_DECL ~server_group();

  HEDDLE_DECL std::size_t size() const noexcept;
  /// What core_server::listen() opened, in that order.
  HEDDLE_DECL std::vector<endpoint> const& endpoints() const noexcept;

  /// Starts the threads, named "heddle/0" and so on. A thread ends when its server has been drained, whatever else its
  /// context had to do.
  HEDDLE_DECL void start();
  /// Asks all servers to drain, see server::drain(); does not wait.
  HEDDLE_DECL void drain(duration grace);
  /// drain() without grace.
  void stop() { drain(duration::zero()); }
  /// Waits for the threads; returns how many handlers never ended. Rethrows the first exception that left a thread's
  /// io_context::run(), after which the others are drained with server_options::grace().
  HEDDLE_DECL std::size_t join();
  /// start() and join().
  std::size_t run() {
    start();
    return join();
  }

 private:
  std::shared_ptr<detail::group_core> core_;
};

/// Makes `n` servers (0: one for each core) and calls `setup` for each on the calling thread, where services are added
/// and ports opened. An exception of `setup` is thrown here, and nothing has started. The options hold for all;
/// single_threaded() is set.
HEDDLE_DECL server_group thread_per_core(std::size_t n, std::function<void(core_server&)> const& setup,
                                         server_options options = server_options());

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/thread_per_core.ipp>
#endif
