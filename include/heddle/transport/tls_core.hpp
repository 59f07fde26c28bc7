// What is behind a tls_stream: OpenSSL between two byte buffers.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/transport/auth.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/operation_memory.hpp>
#include <heddle/transport/tls_context.hpp>
#include <heddle/transport/tls_sessions.hpp>

namespace heddle::transport {

/// Kept alive by its stream and by the operations of the stream below; holds whoever waits for it until those complete,
/// or until the context goes.
class tls_core final : public byte_stream_user, private heddle::detail::shutdown_listener {
 public:
  tls_core(std::unique_ptr<byte_stream> inner, bool client);
  HEDDLE_DECL ~tls_core() override;

  void start_server(tls_context_source const& contexts);
  void start_client(tls_context_source const& contexts, std::string server_name, bool verify_server,
                    std::shared_ptr<tls_sessions> sessions);

  byte_stream& inner() noexcept { return *inner_; }
  void handshake(std::function<void(status)> done);
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user);
  std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec);
  void wait_writable(std::shared_ptr<byte_stream_user> user);
  void shut_down_write() noexcept;
  void close() noexcept;
  std::string application_protocol() const;
  std::shared_ptr<auth_info const> auth();
  status const& failure() const noexcept { return failure_; }

 private:
  struct bio;
  struct completion;

  // of the stream below
  HEDDLE_DECL void on_read(error_code ec, std::size_t n) override;
  HEDDLE_DECL void on_writable(error_code ec) override;
  HEDDLE_DECL void on_context_shutdown() noexcept override;
  static int on_verify(int verified, X509_STORE_CTX* store);

  bool make_ssl(tls_context_source const& contexts);
  bool looks_like_tls();
  void shake_hands();
  void check_protocol();
  void keep_session();
  bool has_input() const noexcept { return established_ && (!in_.empty() || SSL_pending(ssl_.get()) > 0); }
  std::size_t decrypt();
  void encrypt(asio::const_buffer part, std::size_t& room, std::size_t& done);
  void encrypt(std::span<asio::const_buffer const> parts, std::size_t& room, std::size_t& done);
  void fail(std::string const& what, error_code ec);
  void fail_by_openssl();
  void input_ended(error_code ec);
  void progress();
  void post_progress();
  void deliver();
  void flush();
  void read_more();

  std::unique_ptr<byte_stream> inner_;
  bool const client_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, &SSL_free};
  std::string server_name_;
  std::shared_ptr<tls_sessions> sessions_;
  tls_session seen_session_;

  byte_buffer in_, out_;  // ciphertext
  std::size_t read_size_;
  unsigned quiet_reads_ = 0;
  std::size_t discarded_ = 0;
  std::shared_ptr<byte_stream_user> reader_, writer_;
  asio::mutable_buffer into_;
  std::function<void(status)> on_handshake_;
  bool first_bytes_seen_ = false, established_ = false;
  bool reading_ = false, blocked_ = false, posted_ = false;
  bool lingering_ = false;  // the handshake has failed, and the peer is to hear why
  bool write_ended_ = false, inner_write_ended_ = false, closed_ = false;
  error_code end_;  // of what can be read
  error_code write_end_;  // of what can be written
  status failure_;
  std::string refusal_;  // of the peer's certificate
  std::shared_ptr<auth_info const> auth_;
  heddle::detail::operation_memory memory_;
};

}  // namespace heddle::transport
