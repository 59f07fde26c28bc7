#pragma once

#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>

#include <openssl/ssl.h>

#include <heddle/transport/tls_context.hpp>

namespace heddle {

namespace detail {

/// RFC 9113, appendix A, turned round: what it does not prohibit has ephemeral keys, a certificate or PSK, and AEAD.
inline bool allowed_cipher(SSL_CIPHER const* cipher) noexcept {
  int const exchange = SSL_CIPHER_get_kx_nid(cipher);
  bool const ephemeral =
      exchange == NID_kx_ecdhe || exchange == NID_kx_dhe || exchange == NID_kx_ecdhe_psk || exchange == NID_kx_dhe_psk;
  return ephemeral && SSL_CIPHER_is_aead(cipher) == 1 && SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null;
}

inline bool is_tls13(SSL_CIPHER const* cipher) noexcept {
  return std::strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0;
}

inline int choose_h2(SSL*, unsigned char const** out, unsigned char* out_size, unsigned char const* in,
                     unsigned int in_size, void*) {
  for (unsigned i = 0; i < in_size; i += 1u + in[i]) {
    if (in[i] != 2 || in_size - i < 3 || std::memcmp(in + i + 1, "h2", 2) != 0) continue;
    *out = in + i + 1;
    *out_size = 2;
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
}

inline void restrict_ciphers(SSL_CTX* context) {
  std::string names;
  STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    SSL_CIPHER const* const cipher = sk_SSL_CIPHER_value(all, i);
    if (is_tls13(cipher) || !allowed_cipher(cipher)) continue;
    if (!names.empty()) names += ':';
    names += SSL_CIPHER_get_name(cipher);
  }
  if (!names.empty()) {
    SSL_CTX_set_cipher_list(context, names.c_str());
    return;
  }
  long const most = SSL_CTX_get_max_proto_version(context);
  if (most != 0 && most < TLS1_3_VERSION)
    throw std::invalid_argument(
        "none of the context's cipher suites may be used with HTTP/2: allow ECDHE with AES-GCM");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
}

inline void restrict_versions(SSL_CTX* context) {
  long const most = SSL_CTX_get_max_proto_version(context);
  if (most != 0 && most < TLS1_2_VERSION)
    throw std::invalid_argument("the context allows no TLS version that HTTP/2 does: it needs 1.2 or later");
  if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION) SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

}  // namespace detail

HEDDLE_DECL void use_http2_rules(asio::ssl::context& context) {
  static std::mutex mutex;
  static int const mark = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  std::lock_guard const lock(mutex);
  SSL_CTX* const native = context.native_handle();
  if (SSL_CTX_get_ex_data(native, mark) != nullptr) return;
  detail::restrict_versions(native);
  detail::restrict_ciphers(native);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(native, &detail::choose_h2, nullptr);
  // Without one, resumption fails where client certificates are asked for. A session of a context that asks for none
  // must not be resumed with one that does.
  std::string const id = "heddle " + std::to_string(SSL_CTX_get_verify_mode(native));
  SSL_CTX_set_session_id_context(native, reinterpret_cast<unsigned char const*>(id.data()),
                                 static_cast<unsigned>(id.size()));
  SSL_CTX_set_ex_data(native, mark, &mutex);
}

HEDDLE_DECL asio::ssl::context make_tls_client_context() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  return context;
}

}  // namespace heddle
