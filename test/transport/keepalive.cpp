#include <heddle/transport/keepalive.hpp>

#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using heddle::after;
using heddle::duration;
using heddle::infinite;
using heddle::never;
using heddle::time_point;
using heddle::transport::keepalive;
using verdict = keepalive::verdict;

namespace {

time_point const start{1h};

enum class event { heard, look, look_without_calls };

struct row {
  duration at;
  event what;
  verdict expected = verdict::alive;
};

struct story {
  char const* name;
  keepalive machine;
  std::vector<row> rows;
};

}  // namespace

TEST_CASE("keepalive asks after silence, and believes in death after more of it") {
  keepalive const with_calls(10s, 20s, false), always(10s, 20s, true), quick(10s, 5s, false);
  story const stories[] = {
      {"asked once, then dead",
       with_calls,
       {{9999ms, event::look},
        {10s, event::look, verdict::ask},
        {11s, event::look},
        {29999ms, event::look},
        {30s, event::look, verdict::dead},
        {31s, event::look, verdict::dead}}},
      {"the timeout may be the shorter",
       quick,
       {{10s, event::look, verdict::ask}, {14999ms, event::look}, {15s, event::look, verdict::dead}}},
      {"whatever is read is an answer",
       with_calls,
       {{10s, event::look, verdict::ask},
        {29s, event::heard},
        {38999ms, event::look},
        {39s, event::look, verdict::ask},
        {59s, event::look, verdict::dead}}},
      // A8: "must not measure from the last keepalive PING sent".
      {"silence begins with the last read",
       with_calls,
       {{10s, event::look, verdict::ask},
        {12s, event::heard},
        {20s, event::look},
        {21999ms, event::look},
        {22s, event::look, verdict::ask}}},
      {"nothing is asked while something comes",
       with_calls,
       {{9s, event::heard},
        {18s, event::heard},
        {27s, event::heard},
        {36s, event::look},
        {37s, event::look, verdict::ask}}},
      {"without calls nothing is asked",
       with_calls,
       {{10s, event::look_without_calls}, {1h, event::look_without_calls}}},
      {"a call after a long silence asks at once",
       with_calls,
       {{1h, event::look_without_calls}, {1h + 1s, event::look, verdict::ask}, {1h + 21s, event::look, verdict::dead}}},
      {"what was asked decides, also when the calls are over",
       with_calls,
       {{10s, event::look, verdict::ask},
        {11s, event::look_without_calls},
        {30s, event::look_without_calls, verdict::dead}}},
      {"always means without calls, too",
       always,
       {{9s, event::look_without_calls},
        {10s, event::look_without_calls, verdict::ask},
        {15s, event::heard},
        {25s, event::look_without_calls, verdict::ask},
        {45s, event::look_without_calls, verdict::dead}}},
      {"infinite is off", keepalive(infinite, 20s, true), {{24h * 365 * 100, event::look}}},
      {"an infinite timeout asks, and is patient",
       keepalive(10s, infinite, false),
       {{10s, event::look, verdict::ask}, {24h * 365 * 100, event::look}}},
  };
  for (story const& s : stories) {
    INFO(s.name);
    keepalive machine = s.machine;
    machine.heard(start);
    for (row const& r : s.rows) {
      INFO(r.at / 1ms << " ms");
      time_point const now = start + r.at;
      bool const calls = r.what != event::look_without_calls;
      if (r.what == event::heard) {
        machine.heard(now);
        continue;
      }
      // next() is when look() has news, neither sooner nor later.
      CHECK((machine.next(calls) <= now) == (r.expected != verdict::alive));
      CHECK(machine.look(now, calls) == r.expected);
    }
  }
}

TEST_CASE("keepalive says when to look next") {
  keepalive machine(10s, 20s, false);
  machine.heard(start);
  CHECK(machine.next(true) == start + 10s);
  CHECK(machine.next(false) == never);
  CHECK(machine.look(start + 10s, true) == verdict::ask);
  CHECK(machine.times_asked() == 1);
  CHECK(machine.next(true) == start + 30s);
  CHECK(machine.next(false) == start + 30s);
  machine.heard(start + 13s);
  CHECK(machine.next(true) == start + 23s);
  CHECK(machine.next(false) == never);
  CHECK_FALSE(keepalive().is_on());
  CHECK(keepalive().next(true) == never);
}

TEST_CASE("a doubled keepalive time does not overflow") {
  using heddle::transport::doubled_keepalive_time;
  CHECK(doubled_keepalive_time(10s) == 20s);
  CHECK(doubled_keepalive_time(infinite / 2) == infinite - 1ns);
  CHECK(doubled_keepalive_time(infinite / 2 + 1ns) == infinite);
  CHECK(doubled_keepalive_time(infinite) == infinite);
}
