// What OpenSSL's errors mean, for the person who has to do something about them.
#pragma once

#include <string>
#include <string_view>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <heddle/base/config.hpp>

namespace heddle::transport {

/// Takes the oldest entry of OpenSSL's error queue, and clears it.
HEDDLE_DECL unsigned long take_tls_error() noexcept;

/// A failed handshake or connection. `client`: whether we are one.
HEDDLE_DECL std::string tls_error_text(unsigned long error, bool client);

/// Why a certificate was refused, at the time of the verify callback. `wanted` is the name that it should have had.
HEDDLE_DECL std::string tls_refusal_text(X509_STORE_CTX* store, bool client, std::string const& wanted);

/// The beginning of what should have been TLS, and was not.
HEDDLE_DECL std::string not_tls_text(std::string_view bytes, bool client);

/// What a client says that needed "h2" and was given `selected`.
HEDDLE_DECL std::string alpn_text(std::string_view selected);

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tls_text.ipp>
#endif
