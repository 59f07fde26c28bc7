// Serves helloworld.Greeter on port 50051 until SIGINT or SIGTERM, then lets open calls end.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>

#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>

#include "helloworld.heddle.hpp"

namespace asio = boost::asio;
using namespace helloworld;

class greeter_service final : public greeter::service {
  heddle::reply<HelloReply> say_hello(heddle::server_context&, HelloRequest& request) override {
    if (request.name().empty()) co_return heddle::status(heddle::status_code::invalid_argument, "who are you?");
    HelloReply reply;
    reply.set_message("Hello " + request.name());
    co_return reply;
  }
};

asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));  // a signal cancels run(), which drains
}

int main(int argc, char** argv) try {
  asio::io_context context;
  greeter_service service;
  heddle::server server(context);
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "0.0.0.0:50051");
  std::cout << "listening on " << endpoint.to_string() << std::endl;
  heddle::sync_wait(context, serve(server));  // runs the context until then
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
