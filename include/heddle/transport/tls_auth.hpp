// From OpenSSL's certificates to ours.
#pragma once

#include <memory>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <heddle/base/config.hpp>
#include <heddle/transport/auth.hpp>

namespace heddle::transport {

HEDDLE_DECL peer_certificate certificate_of(X509* certificate);

/// Of a finished handshake.
HEDDLE_DECL std::shared_ptr<auth_info const> auth_of(SSL* ssl);

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tls_auth.ipp>
#endif
