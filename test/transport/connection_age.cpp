#include <heddle/transport/connection_age.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using heddle::duration;
using heddle::infinite;
using heddle::never;
using heddle::time_point;
using heddle::transport::connection_age;
using heddle::transport::jittered_age;
using verdict = connection_age::verdict;

namespace {

time_point const start{1h};

connection_age begun(duration idle, duration age, duration grace) {
  connection_age machine(idle, age, grace);
  machine.start(start);
  return machine;
}

}  // namespace

TEST_CASE("by default a connection may stay for ever") {
  connection_age machine;
  machine.start(start);
  CHECK(machine.next() == never);
  CHECK(machine.look(start + 24h * 365 * 100) == verdict::stay);
}

TEST_CASE("a connection that never had a call is idle from its beginning") {
  connection_age machine = begun(10s, infinite, infinite);
  CHECK(machine.next() == start + 10s);
  CHECK(machine.look(start + 10s - 1ns) == verdict::stay);
  CHECK(machine.look(start + 10s) == verdict::idle);
  CHECK(machine.next() == never);
  CHECK(machine.look(start + 1h) == verdict::stay);  // it was said
}

TEST_CASE("a connection is idle from the end of its last call") {
  connection_age machine = begun(10s, infinite, infinite);
  machine.busy();
  CHECK(machine.next() == never);
  CHECK(machine.look(start + 1h) == verdict::stay);
  machine.idle(start + 1h);
  machine.idle(start + 1h + 5s);  // still
  CHECK(machine.next() == start + 1h + 10s);
  machine.busy();
  machine.idle(start + 1h + 7s);
  CHECK(machine.look(start + 1h + 10s) == verdict::stay);
  CHECK(machine.look(start + 1h + 17s) == verdict::idle);
}

TEST_CASE("a connection ages with and without calls") {
  for (bool const calls : {true, false}) {
    connection_age machine = begun(infinite, 10s, infinite);
    if (calls) machine.busy();
    CHECK(machine.next() == start + 10s);
    CHECK(machine.look(start + 10s) == verdict::aged);
    CHECK(machine.next() == never);
    machine.last_stream_named(start + 11s);
    CHECK(machine.next() == never);  // the grace is infinite
    CHECK(machine.look(start + 100h) == verdict::stay);
  }
}

TEST_CASE("the grace counts from the second GOAWAY") {
  connection_age machine = begun(infinite, 10s, 5s);
  CHECK(machine.look(start + 10s) == verdict::aged);
  CHECK(machine.next() == never);
  CHECK(machine.look(start + 1h) == verdict::stay);
  machine.last_stream_named(start + 2h);
  machine.last_stream_named(start + 3h);  // said again after every batch
  CHECK(machine.next() == start + 2h + 5s);
  CHECK(machine.look(start + 2h + 5s - 1ns) == verdict::stay);
  CHECK(machine.look(start + 2h + 5s) == verdict::over);
  CHECK(machine.next() == never);
}

TEST_CASE("a grace of nothing ends the calls with the second GOAWAY") {
  connection_age machine = begun(infinite, 10s, 0s);
  CHECK(machine.look(start + 10s) == verdict::aged);
  machine.last_stream_named(start + 11s);
  CHECK(machine.look(start + 11s) == verdict::over);
}

TEST_CASE("a connection that drains for another reason has no grace until it is old") {
  connection_age machine = begun(1s, 10s, 5s);
  CHECK(machine.look(start + 1s) == verdict::idle);
  machine.busy();  // a call that crossed the GOAWAY
  machine.last_stream_named(start + 2s);
  CHECK(machine.look(start + 8s) == verdict::stay);
  CHECK(machine.look(start + 10s) == verdict::aged);
  CHECK(machine.next() == start + 15s);
  CHECK(machine.look(start + 15s) == verdict::over);
}

TEST_CASE("an age that has come goes before idleness") {
  connection_age machine = begun(10s, 10s, infinite);
  CHECK(machine.look(start + 10s) == verdict::aged);
}

TEST_CASE("the age of a connection varies by a tenth") {
  CHECK(jittered_age(100s, 0) == 90s);
  CHECK(jittered_age(100s, 0.5) == 100s);
  CHECK(jittered_age(100s, 0.75) == 105s);
  CHECK(jittered_age(100s, 0.9999999) < 110s);
  CHECK(jittered_age(100s, 0.9999999) > 109s);
  CHECK(jittered_age(infinite, 0) == infinite);
  CHECK(jittered_age(infinite - 1ns, 0.9999999) == infinite - 1ns);  // no overflow
}
