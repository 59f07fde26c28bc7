#pragma once

#include <heddle/transport/host_port.hpp>

namespace heddle::transport {

HEDDLE_DECL result<host_port> parse_host_port(std::string_view text) {
  auto const wrong = [text](char const* why) {
    return status(status_code::invalid_argument, "address \"" + std::string(text) + "\": " + why);
  };
  host_port parsed;
  if (text.starts_with('[')) {
    auto const close = text.find(']');
    if (close == std::string_view::npos) return wrong("no closing bracket");
    parsed.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!text.empty() && text[0] != ':') return wrong("a colon and a port must follow the bracket");
  } else {
    auto const colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find(':') != colon) {  // more than one: an IPv6 address as it is
      parsed.host = text;
      return parsed;
    }
    parsed.host = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (text.empty()) return parsed;
  parsed.port = text.substr(1);
  if (parsed.port.empty() || parsed.port.size() > 5) return wrong("the port is no number from 0 to 65535");
  unsigned long port = 0;
  for (char c : parsed.port) {
    if (c < '0' || c > '9') return wrong("the port is no number from 0 to 65535");
    port = port * 10 + static_cast<unsigned long>(c - '0');
  }
  if (port > 65535) return wrong("the port is no number from 0 to 65535");
  return parsed;
}

HEDDLE_DECL std::optional<asio::ip::address> literal_address(std::string_view host) noexcept {
  boost::system::error_code ec;
  asio::ip::address const address = asio::ip::make_address(std::string(host), ec);
  if (ec) return std::nullopt;
  return address;
}

}  // namespace heddle::transport
