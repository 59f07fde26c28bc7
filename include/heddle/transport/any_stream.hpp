// Any connected stream of Asio's kind as a byte_stream: sockets, ssl::stream, pipes, descriptors, what reads and writes
// alike. Opt-in: server::serve(stream) and connect_with(stream) need it.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>

#include <heddle/transport/buffered_stream.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/socket_address.hpp>

namespace heddle {

/// AsyncReadStream and AsyncWriteStream, and a way to end both: close() of itself, of its lowest_layer() or of its
/// next_layer(). One read and one write may be under way at a time, and are, on one strand.
template <class Stream>
concept connected_stream =
    std::move_constructible<Stream> && requires(Stream& s, asio::mutable_buffer in, asio::const_buffer out) {
      s.async_read_some(in, [](error_code, std::size_t) {});
      s.async_write_some(out, [](error_code, std::size_t) {});
      detail::close_stream(s);
    };

/// Two one-way streams as one: what comes from `In`, for example an asio::readable_pipe or the posix::stream_descriptor
/// of a child's output, and what goes to `Out`.
template <class In, class Out>
class stream_pair {
 public:
  stream_pair(In in, Out out) : in_(std::move(in)), out_(std::move(out)) {}

  template <class Buffers, class Token>
  auto async_read_some(Buffers const& into, Token&& token) {
    return in_.async_read_some(into, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(Buffers const& from, Token&& token) {
    return out_.async_write_some(from, std::forward<Token>(token));
  }
  void close() {
    detail::close_stream(in_);
    detail::close_stream(out_);
  }
  /// Half of it: the reader at the other end sees the end of file.
  void shut_down_write() { detail::close_stream(out_); }

 private:
  In in_;
  Out out_;
};

/// `peer`: what byte_stream::peer() says; empty: the address of the socket below, or "unknown". Completions run on
/// `executor`, which must be a strand unless one thread alone runs it.
template <connected_stream Stream>
std::unique_ptr<byte_stream> make_byte_stream(Stream stream, asio::any_io_executor executor, std::string peer = {}) {
  if (peer.empty()) peer = detail::peer_of_stream(stream);
  return std::make_unique<detail::buffered_stream<Stream>>(std::move(stream), std::move(executor), std::move(peer));
}

/// A socket moves over to `executor`: it must have no operation under way.
template <class Protocol, class Executor>
std::unique_ptr<byte_stream> make_byte_stream(asio::basic_stream_socket<Protocol, Executor> socket,
                                              asio::any_io_executor executor, std::string peer = {}) {
  error_code ec;
  auto const family = transport::socket_address(socket.local_endpoint(ec)).protocol().family();
  transport::socket_protocol::socket moved(std::move(executor));
  if (!ec) moved.assign(transport::socket_protocol(family, 0), socket.release(), ec);
  if (peer.empty()) peer = transport::peer_of(moved);
  return transport::make_socket_stream(std::move(moved), std::move(peer));
}

template <connected_stream Stream>
struct byte_stream_maker<Stream> {
  static std::unique_ptr<byte_stream> make(Stream stream, asio::any_io_executor executor) {
    return make_byte_stream(std::move(stream), std::move(executor));
  }
};

}  // namespace heddle
