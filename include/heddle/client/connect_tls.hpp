// Secure connections for a channel.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/client/connector.hpp>
#include <heddle/transport/auth.hpp>
#include <heddle/transport/tls_context.hpp>

namespace heddle {

/// Looks at a server that TLS has accepted; what it returns is why the connection is refused, or OK.
using peer_check = std::function<status(auth_info const&)>;

class tls_client_options {
 public:
  tls_client_options() {}

  /// Whom the certificate must be for, a DNS name or an IP address; DNS names are also sent (SNI).
  /// Default: the host of the channel's authority.
  tls_client_options& server_name(std::string name) & {
    server_name_ = std::move(name);
    return *this;
  }
  tls_client_options&& server_name(std::string name) && { return std::move(server_name(std::move(name))); }

  /// Whether the certificate must be valid, for the server's name, and from somebody whom the context trusts, whatever
  /// the context's own verify mode says. Without, anybody can be the server. Default: true.
  tls_client_options& verify_server(bool verify) & noexcept {
    verify_server_ = verify;
    return *this;
  }
  tls_client_options&& verify_server(bool verify) && noexcept { return std::move(verify_server(verify)); }

  /// A word more about each new connection, also when its session was resumed: lists of revoked or pinned certificates.
  /// Called on the channel's executor; must not block.
  tls_client_options& check_server(peer_check check) & {
    check_ = std::move(check);
    return *this;
  }
  tls_client_options&& check_server(peer_check check) && { return std::move(check_server(std::move(check))); }

  /// Whether the next connection to a server may go on with the keys of an earlier one, which saves certificates and
  /// their verification. Default: true.
  tls_client_options& resume(bool value) & noexcept {
    resume_ = value;
    return *this;
  }
  tls_client_options&& resume(bool value) && noexcept { return std::move(resume(value)); }

  /// Of TLS alone; backoff_options::min_connect_timeout() bounds all of connecting. Default 10 s.
  tls_client_options& handshake_timeout(duration d) & noexcept {
    handshake_timeout_ = d;
    return *this;
  }
  tls_client_options&& handshake_timeout(duration d) && noexcept { return std::move(handshake_timeout(d)); }

  /// What TLS goes over. Default: connect_socket.
  tls_client_options& over(connector c) & {
    over_ = std::move(c);
    return *this;
  }
  tls_client_options&& over(connector c) && { return std::move(over(std::move(c))); }

  std::string const& server_name() const noexcept { return server_name_; }
  bool verify_server() const noexcept { return verify_server_; }
  peer_check const& check_server() const noexcept { return check_; }
  bool resume() const noexcept { return resume_; }
  duration handshake_timeout() const noexcept { return handshake_timeout_; }
  connector const& over() const noexcept { return over_; }

 private:
  std::string server_name_;
  bool verify_server_ = true, resume_ = true;
  peer_check check_;
  duration handshake_timeout_ = std::chrono::seconds(10);
  connector over_ = &connect_socket;
};

/// For channel_options::use_connector(). Connects, shakes hands, and insists on HTTP/2 (ALPN "h2"). The context brings
/// whom to trust and, for servers that ask, the client's certificate and key; its verify callback is asked. Copies of a
/// connector share their sessions.
HEDDLE_DECL connector connect_tls(tls_context_source contexts, tls_client_options options = tls_client_options());

/// The same with make_tls_client_context().
inline connector connect_tls(tls_client_options options = tls_client_options()) {
  return connect_tls(tls_context_source(make_tls_client_context()), std::move(options));
}

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/connect_tls.ipp>
#endif
