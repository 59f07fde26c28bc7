// Interceptors on both sides while several threads run everything.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"
#include "threads/echo_service.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using lab::Text;

/// Counts calls and messages; lets every third call wait.
class counting {
 public:
  heddle::interceptor make() {
    return [this](heddle::call_context& call, heddle::next inner) -> asio::awaitable<heddle::status> {
      if (++calls % 3 == 0) {
        asio::steady_timer timer(co_await asio::this_coro::executor, 100us);
        co_await timer.async_wait(asio::use_awaitable);
      }
      auto const count = [this](heddle::message_view&) {
        ++messages;
        return heddle::status();
      };
      call.on_request(count);
      call.on_response(count);
      co_return co_await inner();
    };
  }
  std::atomic<int> calls = 0, messages = 0;
};

asio::awaitable<void> use(heddle::channel& channel, int rounds) {
  lab::echo::client const client(channel);
  Text message;
  message.set_text("a");
  for (int i = 0; i < rounds; ++i) {
    co_await client.unary(message);
    auto chat = client.chat();
    co_await chat.write(message);
    co_await chat.read();
    if (i % 2 == 0) continue;  // destroyed in the middle
    co_await chat.writes_done();
    while (co_await chat.read()) continue;
  }
}

}  // namespace

TEST_CASE("interceptors on both sides see everything while three threads run everything") {
  int const coroutines = 8, rounds = 20;
  counting on_server, on_client;
  asio::io_context context;
  heddle::test::echo_service service;
  heddle::server server(context, heddle::server_options().intercept(on_server.make()));
  server.add(service);
  std::string const target = server.listen("127.0.0.1:0").to_string();
  asio::co_spawn(context, server.run(), asio::detached);
  heddle::channel channel(context, target, heddle::channel_options().intercept(on_client.make()));
  std::atomic<int> left = coroutines;
  std::atomic<bool> failed = false;
  auto const end = [&](std::exception_ptr error) {
    if (error) failed = true;
    if (--left == 0) context.stop();
  };
  for (int i = 0; i < coroutines; ++i) asio::co_spawn(asio::make_strand(context), use(channel, rounds), end);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { context.run(); });
  for (std::thread& one : threads) one.join();
  CHECK(!failed);
  CHECK(on_client.calls == coroutines * rounds * 2);
  CHECK(on_server.calls == coroutines * rounds * 2);
  CHECK(on_client.messages == coroutines * rounds * 4);
}
