#include <heddle/transport/deadlines.hpp>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <heddle/testing/manual_clock.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using heddle::time_point;
namespace asio = boost::asio;

namespace {

struct item final : heddle::deadline_item {
  explicit item(std::vector<item*>& l) : log(l) {}
  void on_deadline() override {
    CHECK(!has_deadline());
    log.push_back(this);
  }
  std::vector<item*>& log;
};

struct bench {
  asio::io_context context;
  heddle::testing::manual_clock clock{context};
  heddle::deadline_queue queue{clock, context.get_executor()};
  std::vector<item*> log;
};

}  // namespace

TEST_CASE("deadlines come in the order of their times") {
  bench b;
  std::vector<std::unique_ptr<item>> items;
  std::mt19937 random(7);
  time_point const start = b.clock.now();
  for (int i = 0; i < 300; ++i) {
    items.push_back(std::make_unique<item>(b.log));
    b.queue.set(*items.back(), start + std::chrono::milliseconds(random() % 1000));
  }
  for (int i = 0; i < 300; i += 3)
    b.queue.set(*items[std::size_t(i)], start + std::chrono::milliseconds(random() % 1000));
  for (int i = 1; i < 300; i += 3) b.queue.remove(*items[std::size_t(i)]);
  for (int ms = 0; ms < 1000; ms += 10) {
    b.clock.advance(10ms);
    for (auto const& i : items)
      if (i->has_deadline()) CHECK(i->deadline() > b.clock.now());
  }
  REQUIRE(b.log.size() == 200);
  for (std::size_t i = 1; i < b.log.size(); ++i) CHECK(b.log[i - 1]->deadline() <= b.log[i]->deadline());
}

TEST_CASE("the timer is armed again only for an earlier deadline") {
  bench b;
  item a(b.log), c(b.log);
  b.queue.set(a, b.clock.now() + 1s);
  CHECK(b.clock.pending() == 1);
  b.queue.set(c, b.clock.now() + 2s);
  CHECK(b.clock.pending() == 1);
  b.queue.remove(a);
  CHECK(b.clock.pending() == 1);  // it fires, looks, and is set anew
  b.clock.advance(1s);
  CHECK(b.log.empty());
  CHECK(b.clock.pending() == 1);
  b.clock.advance(1s);
  CHECK(b.log.size() == 1);
  CHECK(b.clock.pending() == 0);
  b.queue.remove(c);
}

TEST_CASE("a deadline of never is none, and a past one comes soon") {
  bench b;
  item a(b.log);
  b.queue.set(a, heddle::never);
  CHECK(!a.has_deadline());
  b.queue.set(a, b.clock.now() + 1s);
  b.queue.set(a, heddle::never);
  CHECK(!a.has_deadline());
  b.queue.set(a, b.clock.now() - 1s);
  CHECK(b.log.empty());
  b.clock.settle();
  b.clock.advance(0s);
  CHECK(b.log.size() == 1);
}

TEST_CASE("after each round of deadlines their owner is told") {
  bench b;
  int rounds = 0;
  b.queue.after_expiry = [&] { ++rounds; };
  item a(b.log), c(b.log), d(b.log);
  b.queue.set(a, b.clock.now() + 1s);
  b.queue.set(c, b.clock.now() + 1s);
  b.queue.set(d, b.clock.now() + 2s);
  b.clock.advance(1s);
  CHECK(rounds == 1);
  CHECK(b.log.size() == 2);
  b.queue.stop();
  b.clock.advance(5s);
  CHECK(rounds == 1);
  b.queue.remove(d);
}
