#include <heddle/transport/call_scope.hpp>

#include <boost/asio/io_context.hpp>

#include <heddle/testing/manual_clock.hpp>

#include "support/catch.hpp"

using namespace heddle;
using namespace std::chrono_literals;

namespace {

struct counting final : call_scope::child {
  void on_parent_end() override { ++told; }
  int told = 0;
};

}  // namespace

TEST_CASE("a scope tells how much time is left, and never less than none") {
  boost::asio::io_context context;
  testing::manual_clock clock(context);
  call_scope const limited(clock.now() + 5s, clock), unlimited(never, clock);
  CHECK(limited.time_left() == 5s);
  CHECK(!unlimited.time_left().has_value());
  clock.advance(3s);
  CHECK(limited.time_left() == 2s);
  clock.advance(3s);
  CHECK(limited.time_left() == 0s);
}

TEST_CASE("children are told of the end once, unless they have left") {
  boost::asio::io_context context;
  testing::manual_clock clock(context);
  call_scope scope(never, clock);
  counting stays, leaves, late;
  CHECK(scope.add(stays));
  CHECK(scope.add(leaves));
  scope.remove(leaves);
  scope.remove(late);
  scope.end();
  scope.end();
  CHECK(stays.told == 1);
  CHECK(leaves.told == 0);
  CHECK(!scope.add(late));
  CHECK(late.told == 0);
}
