#include <heddle/transport/low_watermark.hpp>

#include "support/catch.hpp"

using heddle::time_point;
using heddle::transport::low_watermark;
using namespace std::chrono_literals;

TEST_CASE("a read waits for the rest of a large message, and for no small one") {
  low_watermark mark;
  time_point const now{};
  CHECK(!mark.wait_for(0, now));
  CHECK(!mark.wait_for(low_watermark::least - 1, now));
  CHECK(mark.value() == 1);
  CHECK(mark.due() == heddle::never);
  CHECK(mark.wait_for(40000, now));
  CHECK(mark.value() == 40000);
  CHECK(mark.due() == now + low_watermark::patience);
  CHECK(mark.wait_for(1 << 30, now));
  CHECK(mark.value() == low_watermark::most);
  CHECK(mark.wait_for(0, now));
  CHECK(mark.value() == 1);
}

TEST_CASE("the stream is not told what is near enough, and never to wait for more than what comes") {
  low_watermark mark;
  time_point const now{};
  CHECK(mark.wait_for(40000, now));
  CHECK(!mark.wait_for(60000, now));
  CHECK(!mark.wait_for(80000, now));
  CHECK(mark.value() == 40000);
  CHECK(mark.wait_for(90000, now));
  CHECK(mark.wait_for(89999, now));
  CHECK(mark.value() == 89999);
}

TEST_CASE("nobody waits for a message that does not come, and a slow way is left alone for a while") {
  low_watermark mark;
  time_point now{};
  CHECK(mark.wait_for(40000, now));
  CHECK(!mark.look(now));
  now = mark.due();
  CHECK(!mark.look(now));  // a read came before
  now = mark.due();
  CHECK(mark.look(now));
  CHECK(mark.value() == 1);
  CHECK(mark.due() == heddle::never);
  int reads = 0;
  while (!mark.wait_for(40000, now)) REQUIRE(++reads < 1000);
  CHECK(reads == 64);
  CHECK(mark.value() == 40000);
}

TEST_CASE("what refuses is not told again") {
  low_watermark mark;
  time_point const now{};
  CHECK(mark.wait_for(40000, now));
  mark.refuse();
  CHECK(mark.value() == 1);
  CHECK(mark.due() == heddle::never);
  CHECK(!mark.wait_for(40000, now));
}

TEST_CASE("as long as bytes come in time the waiting goes on") {
  low_watermark mark;
  time_point now{};
  CHECK(mark.wait_for(40000, now));
  for (int i = 0; i < 10; ++i) {
    now = mark.due();
    CHECK(!mark.look(now));
    CHECK(mark.due() == now + low_watermark::patience);
    CHECK(!mark.wait_for(50000, now));
  }
  CHECK(mark.wait_for(0, now));
  now = mark.due();
  CHECK(!mark.look(now));
  CHECK(mark.due() == heddle::never);
}
