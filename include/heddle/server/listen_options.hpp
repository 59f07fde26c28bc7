// How a server opens a port, and what lies between its sockets and HTTP/2.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/socket_hook.hpp>

namespace heddle {

/// Wraps an accepted stream: TLS, or anything else that reads and writes bytes. Called on the server's own executor.
using stream_filter = std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)>;

class listen_options {
 public:
  listen_options() {}

  /// What every connection of this port goes through. Default: nothing.
  listen_options& filter(stream_filter f) & {
    filter_ = std::move(f);
    return *this;
  }
  listen_options&& filter(stream_filter f) && { return std::move(filter(std::move(f))); }
  stream_filter const& filter() const noexcept { return filter_; }

  /// How many connections may wait to be accepted. Default: what the system allows at most.
  listen_options& backlog(int connections) & noexcept {
    backlog_ = connections;
    return *this;
  }
  listen_options&& backlog(int connections) && noexcept { return std::move(backlog(connections)); }
  /// 0: what the system allows.
  int backlog() const noexcept { return backlog_; }

  /// Other sockets of this user may listen on the same TCP port (SO_REUSEPORT); the system spreads the connections over
  /// them. A port that is taken by such a socket is no error then. Default: false.
  listen_options& reuse_port(bool value) & noexcept {
    reuse_port_ = value;
    return *this;
  }
  listen_options&& reuse_port(bool value) && noexcept { return std::move(reuse_port(value)); }
  bool reuse_port() const noexcept { return reuse_port_; }

  /// The permission bits of a Unix socket's file, for example 0660: who may write to it may connect. Nobody can before
  /// they are set. Default: what the umask leaves.
  listen_options& mode(unsigned bits) & noexcept {
    mode_ = static_cast<int>(bits);
    return *this;
  }
  listen_options&& mode(unsigned bits) && noexcept { return std::move(mode(bits)); }
  /// -1: the umask's.
  int mode() const noexcept { return mode_; }

  /// Called by listen() before bind(); an error is thrown as listen()'s. Default: nothing.
  listen_options& on_open(open_hook f) & {
    on_open_ = std::move(f);
    return *this;
  }
  listen_options&& on_open(open_hook f) && { return std::move(on_open(std::move(f))); }
  open_hook const& on_open() const noexcept { return on_open_; }

  /// Called for each accepted socket on the server's own executor, before filter(). It must not throw. Default:
  /// nothing.
  listen_options& on_accept(accept_hook f) & {
    on_accept_ = std::move(f);
    return *this;
  }
  listen_options&& on_accept(accept_hook f) && { return std::move(on_accept(std::move(f))); }
  accept_hook const& on_accept() const noexcept { return on_accept_; }

 private:
  stream_filter filter_;
  int backlog_ = 0;
  bool reuse_port_ = false;
  int mode_ = -1;
  open_hook on_open_;
  accept_hook on_accept_;
};

}  // namespace heddle
