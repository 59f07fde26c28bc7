// Says hello to a Greeter: client [name] [target]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include <heddle/client.hpp>
#include <heddle/sync_wait.hpp>

#include "helloworld.heddle.hpp"

namespace asio = boost::asio;
using namespace helloworld;
using namespace std::chrono_literals;

asio::awaitable<void> say_hello(std::string name, std::string target) {
  heddle::channel channel(co_await asio::this_coro::executor, target);
  greeter::client greeter(channel);
  HelloRequest request;
  request.set_name(name);
  HelloReply reply = co_await greeter.say_hello(request, heddle::call_options().timeout(5s));
  std::cout << reply.message() << '\n';
}

int main(int argc, char** argv) try {
  asio::io_context context;
  std::string const name = argc > 1 ? argv[1] : "world", target = argc > 2 ? argv[2] : "dns:///localhost:50051";
  heddle::sync_wait(context, say_hello(name, target));  // runs the context, and throws what say_hello() threw
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
