// Mistakes in services. CASE 0 is right.
#include "prelude.hpp"

class good_service final : public greeter::service {
#if CASE == 1  // expect: override
  heddle::reply<HelloReply> say_hello(heddle::server_context&, Text&) override { co_return HelloReply(); }
#elif CASE == 2  // expect: override|conflicting|return type
  heddle::reply<Text> say_hello(heddle::server_context&, HelloRequest&) override { co_return Text(); }
#elif CASE == 3  // expect: return_value|conversion|convert
  heddle::reply<HelloReply> say_hello(heddle::server_context&, HelloRequest& request) override { co_return request; }
#elif CASE == 4  // expect: return_void|no member|return_value
  heddle::reply<HelloReply> say_hello(heddle::server_context&, HelloRequest&) override { co_return; }
#else
  heddle::reply<HelloReply> say_hello(heddle::server_context&, HelloRequest&) override { co_return HelloReply(); }
#endif
};

class good_echo final : public echo::service {
  heddle::reply<void> download(heddle::server_context&, Text& request, heddle::writer<Text>& writer) override {
#if CASE == 5  // expect: HelloReply|no matching member function
    co_await writer.write(HelloReply());
#elif CASE == 6  // expect: no member named
    co_await writer.read();
#elif CASE == 7  // expect: nodiscard
    writer.write(request);
#elif CASE == 8  // expect: no matching
    co_return request;
#endif
    co_await writer.write(request);
    co_return heddle::ok;
  }
};

struct no_service {};

void servers(asio::io_context& context, good_service& service) {
  heddle::server server(context);
  server.add(service);
#if CASE == 9  // expect: no matching
  no_service other;
  server.add(other);
#elif CASE == 10  // expect: call|convert|invalid
  auto const handler = [](heddle::server_context&, Text&) -> heddle::reply<HelloReply> { co_return HelloReply(); };
  server.add(greeter::methods::say_hello, handler);
#elif CASE == 11  // expect: deleted
  heddle::server copy = server;
#elif CASE == 12  // expect: nodiscard
  server.run();
#endif
}
