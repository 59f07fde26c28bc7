// peer_server [ADDRESS [CERTIFICATE KEY [CLIENT_CA]]]: heddle_peer.Peer for the clients of others, over TLS when it has
// a certificate. Prints where it listens; ends with SIGTERM.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <iostream>

#include "service.hpp"
#ifdef HEDDLE_PEER_TLS
#include <heddle/tls.hpp>
#endif

namespace asio = boost::asio;

asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));
}

// From PEM files.
heddle::listen_options options([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
  heddle::listen_options options;
  options.reuse_port(true);  // the next one may start before this one has stopped
#ifdef HEDDLE_PEER_TLS
  if (argc < 4) return options;
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.use_certificate_chain_file(argv[2]);
  tls.use_private_key_file(argv[3], asio::ssl::context::pem);
  if (argc > 4) {
    tls.load_verify_file(argv[4]);
    tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  options.filter(heddle::tls_server(std::move(tls)));
#endif
  return options;
}

int main(int argc, char** argv) try {
  asio::io_context context;
  heddle_peer::peer_service service;
  heddle::server server(context, heddle::server_options().grace(std::chrono::seconds(1)));
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "127.0.0.1:0", options(argc, argv));
  std::cout << endpoint.to_string() << std::endl;
  asio::co_spawn(context, serve(server), asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
