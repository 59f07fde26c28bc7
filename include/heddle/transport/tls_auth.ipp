#pragma once

#include <ctime>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>

#include <heddle/transport/tls_auth.hpp>

namespace heddle::transport {

namespace detail {

inline std::string name_text(X509_NAME const* name) {
  std::unique_ptr<BIO, int (*)(BIO*)> const out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

inline std::string bytes_of(ASN1_STRING const* s) {
  return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(ASN1_STRING_length(s))};
}

inline std::string ip_text(ASN1_STRING const* s) {
  std::string const bytes = bytes_of(s);
  boost::asio::ip::address_v4::bytes_type v4;
  boost::asio::ip::address_v6::bytes_type v6;
  auto const copied = [&bytes](auto into) {
    for (std::size_t i = 0; i < bytes.size(); ++i) into[i] = static_cast<unsigned char>(bytes[i]);
    return into;
  };
  if (bytes.size() == v4.size()) return boost::asio::ip::address_v4(copied(v4)).to_string();
  if (bytes.size() == v6.size()) return boost::asio::ip::address_v6(copied(v6)).to_string();
  return {};
}

inline std::chrono::system_clock::time_point time_of(ASN1_TIME const* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  using namespace std::chrono;
  sys_days const day = year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
  return day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

inline std::string hex(unsigned char const* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace detail

HEDDLE_DECL peer_certificate certificate_of(X509* certificate) {
  peer_certificate c;
  c.subject(detail::name_text(X509_get_subject_name(certificate)));
  c.issuer(detail::name_text(X509_get_issuer_name(certificate)));
  c.validity(detail::time_of(X509_get0_notBefore(certificate)), detail::time_of(X509_get0_notAfter(certificate)));
  std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> const names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    GENERAL_NAME const* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) c.add_dns_name(detail::bytes_of(name->d.dNSName));
    if (name->type == GEN_URI) c.add_uri(detail::bytes_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_EMAIL) c.add_email(detail::bytes_of(name->d.rfc822Name));
    if (name->type == GEN_IPADD) c.add_ip_address(detail::ip_text(name->d.iPAddress));
  }
  unsigned char* der = nullptr;
  int const size = i2d_X509(certificate, &der);
  if (size > 0) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &digest_size);
    c.der(std::string(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size)),
          detail::hex(digest, digest_size));
  }
  OPENSSL_free(der);
  return c;
}

HEDDLE_DECL std::shared_ptr<auth_info const> auth_of(SSL* ssl) {
  auto const info = std::make_shared<auth_info>();
  SSL_CIPHER const* const cipher = SSL_get_current_cipher(ssl);
  char const* const cipher_name = cipher != nullptr ? SSL_CIPHER_standard_name(cipher) : nullptr;
  info->session(SSL_get_version(ssl), cipher_name != nullptr ? cipher_name : "", SSL_session_reused(ssl) == 1);
  std::unique_ptr<X509, void (*)(X509*)> const certificate(SSL_get1_peer_certificate(ssl), &X509_free);
  if (certificate != nullptr) info->certificate(certificate_of(certificate.get()));
  return info;
}

}  // namespace heddle::transport
