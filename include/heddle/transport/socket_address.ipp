#pragma once

#include <cstring>
#include <string>
#include <utility>

#include <sys/un.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <heddle/transport/host_port.hpp>
#include <heddle/transport/socket_address.hpp>
#include <heddle/transport/socket_stream.hpp>

namespace heddle::transport {

namespace detail {

template <class Special>
Special special_endpoint(socket_address const& address) {
  Special special;
  std::memcpy(special.data(), address.data(), address.size());
  special.resize(address.size());
  return special;
}

}  // namespace detail

HEDDLE_DECL socket_address to_socket_address(endpoint const& where, error_code& ec) {
  ec = error_code();
  if (where.is_unix()) {
    bool const abstract = where.kind() == endpoint::family::unix_abstract;
    std::string const path = (abstract ? std::string(1, '\0') : std::string()) + where.address();
    // A path is closed by a NUL, an abstract name is not, but Asio keeps the room for one.
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      ec = boost::system::errc::make_error_code(boost::system::errc::filename_too_long);
      return {};
    }
    return asio::local::stream_protocol::endpoint(path);
  }
  auto const address = literal_address(where.address());
  if (address) return asio::ip::tcp::endpoint(*address, where.port());
  ec = asio::error::invalid_argument;
  return {};
}

HEDDLE_DECL endpoint to_endpoint(socket_address const& address) {
  int const family = address.protocol().family();
  if (family == asio::ip::tcp::v4().family() || family == asio::ip::tcp::v6().family()) {
    auto const ip = detail::special_endpoint<asio::ip::tcp::endpoint>(address);
    return {ip.address().to_string(), ip.port()};
  }
  if (family != asio::local::stream_protocol().family()) return {};
  std::string path = detail::special_endpoint<asio::local::stream_protocol::endpoint>(address).path();
  if (!path.empty() && path.front() == '\0') return endpoint::at_abstract(path.substr(1));
  return endpoint::at_path(path.substr(0, path.find('\0')));
}

HEDDLE_DECL std::string peer_of(socket_protocol::socket const& socket) {
  error_code ec;
  endpoint peer = to_endpoint(socket.remote_endpoint(ec));
  if (!ec && peer == endpoint::at_path({})) peer = to_endpoint(socket.local_endpoint(ec));
  return ec || peer == endpoint() ? "unknown" : peer.to_target();
}

HEDDLE_DECL std::string local_of(socket_protocol::socket const& socket) {
  error_code ec;
  endpoint const local = to_endpoint(socket.local_endpoint(ec));
  return ec || local == endpoint() || local == endpoint::at_path({}) ? std::string() : local.to_target();
}

HEDDLE_DECL bool is_unix_name(std::string_view text) noexcept {
  return text.starts_with("unix:") || text.starts_with("unix-abstract:");
}

HEDDLE_DECL result<endpoint> parse_unix_name(std::string_view text) {
  auto const wrong = [text](char const* why) {
    return status(status_code::invalid_argument, "address \"" + std::string(text) + "\": " + why);
  };
  bool const abstract = text.starts_with("unix-abstract:");
  std::string_view name = text.substr(text.find(':') + 1);
  if (name.starts_with("//")) {
    name.remove_prefix(2);
    if (!name.starts_with('/')) return wrong("no host can stand before the path, write unix:path or unix:///path");
  }
  if (name.empty()) return wrong("the name of the socket is missing");
  if (abstract) return endpoint::at_abstract(std::string(name));
  if (name.find('\0') != std::string_view::npos) return wrong("a path has no NUL in it");
  return endpoint::at_path(std::string(name));
}

HEDDLE_DECL std::unique_ptr<byte_stream> make_socket_stream(socket_protocol::socket socket, std::string peer) {
  error_code ignored;  // by sockets that are not TCP's
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return std::make_unique<socket_stream<socket_protocol::socket>>(std::move(socket), std::move(peer), &local_of);
}

}  // namespace heddle::transport
