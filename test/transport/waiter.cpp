#include <heddle/transport/waiter.hpp>

#include <memory>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "support/catch.hpp"

namespace asio = boost::asio;
using heddle::waiter;

namespace {

/// Counts its living copies.
struct witness {
  explicit witness(int& n) : living(&n) { ++*living; }
  witness(witness const& other) : living(other.living) { ++*living; }
  ~witness() { --*living; }
  int* living;
};

asio::awaitable<void> wait(waiter& w, asio::any_io_executor home, int& woken, int& living) {
  witness const here(living);
  auto const nothing = [] {};
  auto const cancel = [&w](asio::cancellation_type) { w.complete_later(); };
  co_await w.wait(home, nothing, cancel);
  ++woken;
}

void poll(asio::io_context& context) {
  context.restart();
  context.poll();
}

}  // namespace

TEST_CASE("complete() resumes at once on its own executor, complete_later() soon") {
  asio::io_context context;
  waiter w;
  int woken = 0, living = 0;
  for (bool const later : {false, true}) {
    asio::co_spawn(context, wait(w, context.get_executor(), woken, living), asio::detached);
    poll(context);
    CHECK(w.waiting());
    woken = 0;
    asio::post(context, [&] {
      later ? w.complete_later() : w.complete();
      CHECK(woken == (later ? 0 : 1));
      CHECK(!w.waiting());
    });
    poll(context);
    CHECK(woken == 1);
    CHECK(living == 0);
  }
  w.complete();  // nobody waits
  w.complete_later();
  w.drop();
}

TEST_CASE("a coroutine on another executor is resumed there, and keeps its context running meanwhile") {
  asio::io_context home, away;
  waiter w;
  int woken = 0, living = 0;
  asio::co_spawn(away, wait(w, home.get_executor(), woken, living), asio::detached);
  away.poll();
  CHECK(w.waiting());
  CHECK(!away.stopped());
  w.complete();
  CHECK(woken == 0);
  away.poll();
  CHECK(woken == 1);
  CHECK(away.stopped());
}

TEST_CASE("a coroutine that waits at home does not keep its context running") {
  asio::io_context context;
  waiter w;
  int woken = 0, living = 0;
  auto const strand = asio::make_strand(context);
  asio::co_spawn(context, wait(w, context.get_executor(), woken, living), asio::detached);
  context.poll();
  w.complete_later();
  poll(context);
  CHECK(woken == 1);
}

TEST_CASE("a waiter that is dropped or destroyed takes the coroutine along, without resuming it") {
  asio::io_context context;
  int woken = 0, living = 0;
  auto w = std::make_unique<waiter>();
  asio::co_spawn(context, wait(*w, context.get_executor(), woken, living), asio::detached);
  poll(context);
  CHECK(living == 1);
  SECTION("dropped") { w->drop(); }
  SECTION("destroyed") { w.reset(); }
  poll(context);  // frames are destroyed through their executor
  CHECK(living == 0);
  CHECK(woken == 0);
}

TEST_CASE("cancellation reaches whoever waits, on the slot's terms") {
  asio::io_context context;
  waiter w;
  int woken = 0, living = 0;
  asio::cancellation_signal signal;
  asio::co_spawn(context, wait(w, context.get_executor(), woken, living),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  poll(context);
  signal.emit(asio::cancellation_type::total);  // coroutines are spawned for terminal cancellation only
  poll(context);
  CHECK(woken == 0);
  signal.emit(asio::cancellation_type::terminal);
  poll(context);
  CHECK(living == 0);
}

TEST_CASE("handlers larger than the waiter's own room are kept all the same") {
  asio::io_context context;
  waiter w;
  int called = 0, living = 0;
  struct large {
    explicit large(int& c, int& l) : count(&c), here(l) {}
    void operator()() { ++*count; }
    int* count;
    witness here;
    char ballast[200];
  };
  auto const nothing = [] {};
  auto const cancel = [](asio::cancellation_type) {};
  w.wait(context.get_executor(), nothing, cancel)(asio::bind_executor(context, large(called, living)));
  CHECK(living == 1);
  w.complete_later();
  poll(context);
  CHECK(called == 1);
  CHECK(living == 0);
  w.wait(context.get_executor(), nothing, cancel)(asio::bind_executor(context, large(called, living)));
  w.drop();
  CHECK(living == 0);
  CHECK(called == 1);
}

TEST_CASE("a delivery that never arrives drops the operation") {
  struct owner {
    waiter done;
  };
  int woken = 0, living = 0;
  {
    asio::io_context context;
    auto const o = std::make_shared<owner>();
    asio::co_spawn(context, wait(o->done, context.get_executor(), woken, living), asio::detached);
    poll(context);
    CHECK(living == 1);
    auto const f = [](std::shared_ptr<owner> arrived) { arrived->done.complete_later(); };
    SECTION("lost") { asio::post(context, heddle::detail::waiter_delivery(o, &owner::done, f)); }
    SECTION("run") {
      asio::post(context, heddle::detail::waiter_delivery(o, &owner::done, f));
      poll(context);
      CHECK(woken == 1);
    }
  }
  CHECK(living == 0);
}
