// Between endpoints and what the system calls an address: one socket type for TCP and Unix.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/generic/stream_protocol.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/endpoint.hpp>

namespace heddle::transport {

using socket_protocol = asio::generic::stream_protocol;
using socket_address = socket_protocol::endpoint;

/// The errors are invalid_argument, for an address that is not literal, and name_too_long, for a Unix path.
HEDDLE_DECL socket_address to_socket_address(endpoint const& where, error_code& ec);

/// Addresses of another kind than IP and Unix have an empty text.
HEDDLE_DECL endpoint to_endpoint(socket_address const& address);

/// The other end, as byte_stream::peer() says it. The peer of an accepted Unix socket has no name: it gets that of the
/// socket which accepted it. "unknown" for addresses of other kinds.
HEDDLE_DECL std::string peer_of(socket_protocol::socket const& socket);
/// This end; empty when it has no name.
HEDDLE_DECL std::string local_of(socket_protocol::socket const& socket);

/// "unix:..." and "unix-abstract:...".
HEDDLE_DECL bool is_unix_name(std::string_view text) noexcept;
/// "unix:path", "unix:///path", "unix-abstract:name". Paths are taken as they are, without percent-decoding.
HEDDLE_DECL result<endpoint> parse_unix_name(std::string_view text);

/// Takes over a connected socket: no delay, not blocking. `peer`: see byte_stream::peer().
HEDDLE_DECL std::unique_ptr<byte_stream> make_socket_stream(socket_protocol::socket socket, std::string peer);
inline std::unique_ptr<byte_stream> make_socket_stream(socket_protocol::socket socket) {
  std::string peer = peer_of(socket);
  return make_socket_stream(std::move(socket), std::move(peer));
}

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/socket_address.ipp>
#endif
