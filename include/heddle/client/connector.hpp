// From an address to a connected stream: a socket, or what a test, a tunnel or TLS puts in its place.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/endpoint.hpp>
#include <heddle/transport/socket_hook.hpp>

namespace heddle {

/// One attempt to connect. Destroying it cancels: `done` is not called then.
class connection_attempt {
 public:
  virtual ~connection_attempt() = default;
};

/// What a channel wants to be connected to.
class connect_request {
 public:
  connect_request(endpoint where, std::string authority, asio::any_io_executor executor, clock& c,
                  open_hook on_open = open_hook())
      : where_(std::move(where)),
        authority_(std::move(authority)),
        executor_(std::move(executor)),
        clock_(&c),
        on_open_(std::move(on_open)) {}

  endpoint const& where() const noexcept { return where_; }
  /// What the channel's calls say in :authority, "host:port" or "host": whom a secure connection has to prove itself to
  /// be.
  std::string const& authority() const noexcept { return authority_; }
  asio::any_io_executor const& get_executor() const noexcept { return executor_; }
  clock& get_clock() const noexcept { return *clock_; }
  /// channel_options::on_open(), for whoever opens a socket. May be empty.
  open_hook const& on_open() const noexcept { return on_open_; }

 private:
  endpoint where_;
  std::string authority_;
  asio::any_io_executor executor_;
  clock* clock_;
  open_hook on_open_;
};

/// A connected stream that is ready for HTTP/2, or why there is none.
using connect_handler = std::function<void(result<std::unique_ptr<byte_stream>>)>;

/// Connects on the request's executor and calls `done` there, never from inside the call. The channel gives up after
/// backoff_options::min_connect_timeout(), which each address has for itself and until its SETTINGS have come.
using connector =
    std::function<std::unique_ptr<connection_attempt>(connect_request const& request, connect_handler done)>;

/// A plain socket: TCP, or Unix for such endpoints.
HEDDLE_DECL std::unique_ptr<connection_attempt> connect_socket(connect_request const& request, connect_handler done);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/connector.ipp>
#endif
