// Ends of channels and servers on one thread while others run their calls. Meant for the thread sanitizer as well.
#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"
#include "threads/echo_service.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using lab::Text;

/// Calls until one fails.
asio::awaitable<void> call_on(lab::echo::client stub, std::atomic<int>& answered, std::atomic<int>& ended) {
  try {
    auto chat = stub.chat();
    Text message;
    for (;;) {
      Text const request;
      co_await stub.unary(request);
      ++answered;
      bool const goes = co_await chat.write(request);
      if (!goes) break;
      bool const more = co_await chat.read(message);
      if (!more) break;
      ++answered;
    }
  } catch (heddle::rpc_error const&) {
  }
  ++ended;
}

enum class what { channel, server, drain };

void end_in_the_middle(what first) {
  asio::io_context context;
  heddle::test::echo_service service;
  std::optional<heddle::server> server(std::in_place, context);
  server->add(service);
  auto const where = server->listen("127.0.0.1:0");
  std::future<std::size_t> const run = asio::co_spawn(context, server->run(), asio::use_future);
  std::optional<heddle::channel> channel(std::in_place, context, where.to_string());
  std::atomic<int> answered = 0, ended = 0;
  constexpr int callers = 8;
  for (int i = 0; i < callers; ++i)
    asio::co_spawn(asio::make_strand(context), call_on(lab::echo::client(*channel), answered, ended), asio::detached);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&context] { context.run(); });
  while (answered < 100) std::this_thread::yield();
  if (first == what::channel) channel.reset();
  if (first == what::server) server.reset();
  if (first == what::drain) {
    auto left = asio::co_spawn(context, server->drain(1ms), asio::use_future);
    CHECK(left.get() == 0);
  }
  while (first != what::drain && ended < callers) std::this_thread::yield();
  channel.reset();
  server.reset();
  for (std::thread& one : threads) one.join();  // nothing is left to run
  CHECK(ended == callers);
}

}  // namespace

TEST_CASE("a channel may end on one thread while others run its calls") {
  for (int i = 0; i < 10; ++i) end_in_the_middle(what::channel);
}

TEST_CASE("a server may end on one thread while others run its calls") {
  for (int i = 0; i < 10; ++i) end_in_the_middle(what::server);
}

TEST_CASE("a server may be drained on one thread while others run its calls") {
  for (int i = 0; i < 10; ++i) end_in_the_middle(what::drain);
}

TEST_CASE("a stub on one thread may be the last of a channel while another thread ends its calls") {
  asio::io_context context;
  auto const work = asio::make_work_guard(context);
  heddle::test::echo_service service;
  std::optional<heddle::server> server(std::in_place, context);
  server->add(service);
  auto const where = server->listen("127.0.0.1:0");
  std::future<std::size_t> const run = asio::co_spawn(context, server->run(), asio::use_future);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&context] { context.run(); });
  for (int i = 0; i < 200; ++i) {
    std::optional<heddle::channel> channel(std::in_place, context, where.to_string());
    std::optional<lab::echo::client> stub(std::in_place, *channel);
    {
      auto chat = stub->chat();
      auto wrote = chat.write(Text(), asio::use_future);
      wrote.get();
      if (i % 2 == 0) {
        auto answered = chat.read(asio::use_future);
        CHECK(std::get<0>(answered.get()).is_ok());
      }
    }
    channel.reset();
    if (i % 4 < 2) std::this_thread::yield();
    stub.reset();
  }
  server.reset();
  context.stop();
  for (std::thread& one : threads) one.join();
}
