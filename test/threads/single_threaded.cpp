// A promise of one thread that is not kept ends a debug build.
#include <heddle/transport/thread_check.hpp>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using lab::Text;

/// Handlers that take their time, on connections of their own, while two threads run the context. Ends by itself.
void break_the_promise(bool promised) {
  asio::io_context context;
  heddle::server server(context, heddle::server_options().single_threaded(promised));
  auto const slow = [](heddle::server_context&, Text& request) -> heddle::reply<Text> {
    std::this_thread::sleep_for(20ms);
    co_return request;
  };
  server.add(lab::echo::methods::unary, slow);
  auto const where = server.listen("127.0.0.1:0");
  asio::co_spawn(context, server.run(), asio::detached);
  int left = 4;
  asio::io_context clients;
  auto const use = [&]() -> asio::awaitable<void> {
    heddle::channel channel(clients, where.to_string());
    for (int i = 0; i < 10; ++i) {
      Text const request;
      co_await lab::echo::client(channel).unary(request);
    }
    if (--left == 0) context.stop();
  };
  for (int i = 0; i < 4; ++i) asio::co_spawn(clients, use, asio::detached);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&context] { context.run(); });
  clients.run();
  for (std::thread& one : threads) one.join();
}

/// The signal that ended a process of its own which ran `f`; 0 if it ended by itself.
template <class F>
int signal_of(F f) {
  pid_t const child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 has a handler
    ::close(2);                     // what the assertion says
    ::alarm(60);
    f();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("two threads that run what promised single_threaded are found out") {
  CHECK(signal_of([] { break_the_promise(false); }) == 0);
#ifndef NDEBUG
  CHECK(signal_of([] { break_the_promise(true); }) == SIGABRT);
#endif
}

TEST_CASE("threads may take turns, and a turn may have turns in it") {
  heddle::detail::thread_check check;
  using turn = heddle::detail::thread_check::turn;
  {
    turn const outer(&check);
    turn const inner(&check);
  }
  std::thread([&check] { turn const here(&check); }).join();
  turn const none(nullptr);
  turn const again(&check);
  SUCCEED("no assertion failed");
}
