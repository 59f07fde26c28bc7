#pragma once

#include <memory>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <heddle/transport/tls_auth.hpp>
#include <heddle/transport/tls_text.hpp>

namespace heddle::transport {

namespace detail {

/// What the peer's alert is about, as far as it is known what to do about it.
inline char const* alert_hint(int alert, bool client) noexcept {
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
      return client ? ": no cipher suite in common, or it wants a client certificate" : ": no cipher suite in common";
    case SSL_AD_PROTOCOL_VERSION: return ": it speaks no TLS version that we do, which are 1.2 and 1.3";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return ": we offer \"h2\" only, and what answers there has no HTTP/2 on this port";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED: return ": it does not accept our certificate";
    case SSL_AD_UNKNOWN_CA: return ": it does not trust who issued our certificate";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return ": it wants a client certificate, and our context has none that it would take";
    case SSL_AD_UNRECOGNIZED_NAME: return ": it does not serve the name that we asked for (SNI)";
    default: return "";
  }
}

inline std::string time_text(ASN1_TIME const* time) {
  std::unique_ptr<BIO, int (*)(BIO*)> const out(BIO_new(BIO_s_mem()), &BIO_free);
  ASN1_TIME_print(out.get(), time);
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

inline std::string names_text(peer_certificate const& c) {
  std::string all;
  for (auto const* const names : {&c.dns_names(), &c.ip_addresses(), &c.uris(), &c.emails()})
    for (std::string const& name : *names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "no subject alternative names" : all;
}

}  // namespace detail

HEDDLE_DECL unsigned long take_tls_error() noexcept {
  unsigned long const error = ERR_get_error();
  ERR_clear_error();
  return error;
}

HEDDLE_DECL std::string tls_error_text(unsigned long error, bool client) {
  int const reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
      int const alert = reason - SSL_AD_REASON_OFFSET;
      return std::string("the peer ended it with the TLS alert \"") + SSL_alert_desc_string_long(alert) + "\"" +
             detail::alert_hint(alert, client);
    }
    switch (reason) {
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_NO_PROTOCOLS_AVAILABLE:
      case SSL_R_VERSION_TOO_LOW: return "the peer speaks no TLS version that we do, which are 1.2 and 1.3";
      case SSL_R_NO_SHARED_CIPHER:
        return "no cipher suite in common: HTTP/2 needs ephemeral keys and AEAD (RFC 9113, appendix A)";
      case SSL_R_NO_APPLICATION_PROTOCOL:
      case SSL_R_BAD_EXTENSION:
        if (!client) return "the client offers protocols by ALPN, but not \"h2\"";
        break;
      case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "the client showed no certificate, and one is required";
      default: break;
    }
  }
  char const* const text = ERR_reason_error_string(error);
  return std::string("TLS failed: ") + (text != nullptr ? text : "unknown error");
}

HEDDLE_DECL std::string tls_refusal_text(X509_STORE_CTX* store, bool client, std::string const& wanted) {
  std::string const whose = client ? "the server's certificate" : "the client's certificate";
  int const error = X509_STORE_CTX_get_error(store);
  X509* const current = X509_STORE_CTX_get_current_cert(store);
  if (current == nullptr) return whose + " was refused: " + X509_verify_cert_error_string(error);
  peer_certificate const c = certificate_of(current);
  std::string text = whose + " was refused: ";
  if (X509_STORE_CTX_get_error_depth(store) > 0) text += "its issuer's certificate, ";
  text += '"' + c.subject() + "\": ";
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return text + "it is not for " + wanted + ", but for " + detail::names_text(c) +
             " (tls_client_options::server_name() says whom to expect)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return text + "it has expired on " + detail::time_text(X509_get0_notAfter(current));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return text + "it is not valid before " + detail::time_text(X509_get0_notBefore(current));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return text + "its issuer \"" + c.issuer() + "\" is not among those that the context trusts (" +
             X509_verify_cert_error_string(error) + ")";
    case X509_V_OK: return text + "the context's verify callback said no";
    default: return text + X509_verify_cert_error_string(error);
  }
}

HEDDLE_DECL std::string not_tls_text(std::string_view bytes, bool client) {
  std::string_view const line = bytes.substr(0, bytes.find_first_of("\r\n"));
  bool printable = !line.empty();
  for (char const c : line) printable = printable && c >= ' ' && c <= '~';
  std::string text = client ? "the server does not speak TLS on this port" : "the client spoke no TLS to this TLS port";
  text += client ? ": its answer begins with " : ": what it sent begins with ";
  if (printable) return text + '"' + std::string(line.substr(0, 60)) + '"';
  // A SETTINGS frame on stream 0.
  bool const settings = bytes.size() >= 9 && bytes[0] == 0 && bytes[3] == 4 && bytes.substr(5, 4) == std::string(4, 0);
  if (settings) return text + "cleartext HTTP/2";
  static constexpr char digits[] = "0123456789abcdef";
  for (char const c : bytes.substr(0, 8)) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[c & 15];
  }
  return text;
}

HEDDLE_DECL std::string alpn_text(std::string_view selected) {
  std::string text = selected.empty() ? "the server selected no protocol by ALPN"
                                      : "the server selected \"" + std::string(selected) + "\" by ALPN";
  return text +
         ", and gRPC needs \"h2\": what answers is a server without HTTP/2, or a proxy or load balancer in between "
         "that "
         "ends TLS and does not pass HTTP/2 on";
}

}  // namespace heddle::transport
