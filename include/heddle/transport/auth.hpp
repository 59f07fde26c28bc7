// Who is at the other end of a secure connection, without a word of the library that found out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

/// What a certificate says. Names are the subject alternative names, which are the ones that count.
class peer_certificate {
 public:
  peer_certificate() {}

  /// In the form of RFC 2253: "CN=worker-7,O=Example".
  std::string const& subject() const noexcept { return subject_; }
  std::string const& issuer() const noexcept { return issuer_; }
  std::vector<std::string> const& dns_names() const noexcept { return dns_names_; }
  /// SPIFFE identities are among these.
  std::vector<std::string> const& uris() const noexcept { return uris_; }
  std::vector<std::string> const& ip_addresses() const noexcept { return ip_addresses_; }
  std::vector<std::string> const& emails() const noexcept { return emails_; }
  std::chrono::system_clock::time_point not_before() const noexcept { return not_before_; }
  std::chrono::system_clock::time_point not_after() const noexcept { return not_after_; }
  /// The certificate itself.
  std::string const& der() const noexcept { return der_; }
  /// SHA-256 of der() in 64 small hexadecimal digits.
  std::string const& fingerprint() const noexcept { return fingerprint_; }

  peer_certificate& subject(std::string text) {
    subject_ = std::move(text);
    return *this;
  }
  peer_certificate& issuer(std::string text) {
    issuer_ = std::move(text);
    return *this;
  }
  peer_certificate& add_dns_name(std::string name) {
    dns_names_.push_back(std::move(name));
    return *this;
  }
  peer_certificate& add_uri(std::string uri) {
    uris_.push_back(std::move(uri));
    return *this;
  }
  peer_certificate& add_ip_address(std::string address) {
    ip_addresses_.push_back(std::move(address));
    return *this;
  }
  peer_certificate& add_email(std::string address) {
    emails_.push_back(std::move(address));
    return *this;
  }
  peer_certificate& validity(std::chrono::system_clock::time_point from, std::chrono::system_clock::time_point to) {
    not_before_ = from;
    not_after_ = to;
    return *this;
  }
  peer_certificate& der(std::string bytes, std::string fingerprint) {
    der_ = std::move(bytes);
    fingerprint_ = std::move(fingerprint);
    return *this;
  }

 private:
  std::string subject_, issuer_, der_, fingerprint_;
  std::vector<std::string> dns_names_, uris_, ip_addresses_, emails_;
  std::chrono::system_clock::time_point not_before_, not_after_;
};

/// What a handshake found out. Made once for a connection, when somebody asks.
class auth_info {
 public:
  auth_info() {}

  /// "TLSv1.3"
  std::string const& protocol() const noexcept { return protocol_; }
  /// By its IANA name: "TLS_AES_256_GCM_SHA384".
  std::string const& cipher() const noexcept { return cipher_; }
  /// The keys came from an earlier connection, and so did the certificate: nobody looked at it anew.
  bool resumed() const noexcept { return resumed_; }
  /// The peer's; nothing when it showed none. On a server that asked for one it was checked, but for its name.
  std::optional<peer_certificate> const& certificate() const noexcept { return certificate_; }

  auth_info& session(std::string protocol, std::string cipher, bool resumed) {
    protocol_ = std::move(protocol);
    cipher_ = std::move(cipher);
    resumed_ = resumed;
    return *this;
  }
  auth_info& certificate(peer_certificate c) {
    certificate_ = std::move(c);
    return *this;
  }

 private:
  std::string protocol_, cipher_;
  bool resumed_ = false;
  std::optional<peer_certificate> certificate_;
};

}  // namespace heddle
