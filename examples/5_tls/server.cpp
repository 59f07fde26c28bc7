// Serves tower.Door to whoever has a certificate of our authority: tls_server [address] [folder of certificates]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>
#include <string>

#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>
#include <heddle/tls.hpp>

#include "certificates.hpp"
#include "door.heddle.hpp"

namespace asio = boost::asio;
using namespace tower;

// 1. Who we are, and whom we let in. verify_fail_if_no_peer_cert makes it mutual: a client without a certificate of
// this authority does not get as far as a call. Without these last two lines only the server would prove who it is.
asio::ssl::context server_context(std::string const& folder) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(certificate_file(folder, "server.pem"));
  context.use_private_key_file(certificate_file(folder, "server.key"), asio::ssl::context::pem);
  context.load_verify_file(certificate_file(folder, "ca.pem"));
  context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  return context;
}

// 2. A handler sees what the handshake found out, and may look more closely: here at whom the certificate names.
class door_service final : public door::service {
  heddle::reply<KnockReply> knock(heddle::server_context& context, KnockRequest&) override {
    auto const auth = context.auth();  // null without TLS
    if (!auth || !auth->certificate() || auth->certificate()->emails().empty())
      co_return heddle::status(heddle::status_code::permission_denied, "only people may enter");
    KnockReply reply;
    reply.set_greeting("welcome, " + auth->certificate()->emails().front() + ", by " + auth->protocol());
    co_return reply;
  }
};

asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));
}

// 3. TLS belongs to a port: another listen() could serve the same on a Unix socket, or to this machine without it.
int main(int argc, char** argv) try {
  asio::io_context context;
  door_service service;
  heddle::server server(context);
  server.add(service);
  auto const filter = heddle::tls_server(server_context(argc > 2 ? argv[2] : "certificates"));
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "0.0.0.0:50051", heddle::listen_options().filter(filter));
  std::cout << "listening on " << endpoint.to_string() << std::endl;
  heddle::sync_wait(context, serve(server));  // runs the context until then
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
