// In compiled mode the TLS code comes from heddle::tls.
#include <iostream>

#include <heddle/transport/tls.hpp>

int main() {
  auto context = heddle::make_tls_client_context();
  heddle::use_http2_rules(context);
  std::cout << OpenSSL_version(OPENSSL_VERSION) << '\n';
}
