// Calls on behalf of others, whose parents end on other threads. Meant for the thread sanitizer as well as for itself.
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using lab::Text;
using chat_call = heddle::bidi_streaming_call<Text, Text>;

/// Each unary call begins chats that nobody waits for, and returns at once or waits for its end.
class family_service final : public lab::echo::service {
 public:
  std::optional<heddle::channel> channel;
  std::atomic<int> begun = 0, ended = 0, fine = 0;

 private:
  heddle::reply<Text> unary(heddle::server_context& context, Text& request) override {
    lab::echo::client const client(*channel);
    for (int i = 0; i < 3; ++i) {
      ++begun;
      auto const child = std::make_shared<chat_call>(client.chat(heddle::call_options().parent(context)));
      child->read([this, child](heddle::status s, std::optional<Text>) {
        if (s.is_ok()) ++fine;
        ++ended;
      });
    }
    if (request.number() % 2 == 0) co_await heddle::system_clock().sleep_for(10s);
    co_return request;
  }
  heddle::reply<void> chat(heddle::server_context&, heddle::stream<Text, Text>& peer) override {
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return heddle::ok;
  }
};

asio::awaitable<void> many_calls(family_service& service, std::string target) {
  heddle::channel channel(co_await asio::this_coro::executor, target);
  lab::echo::client const client(channel);
  for (int i = 0; i < 40; ++i) {
    Text request;
    request.set_number(i);
    auto const answer =
        co_await client.unary(request, heddle::call_options().timeout(i % 4 == 0 ? 1ms : 20ms), heddle::as_result);
    static_cast<void>(answer);
  }
  for (int i = 0; i < 5000 && service.ended != service.begun; ++i) co_await heddle::system_clock().sleep_for(1ms);
}

}  // namespace

TEST_CASE("children end with parents that end on other threads") {
  asio::io_context context;
  family_service service;
  heddle::server server(context);
  server.add(service);
  std::string const target = server.listen("127.0.0.1:0").to_string();
  service.channel.emplace(context, target);
  asio::co_spawn(context, server.run(), asio::detached);

  std::atomic<int> left = 4;
  std::exception_ptr failure;
  for (int i = 0; i < 4; ++i)
    asio::co_spawn(asio::make_strand(context), many_calls(service, target), [&](std::exception_ptr error) {
      if (error) failure = error;
      if (--left == 0) context.stop();
    });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&context] { context.run(); });
  for (std::thread& one : threads) one.join();
  if (failure) std::rethrow_exception(failure);
  CHECK(service.begun > 0);
  CHECK(service.ended == service.begun);
  CHECK(service.fine == 0);
  service.channel.reset();
}
