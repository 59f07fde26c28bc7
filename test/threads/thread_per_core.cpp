// A server on each core. Meant for the thread sanitizer as well.
#include <heddle/server/thread_per_core.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <heddle/client.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using heddle::core_server;
using lab::Text;

std::string thread_name() {
  std::string name;
  std::getline(std::ifstream("/proc/self/task/" + std::to_string(::gettid()) + "/comm"), name);
  return name;
}

/// Says which thread has served a call.
class named_service final : public lab::echo::service {
 public:
  std::set<std::string> seen() {
    std::lock_guard const lock(mutex_);
    return seen_;
  }

 private:
  heddle::reply<Text> unary(heddle::server_context&, Text& request) override {
    std::lock_guard const lock(mutex_);
    seen_.insert(thread_name());
    co_return request;
  }
  heddle::reply<void> chat(heddle::server_context&, heddle::stream<Text, Text>& peer) override {
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return heddle::ok;
  }

  std::mutex mutex_;
  std::set<std::string> seen_;
};

/// Calls over so many connections of their own, one after the other; how many were answered.
int call(std::string const& target, int connections) {
  asio::io_context context(1);
  int answered = 0;
  auto const use = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < connections; ++i) {
      heddle::channel channel(context, target);
      Text const request;
      co_await lab::echo::client(channel).unary(request, heddle::call_options().timeout(20s));
      ++answered;
    }
  };
  std::exception_ptr failure;
  asio::co_spawn(context, use, [&](std::exception_ptr e) { failure = e; });
  context.run_for(60s);
  if (failure) std::rethrow_exception(failure);
  return answered;
}

}  // namespace

TEST_CASE("a group serves one port on threads of its own") {
  named_service service;
  std::vector<std::size_t> indices;
  auto group = heddle::thread_per_core(3, [&](core_server& core) {
    indices.push_back(core.index());
    core.server().add(service);
    auto const bound = core.listen("127.0.0.1:0");
    CHECK(bound.port() != 0);
    core.listen("127.0.0.1:0");
  });
  CHECK(indices == std::vector<std::size_t>{0, 1, 2});
  CHECK(group.size() == 3);
  REQUIRE(group.endpoints().size() == 2);
  CHECK(group.endpoints()[0] != group.endpoints()[1]);
  group.start();
  for (heddle::endpoint const& where : group.endpoints()) CHECK(call(where.to_string(), 30) == 30);
  group.drain(5s);
  CHECK(group.join() == 0);
  std::set<std::string> const all = {"heddle/0", "heddle/1", "heddle/2"};
  auto const seen = service.seen();
  CHECK(seen.size() > 1);
  for (std::string const& name : seen) CHECK(all.count(name) == 1);
}

TEST_CASE("a group has one member for each core by default") {
  auto const group = heddle::thread_per_core(0, [](core_server&) {});
  CHECK(group.size() == std::max(1u, std::thread::hardware_concurrency()));
}

TEST_CASE("a setup that fails is thrown, and nothing has started") {
  int calls = 0;
  auto const setup = [&](core_server& core) {
    ++calls;
    core.listen("127.0.0.1:0");
    if (core.index() == 1) throw std::runtime_error("the second core is on strike");
  };
  CHECK_THROWS_WITH(heddle::thread_per_core(3, setup), "the second core is on strike");
  CHECK(calls == 2);
}

TEST_CASE("members open the same ports, and none of Unix") {
  auto const different = [](core_server& core) { core.listen(core.index() == 0 ? "127.0.0.1:0" : "[::1]:0"); };
  CHECK_THROWS_AS(heddle::thread_per_core(2, different), std::invalid_argument);
  auto const more = [](core_server& core) {
    if (core.index() == 1) core.listen("127.0.0.1:0");
  };
  CHECK_THROWS_AS(heddle::thread_per_core(2, more), std::invalid_argument);
  try {
    heddle::thread_per_core(1, [](core_server& core) { core.listen("unix:/nonexistent/s"); });
    FAIL("a Unix socket was shared");
  } catch (boost::system::system_error const& e) {
    CHECK(std::string(e.what()).find("only TCP ports can be shared") != std::string::npos);
  }
}

TEST_CASE("a handler may drain its own group, and run() then returns") {
  heddle::server_group* running = nullptr;
  auto group = heddle::thread_per_core(2, [&](core_server& core) {
    auto const end = [&](heddle::server_context&, Text& request) -> heddle::reply<Text> {
      running->drain(5s);
      co_return request;
    };
    core.server().add(lab::echo::methods::unary, end);
    core.listen("127.0.0.1:0");
  });
  running = &group;
  int answered = 0;  // Catch2 asserts on one thread at a time
  std::thread caller([&] { answered = call(group.endpoints()[0].to_string(), 1); });
  std::size_t const abandoned = group.run();
  caller.join();
  CHECK(abandoned == 0);
  CHECK(answered == 1);
}

TEST_CASE("an exception of one thread ends the group, and join() throws it") {
  asio::io_context* second = nullptr;
  auto group = heddle::thread_per_core(
      3,
      [&](core_server& core) {
        if (core.index() == 1) second = &core.context();
        core.listen("127.0.0.1:0");
      },
      heddle::server_options().grace(1s));
  group.start();
  asio::post(*second, [] { throw std::runtime_error("thrown by a function of the application"); });
  CHECK_THROWS_WITH(group.join(), "thrown by a function of the application");
  CHECK(group.join() == 0);
}

TEST_CASE("a group may be drained before it starts, stopped twice, and dropped at any time") {
  named_service service;
  auto const setup = [&](core_server& core) {
    core.server().add(service);
    core.listen("127.0.0.1:0");
  };
  {
    auto group = heddle::thread_per_core(2, setup);
    group.stop();
    group.stop();
    CHECK(group.run() == 0);
  }
  { auto const never_started = heddle::thread_per_core(2, setup); }
  auto group = heddle::thread_per_core(2, setup);
  group.start();
  auto moved = std::move(group);
  CHECK(call(moved.endpoints()[0].to_string(), 1) == 1);
}

TEST_CASE("open calls end when their group does") {
  named_service service;
  asio::io_context context(1);
  std::optional<heddle::server_group> group(heddle::thread_per_core(2, [&](core_server& core) {
    core.server().add(service);
    core.listen("127.0.0.1:0");
  }));
  group->start();
  heddle::channel channel(context, group->endpoints()[0].to_string());
  std::thread stopper;
  bool ended = false;
  auto const use = [&]() -> asio::awaitable<void> {
    auto chat = lab::echo::client(channel).chat();
    Text const message;
    co_await chat.write(message);
    auto const first = co_await chat.read();
    CHECK(first);
    stopper = std::thread([&] { group.reset(); });
    try {
      co_await chat.read();
    } catch (heddle::rpc_error const& e) {
      ended = true;
    }
  };
  asio::co_spawn(context, use, [](std::exception_ptr e) { CHECK(!e); });
  context.run_for(60s);
  stopper.join();
  CHECK(ended);
}
