// TLS for the benchmark programs, all with the one cipher suite that every peer is measured with.
#pragma once

#include <stdexcept>
#include <string>

#include <heddle/client.hpp>
#include <heddle/server.hpp>
#if defined(BENCH_TLS)
#include <openssl/ssl.h>

#include <heddle/tls.hpp>
#endif

namespace bench_program {

#if defined(BENCH_TLS)
inline void use_one_cipher(boost::asio::ssl::context& context) {
  if (SSL_CTX_set_ciphersuites(context.native_handle(), "TLS_AES_128_GCM_SHA256") != 1)
    throw std::runtime_error("OpenSSL has no TLS_AES_128_GCM_SHA256");
}

inline heddle::listen_options serve_tls(std::string const& certificate, std::string const& key) {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  context.use_certificate_chain_file(certificate);
  context.use_private_key_file(key, boost::asio::ssl::context::pem);
  use_one_cipher(context);
  return heddle::listen_options().filter(heddle::tls_server(std::move(context)));
}

inline heddle::connector connect_tls(std::string const& authority) {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  context.load_verify_file(authority);
  use_one_cipher(context);
  return heddle::connect_tls(std::move(context));
}
#else
[[noreturn]] inline void refuse_tls() { throw std::invalid_argument("--tls: this was built without heddle::tls"); }
inline heddle::listen_options serve_tls(std::string const&, std::string const&) { refuse_tls(); }
inline heddle::connector connect_tls(std::string const&) { refuse_tls(); }
#endif

}  // namespace bench_program
