// The texts of IP addresses and ports.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>

namespace heddle {
namespace asio = boost::asio;
}

namespace heddle::transport {

/// "127.0.0.1:80", "[::1]:80", "name:80", or one of them without a port.
struct host_port {
  std::string host;  // without brackets
  std::string port;  // empty: none was given
};

HEDDLE_DECL result<host_port> parse_host_port(std::string_view text);

/// The address, if `host` is a literal one: such texts never reach a resolver.
HEDDLE_DECL std::optional<asio::ip::address> literal_address(std::string_view host) noexcept;

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/host_port.ipp>
#endif
