#include <heddle/sync_wait.hpp>

#include <stdexcept>
#include <thread>

#include <boost/asio/thread_pool.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

asio::awaitable<void> nothing() { co_return; }

}  // namespace

TEST_CASE("sync_wait() runs a context until the call has ended, again and again") {
  world w;
  echo_everything(w.service);
  auto client = w.client();
  for (int i = 0; i < 3; ++i) {
    Text const request = text("x", i);
    Text const answer = sync_wait(w.context, client.unary(request));
    CHECK(answer.number() == i);
    w.context.stop();  // it is restarted
  }
  sync_wait(w.context, nothing());
  result<Text> const same = sync_wait(w.context, client.unary(text("y"), call_options(), as_result));
  CHECK(same->text() == "y");
}

TEST_CASE("sync_wait() throws what the awaitable does") {
  world w;
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> {
    co_return status(status_code::not_found, "no such thing");
  };
  Text const request;
  CHECK_THROWS_AS(sync_wait(w.context, w.client().unary(request)), rpc_error);
  asio::thread_pool pool(1);
  CHECK_THROWS_AS(sync_wait(w.context, asio::awaitable<void>([]() -> asio::awaitable<void> {
                              throw std::invalid_argument("x");
                              co_return;
                            }())),
                  std::invalid_argument);
}

TEST_CASE("sync_wait() on a thread of the context is refused") {
  asio::io_context context;
  auto const strand = asio::make_strand(context);
  int refused = 0;
  auto const wait = [&] {
    try {
      sync_wait(context, nothing());
    } catch (std::logic_error const&) {
      ++refused;
    }
    try {
      sync_wait(strand, nothing());
    } catch (std::logic_error const&) {
      ++refused;
    }
    try {
      sync_wait(asio::any_io_executor(context.get_executor()), nothing());
    } catch (std::logic_error const&) {
      ++refused;
    }
  };
  asio::post(context, wait);
  context.run();
  CHECK(refused == 3);
}

TEST_CASE("sync_wait() says so when somebody stops the context") {
  world w;
  w.service.on_unary = [&w](server_context&, Text& request) -> reply<Text> {
    w.context.stop();
    co_return request;
  };
  Text const request;
  CHECK_THROWS_AS(sync_wait(w.context, w.client().unary(request)), std::runtime_error);
}

TEST_CASE("sync_wait() blocks while a pool's own threads do the work") {
  asio::thread_pool pool(2);
  std::thread::id worker;
  auto const body = [&worker]() -> asio::awaitable<int> {
    worker = std::this_thread::get_id();
    co_return 7;
  };
  CHECK(sync_wait(pool, body()) == 7);
  CHECK(worker != std::this_thread::get_id());
  CHECK(sync_wait(asio::make_strand(pool), body()) == 7);
  sync_wait(pool.get_executor(), nothing());
  int refused = 0;
  auto const inside = [&]() -> asio::awaitable<void> {
    try {
      sync_wait(pool, nothing());
    } catch (std::logic_error const&) {
      ++refused;
    }
    co_return;
  };
  sync_wait(pool, inside());
  CHECK(refused == 1);
}
