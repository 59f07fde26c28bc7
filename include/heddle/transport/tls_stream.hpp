// TLS as a filter over any stream of bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/tls_context.hpp>
#include <heddle/transport/tls_sessions.hpp>

namespace heddle::transport {

class tls_core;

/// Encrypts a batch into one write of the stream below, gives its buffers back while nothing moves, and has no timer of
/// its own: whoever uses it bounds the handshake and the end. A connection that is cut off without close_notify ends
/// with asio::ssl::error::stream_truncated. Used on the executor of the stream below.
class tls_stream final : public byte_stream {
 public:
  /// A server's end. The handshake begins with the first read.
  HEDDLE_DECL tls_stream(std::unique_ptr<byte_stream> inner, tls_context_source const& contexts);
  /// A client's end, for handshake(). `server_name` is a DNS name, which is also sent (SNI), or an IP address.
  HEDDLE_DECL tls_stream(std::unique_ptr<byte_stream> inner, tls_context_source const& contexts,
                         std::string server_name, bool verify_server, std::shared_ptr<tls_sessions> sessions);
  HEDDLE_DECL ~tls_stream() override;

  /// Client: comes first. Calls `done` with what became of it, never from inside this call; not when the stream was
  /// destroyed before.
  HEDDLE_DECL void handshake(std::function<void(status)> done);

  HEDDLE_DECL asio::any_io_executor get_executor() override;
  HEDDLE_DECL void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override;
  HEDDLE_DECL std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) override;
  HEDDLE_DECL void wait_writable(std::shared_ptr<byte_stream_user> user) override;
  HEDDLE_DECL void shut_down_write() noexcept override;
  HEDDLE_DECL void close() noexcept override;
  HEDDLE_DECL void give_up_after(std::chrono::nanoseconds unacknowledged) noexcept override;
  HEDDLE_DECL std::string peer() const override;
  HEDDLE_DECL std::string local() const override;
  bool is_secure() const noexcept override { return true; }
  HEDDLE_DECL std::string application_protocol() const override;
  HEDDLE_DECL std::shared_ptr<auth_info const> auth() const override;
  HEDDLE_DECL std::string describe(error_code const& ec) const override;

 private:
  std::shared_ptr<tls_core> core_;
};

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tls_stream.ipp>
#endif
