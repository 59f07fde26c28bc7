// Certificates that tests make for themselves, in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <boost/asio/ssl/context.hpp>

namespace heddle::test {

namespace asio = boost::asio;

/// A key and its certificate, both also as PEM.
class identity {
 public:
  std::string const& certificate_pem() const noexcept { return certificate_pem_; }
  std::string const& key_pem() const noexcept { return key_pem_; }
  X509* certificate() const noexcept { return certificate_.get(); }
  EVP_PKEY* key() const noexcept { return key_.get(); }

 private:
  friend class certificate_maker;
  std::shared_ptr<X509> certificate_;
  std::shared_ptr<EVP_PKEY> key_;
  std::string certificate_pem_, key_pem_;
};

/// `certificate_maker("name").names("DNS:localhost,IP:127.0.0.1").sign(ca)`
class certificate_maker {
 public:
  explicit certificate_maker(std::string common_name) : common_name_(std::move(common_name)) {}

  /// In OpenSSL's form: "DNS:localhost,IP:127.0.0.1,URI:spiffe://x/y,email:a@b.c".
  certificate_maker& names(std::string text) {
    names_ = std::move(text);
    return *this;
  }
  /// Days from now.
  certificate_maker& valid(int from, int to) {
    from_ = from;
    to_ = to;
    return *this;
  }
  /// An RSA key, for the cipher suites that need one.
  certificate_maker& rsa() {
    rsa_ = true;
    return *this;
  }
  certificate_maker& authority() {
    authority_ = true;
    return *this;
  }

  identity sign(identity const& issuer) const { return make(&issuer); }
  identity self_signed() const { return make(nullptr); }

 private:
  static std::string text_of(BIO* b) {
    char* data = nullptr;
    long const size = BIO_get_mem_data(b, &data);
    return {data, static_cast<std::size_t>(size)};
  }
  static void extend(X509* certificate, X509* issuer, int id, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  identity make(identity const* issuer) const {
    static std::uint64_t serial = 1;
    identity made;
    made.key_.reset(rsa_ ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free);
    X509* const c = X509_new();
    made.certificate_.reset(c, &X509_free);
    X509_set_version(c, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial++);
    X509_gmtime_adj(X509_getm_notBefore(c), 86400L * from_);
    X509_gmtime_adj(X509_getm_notAfter(c), 86400L * to_);
    X509_set_pubkey(c, made.key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
                               reinterpret_cast<unsigned char const*>(common_name_.c_str()), -1, -1, 0);
    X509* const parent = issuer != nullptr ? issuer->certificate() : c;
    X509_set_issuer_name(c, X509_get_subject_name(parent));
    extend(c, parent, NID_basic_constraints, authority_ ? "critical,CA:TRUE" : "CA:FALSE");
    if (authority_) extend(c, parent, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(c, parent, NID_subject_key_identifier, "hash");
    if (!names_.empty()) extend(c, parent, NID_subject_alt_name, names_);
    X509_sign(c, issuer != nullptr ? issuer->key() : made.key(), EVP_sha256());

    std::unique_ptr<BIO, int (*)(BIO*)> const certificate(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(certificate.get(), c);
    made.certificate_pem_ = text_of(certificate.get());
    std::unique_ptr<BIO, int (*)(BIO*)> const key(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PrivateKey(key.get(), made.key(), nullptr, nullptr, 0, nullptr, nullptr);
    made.key_pem_ = text_of(key.get());
    return made;
  }

  std::string common_name_, names_;
  int from_ = -1, to_ = 30;
  bool rsa_ = false, authority_ = false;
};

inline void use_identity(asio::ssl::context& context, identity const& who) {
  context.use_certificate_chain(asio::buffer(who.certificate_pem()));
  context.use_private_key(asio::buffer(who.key_pem()), asio::ssl::context::pem);
}

inline void trust(asio::ssl::context& context, identity const& authority) {
  context.add_certificate_authority(asio::buffer(authority.certificate_pem()));
}

/// The same for all tests of a program, since keys cost time.
struct certificates {
  identity ca = certificate_maker("test authority").authority().self_signed();
  identity other_ca = certificate_maker("other authority").authority().self_signed();
  identity server = certificate_maker("server").names("DNS:server.test,IP:192.0.2.1,IP:127.0.0.1").sign(ca);
  identity rsa_server = certificate_maker("rsa server").names("DNS:server.test").rsa().sign(ca);
  identity client =
      certificate_maker("client").names("URI:spiffe://test/worker,DNS:worker.test,email:a@worker.test").sign(ca);

  static certificates const& get() {
    static certificates const all;
    return all;
  }
};

inline std::shared_ptr<asio::ssl::context> server_context_of(identity const& who) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  use_identity(*context, who);
  return context;
}

/// Asks for a certificate of a client, and refuses those without.
inline std::shared_ptr<asio::ssl::context> mutual_server_context(identity const& who, identity const& authority) {
  auto context = server_context_of(who);
  trust(*context, authority);
  context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  return context;
}

inline std::shared_ptr<asio::ssl::context> client_context_for(identity const& authority) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  trust(*context, authority);
  return context;
}

}  // namespace heddle::test
