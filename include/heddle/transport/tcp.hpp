// TCP: host:port texts, connecting, and accepted sockets as byte streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/transport/byte_stream.hpp>

namespace heddle::transport {

/// "127.0.0.1:80", "[::1]:80", "name:80", or one of them without a port.
struct host_port {
  std::string host;  // without brackets
  std::string port;  // empty: none was given
};

HEDDLE_DECL result<host_port> parse_host_port(std::string_view text);

/// The address, if `host` is a literal one: such texts never reach a resolver.
HEDDLE_DECL std::optional<asio::ip::address> literal_address(std::string_view host) noexcept;

/// "ipv4:127.0.0.1:80" or "ipv6:[::1]:80".
HEDDLE_DECL std::string to_target(asio::ip::tcp::endpoint const& endpoint);

/// Takes over a connected socket: no delay, not blocking.
HEDDLE_DECL std::unique_ptr<byte_stream> make_tcp_stream(asio::ip::tcp::socket socket);

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tcp.ipp>
#endif
