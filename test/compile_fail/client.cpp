// Mistakes in client code. CASE 0 is right.
#include "prelude.hpp"

asio::awaitable<void> calls(greeter::client client, HelloRequest const& request) {
#if CASE == 0
  HelloReply const reply = co_await client.say_hello(request, heddle::call_options().timeout(std::chrono::seconds(5)));
  static_cast<void>(reply);
#elif CASE == 1  // expect: no matching (member )?function
  co_await client.say_hello(HelloReply());
#elif CASE == 2  // expect: conversion|convert
  HelloRequest const reply = co_await client.say_hello(request);
#elif CASE == 3  // expect: nodiscard
  client.say_hello(request);
  co_return;
#elif CASE == 4  // expect: designated|no matching
  co_await client.say_hello(request, heddle::call_options{.timeout = std::chrono::seconds(5)});
#elif CASE == 5  // expect: no matching
  co_await client.say_hello(request, std::chrono::seconds(5));
#else
  co_await client.say_hello(request);
#endif
}

asio::awaitable<void> streams(echo::client client, Text const& text, HelloRequest const& other) {
  auto chat = client.chat();
  auto list = client.download(text);
#if CASE == 6  // expect: deleted|no matching
  auto copy = chat;
#elif CASE == 7  // expect: HelloRequest|no matching member function
  co_await chat.write(other);
#elif CASE == 8  // expect: no member named
  co_await list.write(text);
#elif CASE == 9  // expect: no member named
  co_await list.finish();
#elif CASE == 10  // expect: nodiscard
  chat.write(text);
#endif
  static_cast<void>(other);
  co_await chat.write(text);
}

void channels(asio::io_context& context) {
#if CASE == 11  // expect: deleted
  greeter::client client(heddle::channel(context, "localhost:50051"));
#elif CASE == 12  // expect: deleted
  heddle::channel channel(context, "localhost:50051");
  heddle::channel copy = channel;
#elif CASE == 13  // expect: no matching
  heddle::channel channel("localhost:50051");
#endif
  static_cast<void>(context);
}
