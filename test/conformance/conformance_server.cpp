// The server of the Connect conformance suite: reads one ServerCompatRequest from stdin, serves as that says, and tells
// where in a ServerCompatResponse on stdout. Ends on SIGTERM.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include <heddle/rpc/json.hpp>
#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>
#if defined(CONFORMANCE_TLS)
#include <boost/asio/buffer.hpp>

#include <heddle/tls.hpp>
#endif

#include "connectrpc/conformance/v1/server_compat.pb.h"
#include "encodings.hpp"
#include "service.hpp"

namespace {

namespace asio = boost::asio;
using namespace connectrpc::conformance::v1;

ServerCompatRequest read_request(std::istream& in) {
  conformance::length_prefix prefix;
  std::string body;
  if (in.read(reinterpret_cast<char*>(prefix.data()), prefix.size())) {
    body.resize(conformance::length_of(prefix));
    in.read(body.data(), static_cast<std::streamsize>(body.size()));
  }
  ServerCompatRequest request;
  if (!in || !request.ParseFromString(body)) throw std::runtime_error("no ServerCompatRequest on stdin");
  return request;
}

heddle::server_options options_for(ServerCompatRequest const& asked) {
  heddle::server_options options;
  options.single_threaded(true)
      .grace(std::chrono::seconds(1))
      .compressors(conformance::encodings())
      .add_codec(heddle::json());
  if (asked.message_receive_limit() != 0) options.max_receive_message_size(asked.message_receive_limit());
  return options;
}

#if defined(CONFORMANCE_TLS)
heddle::listen_options security_for(ServerCompatRequest const& asked) {
  heddle::listen_options options;
  if (!asked.use_tls()) return options;
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(asked.server_creds().cert()));
  context.use_private_key(asio::buffer(asked.server_creds().key()), asio::ssl::context::pem);
  if (!asked.client_tls_cert().empty()) {
    context.add_certificate_authority(asio::buffer(asked.client_tls_cert()));
    context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  options.filter(heddle::tls_server(std::move(context)));
  return options;
}
#else
heddle::listen_options security_for(ServerCompatRequest const& asked) {
  if (asked.use_tls()) throw std::invalid_argument("this was built without heddle::tls");
  return {};
}
#endif

asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));
}

}  // namespace

int main() try {
  ServerCompatRequest const asked = read_request(std::cin);
  asio::io_context context(1);
  conformance::service service;
  heddle::server server(context, options_for(asked));
  server.add(service);
  auto const where = server.listen("127.0.0.1:0", security_for(asked));
  ServerCompatResponse response;
  response.set_host("127.0.0.1");
  response.set_port(where.port());
  if (asked.use_tls()) response.set_pem_cert(asked.server_creds().cert());
  conformance::write_message(std::cout, response);
  heddle::sync_wait(context, serve(server));
} catch (std::exception const& e) {
  std::cerr << "conformance_server: " << e.what() << '\n';
  return 1;
}
