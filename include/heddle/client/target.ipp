#pragma once

#include <algorithm>
#include <utility>

#include <heddle/base/percent.hpp>
#include <heddle/client/target.hpp>
#include <heddle/transport/host_port.hpp>
#include <heddle/transport/socket_address.hpp>

namespace heddle {

namespace detail {

HEDDLE_DECL bool is_valid_authority(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7E; });
}

HEDDLE_DECL result<target> parse_literal_target(std::string_view scheme, std::string_view list) {
  target parsed;
  parsed.scheme = scheme;
  parsed.authority = list.substr(0, list.find(','));
  while (true) {
    std::string_view const one = list.substr(0, list.find(','));
    auto const address = transport::parse_host_port(one);
    if (!address) return address.error();
    auto const literal = transport::literal_address(address->host);
    if (!literal || literal->is_v6() != (scheme == "ipv6"))
      return status(status_code::invalid_argument,
                    "target \"" + std::string(scheme) + ":" + std::string(one) + "\": not an address of that kind");
    std::string const port = address->port.empty() ? "443" : address->port;
    parsed.addresses.emplace_back(address->host, static_cast<std::uint16_t>(std::stoul(port)));
    if (one.size() == list.size()) return parsed;
    list.remove_prefix(one.size() + 1);
  }
}

HEDDLE_DECL result<target> parse_unix_target(std::string_view text) {
  auto address = transport::parse_unix_name(text);
  if (address.has_error()) return address.error();
  target parsed;
  parsed.scheme = text.substr(0, text.find(':'));
  parsed.authority = "localhost";  // as all implementations say: a path is no :authority (RFC 3986 §3.2)
  parsed.addresses.push_back(std::move(*address));
  return parsed;
}

}  // namespace detail

HEDDLE_DECL result<target> parse_target(std::string_view text) {
  if (transport::is_unix_name(text)) return detail::parse_unix_target(text);
  if (text.starts_with("ipv4:")) return detail::parse_literal_target("ipv4", text.substr(5));
  if (text.starts_with("ipv6:")) return detail::parse_literal_target("ipv6", text.substr(5));
  std::string_view name = text;
  if (name.starts_with("dns:")) {
    name.remove_prefix(4);
    if (name.starts_with("//")) {  // an authority is the DNS server to ask, which the system's resolver can't be told
      name.remove_prefix(2);
      auto const slash = name.find('/');
      if (slash != 0)
        return status(
            status_code::invalid_argument,
            "target \"" + std::string(text) + "\": a DNS server of its own is not supported, write dns:///name");
      name.remove_prefix(1);
    }
  } else if (name.find("://") != std::string_view::npos) {
    return status(
        status_code::invalid_argument,
        "target \"" + std::string(text) + "\": unknown scheme; dns:, ipv4:, ipv6:, unix: and unix-abstract: are known");
  }
  auto const parsed = transport::parse_host_port(name);
  if (!parsed) return parsed.error();
  if (parsed->host.empty())
    return status(status_code::invalid_argument, "target \"" + std::string(text) + "\": the host is missing");
  if (!detail::is_valid_authority(name)) {
    std::string shown;
    percent_encode(text, shown);  // a NUL would end the text of an exception
    return status(status_code::invalid_argument,
                  "target \"" + shown + "\": the host may hold only the characters 0x21 to 0x7E");
  }
  target t;
  t.scheme = "dns";
  t.host = parsed->host;
  t.port = parsed->port.empty() ? "443" : parsed->port;
  t.authority = name;
  if (transport::literal_address(t.host))
    t.addresses.emplace_back(t.host, static_cast<std::uint16_t>(std::stoul(t.port)));
  return t;
}

}  // namespace heddle
