// The contexts of TLS: where they come from, and what HTTP/2 asks of them.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/ssl/context.hpp>

#include <heddle/base/config.hpp>

namespace heddle {

namespace asio = boost::asio;

/// Makes a context fit for HTTP/2 (RFC 9113, 9.2): TLS 1.2 or later; of the cipher suites of 1.2 those with ephemeral
/// keys and AEAD; no compression, no renegotiation; servers choose "h2" by ALPN and refuse who offers something else
/// only; servers get a session id context. What the context has that is stricter stays. tls_server() and connect_tls()
/// do this once to each context that they see; who wants to change something of it does so after calling it himself.
/// Throws std::invalid_argument when nothing is left that both HTTP/2 and the context allow. Thread-safe.
HEDDLE_DECL void use_http2_rules(asio::ssl::context& context);

/// A client's context that trusts whom the system trusts (SSL_CERT_FILE, SSL_CERT_DIR or OpenSSL's own paths).
HEDDLE_DECL asio::ssl::context make_tls_client_context();

/// Where the context of each new connection comes from: always the same one, or what a function of yours returns. To
/// exchange certificates, return another context from then on: connections that exist keep theirs.
class tls_context_source {
 public:
  using provider = std::function<std::shared_ptr<asio::ssl::context>()>;

  tls_context_source(asio::ssl::context context)
      : tls_context_source(std::make_shared<asio::ssl::context>(std::move(context))) {}
  tls_context_source(std::shared_ptr<asio::ssl::context> context) {
    use_http2_rules(*context);
    provider_ = [context = std::move(context)] { return context; };
  }
  /// Called for each connection, for a server on the server's executor and for a client on its channel's. A connection
  /// for which it throws or returns null fails.
  template <class F>
    requires std::is_invocable_r_v<std::shared_ptr<asio::ssl::context>, F&> && std::copy_constructible<F>
  tls_context_source(F f) : provider_(std::move(f)) {}

  std::shared_ptr<asio::ssl::context> get() const { return provider_(); }

 private:
  provider provider_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tls_context.ipp>
#endif
