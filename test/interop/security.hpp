// --use_tls and its company: listen_options of a server and channel_options of a client.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <heddle/client.hpp>
#include <heddle/server.hpp>
#if defined(INTEROP_TLS)
#include <boost/asio/buffer.hpp>

#include <heddle/tls.hpp>
#endif

#include "flags.hpp"
#include "test_ca.hpp"

namespace interop {

/// The value of a flag that makes no sense without one.
inline std::string required(flags const& given, std::string const& name) {
  std::string const value = given.get(name, "");
  if (value.empty()) throw std::invalid_argument("--use_tls needs --" + name);
  return value;
}

#if defined(INTEROP_TLS)
inline heddle::listen_options server_security(flags const& given) {
  heddle::listen_options options;
  if (given.get("use_tls", "false") != "true") return options;
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  context.use_certificate_chain_file(required(given, "tls_cert_file"));
  context.use_private_key_file(required(given, "tls_key_file"), boost::asio::ssl::context::pem);
  options.filter(heddle::tls_server(std::move(context)));
  return options;
}

/// gRPC's own: --ca_file, else the CA of gRPC's test certificates where --use_test_ca says so, else the system's.
inline heddle::channel_options client_security(flags const& given) {
  heddle::channel_options options;
  if (auto const name = given.get("server_host_override", ""); !name.empty()) options.authority(name);
  if (given.get("use_tls", "false") != "true") return options;
  auto const file = given.get("ca_file", "");
  if (given.get("use_test_ca", "false") != "true" && file.empty()) {
    options.use_connector(heddle::connect_tls());
    return options;
  }
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  if (!file.empty())
    context.load_verify_file(file);
  else
    context.add_certificate_authority(boost::asio::buffer(test_ca));
  options.use_connector(heddle::connect_tls(std::move(context)));
  return options;
}
#else
inline void refuse_tls(flags const& given) {
  if (given.get("use_tls", "false") == "true")
    throw std::invalid_argument("--use_tls: this was built without heddle::tls");
}
inline heddle::listen_options server_security(flags const& given) {
  refuse_tls(given);
  return {};
}
inline heddle::channel_options client_security(flags const& given) {
  refuse_tls(given);
  return {};
}
#endif

}  // namespace interop
