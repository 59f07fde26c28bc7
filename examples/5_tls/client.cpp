// Knocks at a Door, and shows who we are: tls_client [target] [folder of certificates]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <iostream>
#include <string>

#include <heddle/client.hpp>
#include <heddle/sync_wait.hpp>
#include <heddle/tls.hpp>

#include "certificates.hpp"
#include "door.heddle.hpp"

namespace asio = boost::asio;
using namespace tower;
using namespace std::chrono_literals;

// 1. Whom we trust, and who we are. That the server's certificate is valid and made for the host of the target is
// always checked. Where a public authority signed it and no certificate of ours is wanted, heddle::connect_tls() is all
// there is to write.
asio::ssl::context client_context(std::string const& folder) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(certificate_file(folder, "ca.pem"));
  context.use_certificate_chain_file(certificate_file(folder, "client.pem"));
  context.use_private_key_file(certificate_file(folder, "client.key"), asio::ssl::context::pem);
  return context;
}

// 2. TLS is how a channel connects. Calls do not know of it.
asio::awaitable<void> knock(std::string target, std::string folder) {
  auto const options = heddle::channel_options().use_connector(heddle::connect_tls(client_context(folder)));
  heddle::channel channel(co_await asio::this_coro::executor, target, options);
  door::client door(channel);
  KnockRequest const request;
  KnockReply const reply = co_await door.knock(request, heddle::call_options().timeout(5s));
  std::cout << reply.greeting() << '\n';
}

int main(int argc, char** argv) try {
  asio::io_context context;
  std::string const target = argc > 1 ? argv[1] : "dns:///localhost:50051";
  heddle::sync_wait(context, knock(target, argc > 2 ? argv[2] : "certificates"));
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
