// A server and a client of it in one process, over a port of the loopback: what every way of using heddle must build.
#include <cstdlib>
#include <exception>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "greet.heddle.hpp"

namespace asio = boost::asio;

class greeter_service final : public greet::greeter::service {
  heddle::reply<greet::Greeting> greet(heddle::server_context&, greet::Name& request) override {
    greet::Greeting greeting;
    greeting.set_text("Hello " + request.name());
    co_return greeting;
  }
};

asio::awaitable<void> talk(std::string target) {
  heddle::channel channel(co_await asio::this_coro::executor, target);
  greet::greeter::client greeter(channel);
  greet::Name name;
  name.set_name("consumer");
  greet::Greeting const greeting = co_await greeter.greet(name);
  std::cout << greeting.text() << '\n';
  if (greeting.text() != "Hello consumer") throw std::runtime_error("that was not the greeting");
}

asio::awaitable<void> serve_and_talk(heddle::server& server, std::string target) {
  using namespace asio::experimental::awaitable_operators;
  co_await (server.run() || talk(target));
}

int main() {
  asio::io_context context;
  greeter_service service;
  heddle::server server(context);
  server.add(service);
  auto const endpoint = server.listen("127.0.0.1:0");
  int result = EXIT_SUCCESS;
  auto const report = [&result](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (std::exception const& e) {
      std::cerr << e.what() << '\n';
      result = EXIT_FAILURE;
    }
  };
  asio::co_spawn(context, serve_and_talk(server, endpoint.to_string()), report);
  context.run();
  return result;
}
