// gRPC target names (naming.md): "dns:///host:port", "host:port", "ipv4:1.2.3.4:80,5.6.7.8:80", "ipv6:[::1]:80",
// "unix:path", "unix:///path", "unix-abstract:name".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/transport/endpoint.hpp>

namespace heddle {

struct target {
  std::string scheme;     // "dns", "ipv4", "ipv6", "unix", "unix-abstract"
  std::string host;       // dns: what is to be resolved
  std::string port;       // dns
  std::string authority;  // what :authority says unless an option does
  std::vector<endpoint> addresses;  // literal ones: nothing needs to be resolved
};

/// INVALID_ARGUMENT with a text that says what is wrong with it.
HEDDLE_DECL result<target> parse_target(std::string_view text);

namespace detail {

/// What may stand in :authority: one or more of 0x21 to 0x7E.
bool is_valid_authority(std::string_view text) noexcept;

}  // namespace detail

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/target.ipp>
#endif
