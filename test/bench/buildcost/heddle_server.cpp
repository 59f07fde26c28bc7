// The greeter of heddle, for what it costs to build: it does what grpcpp_server.cpp does.
#include <boost/asio/io_context.hpp>

#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>

#include "helloworld.heddle.hpp"

class greeter_service final : public helloworld::greeter::service {
  heddle::reply<helloworld::HelloReply> say_hello(heddle::server_context&, helloworld::HelloRequest& request) override {
    if (request.name().empty()) co_return heddle::status(heddle::status_code::invalid_argument, "who are you?");
    helloworld::HelloReply reply;
    reply.set_message("Hello " + request.name());
    co_return reply;
  }
};

int main() {
  boost::asio::io_context context;
  greeter_service service;
  heddle::server server(context);
  server.add(service);
  server.listen("127.0.0.1:50051");
  heddle::sync_wait(context, server.run());
}
