// One port of a server: TCP, Unix, or one that somebody else has opened.
#pragma once

#include <memory>
#include <string_view>

#include <boost/asio/basic_socket_acceptor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/server/listen_options.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/socket_address.hpp>
#include <heddle/transport/socket_file.hpp>

namespace heddle::detail {

/// Opened on any thread, then used on the server's executor.
class listener {
 public:
  using socket = transport::socket_protocol::socket;

  /// Throws system_error, which names the address and the cause.
  listener(asio::any_io_executor const& executor, std::string_view address, listen_options options);
  listener(asio::any_io_executor const& executor, native_socket listening, listen_options options);

  endpoint const& where() const noexcept { return where_; }
  bool is_open() const noexcept { return acceptor_.is_open(); }
  void close() noexcept;
  /// Ends with done(error_code, socket), the socket on `connection`.
  template <class Done>
  void accept(asio::any_io_executor const& connection, Done done) {
    acceptor_.async_accept(connection, std::move(done));
  }
  /// Null: the application refused it.
  std::unique_ptr<byte_stream> admit(socket accepted) const;

 private:
  error_code open(endpoint const& where);

  asio::basic_socket_acceptor<transport::socket_protocol> acceptor_;
  listen_options options_;
  endpoint where_;
  transport::socket_file file_;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/listener.ipp>
#endif
