// Calls from several threads. Meant for the thread sanitizer as well as for itself.
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iterator>
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
using heddle::stream;
using heddle::writer;
using lab::Text;

class echo_service final : public lab::echo::service {
  heddle::reply<Text> unary(heddle::server_context&, Text& request) override { co_return request; }
  heddle::reply<void> download(heddle::server_context&, Text& request, writer<Text>& out) override {
    for (std::int64_t i = 0; i < request.number(); ++i) co_await out.write(request);
    co_return heddle::ok;
  }
  heddle::reply<void> chat(heddle::server_context&, stream<Text, Text>& peer) override {
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return heddle::ok;
  }
};

std::size_t threads_of_this_process() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator()));
}

/// A server on a port, a channel to it, and any number of threads that run both.
class arena {
 public:
  arena() : server_(context_) {
    server_.add(service_);
    target_ = server_.listen("127.0.0.1:0").to_string();
    asio::co_spawn(context_, server_.run(), asio::detached);
  }

  template <class F>
  void run(int threads, int coroutines, F f) {
    heddle::channel channel(context_, target_);
    std::atomic<int> left = coroutines;
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(coroutines));
    for (int i = 0; i < coroutines; ++i) {
      asio::co_spawn(asio::make_strand(context_), f(channel), [&, i](std::exception_ptr error) {
        failures[static_cast<std::size_t>(i)] = error;
        if (--left == 0) context_.stop();
      });
    }
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) all.emplace_back([this] { context_.run(); });
    for (std::thread& one : all) one.join();
    for (std::exception_ptr const& failure : failures)
      if (failure) std::rethrow_exception(failure);
  }

 private:
  asio::io_context context_;
  echo_service service_;
  heddle::server server_;
  std::string target_;
};

asio::awaitable<void> all_kinds(heddle::channel& channel) {
  lab::echo::client stub(channel);
  Text request;
  request.set_text("thread");
  for (int i = 0; i < 25; ++i) {
    Text const reply = co_await stub.unary(request);
    if (reply.text() != "thread") throw std::runtime_error("wrong reply");
    auto chat = stub.chat();
    for (int k = 0; k < 3; ++k) {
      co_await chat.write(request);
      auto const answer = co_await chat.read();
      if (!answer) throw std::runtime_error("the chat ended");
    }
    request.set_number(40);
    auto download = stub.download(request);
    Text message;
    for (int n = 0; co_await download.read(message);)
      if (++n == 20 && i % 2 == 0) break;  // every other call is left in its middle, and so are all chats
  }
}

asio::awaitable<void> one_call(heddle::channel& channel) {
  lab::echo::client stub(channel);
  Text const request;
  co_await stub.unary(request);
}

}  // namespace

TEST_CASE("coroutines on strands of their own share a channel while two threads run everything") {
  arena a;
  a.run(2, 16, all_kinds);
}

TEST_CASE("a streaming call may be destroyed on a thread that does not run the channel") {
  asio::io_context context;
  echo_service service;
  heddle::server server(context);
  server.add(service);
  auto const where = server.listen("127.0.0.1:0");
  asio::co_spawn(context, server.run(), asio::detached);
  heddle::channel channel(context, where.to_string());
  auto work = asio::make_work_guard(context);
  std::thread runner([&context] { context.run(); });
  lab::echo::client stub(channel);
  for (int i = 0; i < 200; ++i) {
    Text request;
    request.set_number(1000);
    auto download = stub.download(request);
    auto chat = stub.chat();
  }
  context.stop();
  runner.join();
  SUCCEED("two hundred pairs of calls were destroyed");
}

TEST_CASE("the library starts no thread for literal addresses") {
  std::size_t const before = threads_of_this_process();
  std::size_t during = 0;
  arena a;
  a.run(1, 1, [&during](heddle::channel& channel) -> asio::awaitable<void> {
    co_await one_call(channel);
    during = threads_of_this_process();
  });
  CHECK(during == before + 1);  // the one of this test
}
