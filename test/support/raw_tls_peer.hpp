// The other end of a TLS connection by OpenSSL alone, which does what a test says and nothing else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/buffer.hpp>

#include <heddle/transport/byte_stream.hpp>

#include "support/catch.hpp"
#include "support/certificates.hpp"

namespace heddle::test {

class raw_tls_peer {
 public:
  enum class role { client, server };

  /// `prepare` may change the context, which is without ALPN, verification and certificates.
  raw_tls_peer(std::unique_ptr<byte_stream> stream, role r, std::function<void(SSL_CTX*)> const& prepare = nullptr)
      : state_(std::make_shared<state>()) {
    state_->stream = std::move(stream);
    state_->context.reset(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
    if (prepare) prepare(state_->context.get());
    SSL* const ssl = SSL_new(state_->context.get());
    state_->ssl.reset(ssl, &SSL_free);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (r == role::client)
      SSL_set_connect_state(ssl);
    else
      SSL_set_accept_state(ssl);
    state_->read();
    state_->pump();
  }
  ~raw_tls_peer() {
    if (state_ != nullptr) state_->stream->close();
  }
  raw_tls_peer(raw_tls_peer&&) noexcept = default;

  SSL* ssl() const noexcept { return state_->ssl.get(); }
  void send(std::string_view text) {
    CHECK(SSL_write(ssl(), text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()));
    state_->flush();
  }
  /// Sends what OpenSSL has to send.
  void flush() { state_->flush(); }
  /// Bytes below TLS.
  void send_raw(std::string_view bytes) {
    boost::system::error_code ec;
    state_->stream->write_some(asio::buffer(bytes), ec);
  }
  std::string received() { return std::exchange(state_->received, {}); }
  bool established() const noexcept { return SSL_is_init_finished(ssl()) == 1; }
  /// Of the handshake or of a read; empty as long as all is well.
  std::string const& error() const noexcept { return state_->error; }
  bool heard_close_notify() const noexcept { return (SSL_get_shutdown(ssl()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  /// The stream below has ended.
  bool ended() const noexcept { return state_->ended; }
  void say_close_notify() {
    SSL_shutdown(ssl());
    flush();
  }
  void close() { state_->stream->close(); }
  byte_stream& stream() { return *state_->stream; }

 private:
  struct state final : byte_stream_user {
    void read() { stream->read_some(asio::buffer(buffer), shared_from_this()); }
    void on_read(boost::system::error_code ec, std::size_t n) override {
      ended = static_cast<bool>(ec);
      if (ended) return;
      BIO_write(SSL_get_rbio(ssl.get()), buffer, static_cast<int>(n));
      pump();
      read();
    }
    void on_writable(boost::system::error_code) override {}
    void pump() {
      ERR_clear_error();
      int result = SSL_is_init_finished(ssl.get()) == 1 ? 1 : SSL_do_handshake(ssl.get());
      char text[4096];
      while (result > 0) {
        result = SSL_read(ssl.get(), text, sizeof text);
        if (result > 0) received.append(text, static_cast<std::size_t>(result));
      }
      int const why = SSL_get_error(ssl.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN && error.empty()) {
        char const* const reason = ERR_reason_error_string(ERR_peek_error());
        error = reason != nullptr ? reason : "unknown";
      }
      flush();
    }
    void flush() {
      char bytes[16 * 1024];
      for (;;) {
        int const n = BIO_read(SSL_get_wbio(ssl.get()), bytes, sizeof bytes);
        if (n <= 0) return;
        boost::system::error_code ec;
        stream->write_some(asio::buffer(bytes, static_cast<std::size_t>(n)), ec);
      }
    }

    std::unique_ptr<byte_stream> stream;
    std::shared_ptr<SSL_CTX> context;
    std::shared_ptr<SSL> ssl;
    std::string received, error;
    bool ended = false;
    char buffer[16 * 1024];
  };
  std::shared_ptr<state> state_;
};

inline void offer(SSL_CTX* context, std::string_view protocol) {
  std::string const list = static_cast<char>(protocol.size()) + std::string(protocol);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<unsigned char const*>(list.data()),
                          static_cast<unsigned>(list.size()));
}

/// Selects whatever the client offers first, or nothing.
inline void select(SSL_CTX* context, bool something) {
  static auto const first = [](SSL*, unsigned char const** out, unsigned char* size, unsigned char const* in, unsigned,
                               void*) {
    *out = in + 1;
    *size = in[0];
    return SSL_TLSEXT_ERR_OK;
  };
  static auto const nothing = [](SSL*, unsigned char const**, unsigned char*, unsigned char const*, unsigned, void*) {
    return SSL_TLSEXT_ERR_NOACK;
  };
  if (something)
    SSL_CTX_set_alpn_select_cb(context, first, nullptr);
  else
    SSL_CTX_set_alpn_select_cb(context, nothing, nullptr);
}

inline void show(SSL_CTX* context, identity const& who) {
  SSL_CTX_use_certificate(context, who.certificate());
  SSL_CTX_use_PrivateKey(context, who.key());
}

}  // namespace heddle::test
