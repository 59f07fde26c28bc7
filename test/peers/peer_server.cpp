// peer_server [ADDRESS]: heddle_peer.Peer for the clients of others. Prints where it listens; ends with SIGTERM.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <iostream>

#include "service.hpp"

namespace asio = boost::asio;

asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));
}

int main(int argc, char** argv) try {
  asio::io_context context;
  heddle_peer::peer_service service;
  heddle::server server(context, heddle::server_options().grace(std::chrono::seconds(1)));
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "127.0.0.1:0");
  std::cout << endpoint.to_string() << std::endl;
  asio::co_spawn(context, serve(server), asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
