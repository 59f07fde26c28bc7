// A connected stream of bytes, erased: TCP, memory, and whatever else can read and write.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

namespace heddle {

namespace asio = boost::asio;
using boost::system::error_code;

class auth_info;

/// Whoever reads and writes a stream. Completions are never delivered inside the function that starts an operation.
class byte_stream_user : public std::enable_shared_from_this<byte_stream_user> {
 public:
  virtual ~byte_stream_user() = default;
  virtual void on_read(error_code ec, std::size_t n) = 0;
  virtual void on_writable(error_code ec) = 0;
};

/// Used on one executor. One read and one wait for writability at a time; each keeps its user alive until it completes.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  virtual asio::any_io_executor get_executor() = 0;
  /// Ends with user->on_read(ec, n), n > 0 when there is no error; end of file is asio::error::eof.
  virtual void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) = 0;
  /// Writes of these bytes, which follow each other, what goes without waiting, and says how much: 0 with would_block
  /// when nothing does.
  virtual std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) = 0;
  std::size_t write_some(asio::const_buffer bytes, error_code& ec) {
    return write_some(std::span<asio::const_buffer const>(&bytes, 1), ec);
  }
  /// Ends with user->on_writable() when write_some() is worth another try.
  virtual void wait_writable(std::shared_ptr<byte_stream_user> user) = 0;
  /// No more is written; the peer may still be read.
  virtual void shut_down_write() noexcept = 0;
  /// Ends everything; operations under way complete with an error.
  virtual void close() noexcept = 0;
  /// Has no read complete before so many bytes are here, or the end, or an error (SO_RCVLOWAT). 1 is what holds at
  /// first, and also lets a read go on that waits. False: this stream can't.
  virtual bool receive_low_watermark(std::size_t) noexcept { return false; }
  /// How long bytes that were sent may wait for the peer's acknowledgement before the stream ends with an error, where
  /// the system knows (TCP_USER_TIMEOUT).
  virtual void give_up_after(std::chrono::nanoseconds) noexcept {}
  /// The other end, in the form of a gRPC target: "ipv4:127.0.0.1:50051".
  virtual std::string peer() const = 0;
  /// This end, likewise; empty: it has no name.
  virtual std::string local() const { return {}; }
  /// Nobody on the way can read or change it. Such a stream speaks HTTP/2 only if ALPN chose that.
  virtual bool is_secure() const noexcept { return false; }
  /// What ALPN chose; empty: nothing, or there is no ALPN. Known when the first read has completed.
  virtual std::string application_protocol() const { return {}; }
  /// Who the peer has proved to be; null where nobody proves anything. May be asked for when the first read has
  /// completed.
  virtual std::shared_ptr<auth_info const> auth() const { return nullptr; }
  /// An error of this stream in words.
  virtual std::string describe(error_code const& ec) const { return ec.message(); }
};

/// How a connected stream of another kind becomes a byte_stream on `executor`:
///   static std::unique_ptr<byte_stream> make(Stream stream, asio::any_io_executor executor);
template <class Stream>
struct byte_stream_maker {
  static_assert(sizeof(Stream) == 0,
                "#include <heddle/transport/any_stream.hpp>, if Stream reads and writes as Asio's do");
};

}  // namespace heddle
