#include <heddle/http2/flow_window.hpp>

#include <random>

#include "support/catch.hpp"

using namespace heddle::http2;

TEST_CASE("a send window grows up to 2^31-1 and not beyond") {
  send_window window;
  CHECK(window.available() == 65535);
  CHECK(window.grow(std::int64_t{max_window} - 65535));
  CHECK(window.available() == max_window);
  CHECK_FALSE(window.grow(1));
  CHECK(window.available() == max_window);
  window.take(1);
  CHECK(window.grow(1));
}

TEST_CASE("a send window may go below zero and comes back") {
  send_window window(100);
  window.take(80);
  CHECK(window.grow(-100));
  CHECK(window.available() == -80);
  CHECK(window.grow(81));
  CHECK(window.available() == 1);
}

TEST_CASE("a receive window takes what was promised and no byte more") {
  receive_window window(10);
  CHECK(window.receive(4));
  CHECK(window.receive(6));
  CHECK(window.receive(0));
  CHECK_FALSE(window.receive(1));
  CHECK(window.held() == 10);
  CHECK(window.left() == 0);
}

TEST_CASE("a receive window is announced when half of it was consumed") {
  receive_window window(100);
  REQUIRE(window.receive(100));
  CHECK(window.consume(49) == 0);
  CHECK(window.left() == 0);
  CHECK(window.consume(1) == 50);
  CHECK(window.left() == 50);
  CHECK(window.consume(1000) == 50);
  CHECK(window.held() == 0);
  CHECK(window.left() == 100);
  CHECK(window.consume(1) == 0);
}

TEST_CASE("what one stream holds of the shared window does not starve the others") {
  receive_window window(1000);
  REQUIRE(window.receive(900));  // somebody who does not read
  for (int i = 0; i < 100; ++i) {
    REQUIRE(window.receive(50));
    CHECK(window.consume_shared(50) == 50);
  }
  REQUIRE(window.receive(100));
  CHECK(window.consume_shared(1) == 1);  // nothing is left, so every byte counts
}

TEST_CASE("a window that shrank takes no content until its owner has read enough") {
  receive_window window(100);
  REQUIRE(window.receive(80));
  CHECK(window.shrink(40) == 0);
  CHECK(window.left() == -40);
  CHECK_FALSE(window.receive(1));
  CHECK(window.receive(0));  // END_STREAM is free
  CHECK(window.consume(80) == 80);
  CHECK(window.left() == 40);
}

TEST_CASE("shrinking announces what the smaller window makes worth announcing") {
  receive_window window(65535);
  REQUIRE(window.receive(1000));
  CHECK(window.consume(1000) == 0);
  CHECK(window.shrink(1000) == 1000);
  CHECK(window.left() == 1000);
}

TEST_CASE("no byte of a window is ever lost") {
  std::mt19937 random(1);
  for (int run = 0; run < 200; ++run) {
    std::uint32_t const size = 1 + random() % 5000;
    bool const shared = run % 2 == 0;
    receive_window window(size);
    send_window peer(size);
    for (int i = 0; i < 200; ++i) {
      auto const n = std::min<std::int64_t>(random() % 700, peer.available());
      peer.take(n);
      REQUIRE(window.receive(n));
      auto const taken = static_cast<std::int64_t>(random() % static_cast<unsigned>(window.held() + 1));
      REQUIRE(peer.grow(shared ? window.consume_shared(taken) : window.consume(taken)));
      REQUIRE(peer.available() == window.left());
      // What is neither held nor free is waiting to be announced, and never more than half.
      std::int64_t const waiting = size - window.left() - window.held();
      REQUIRE(waiting >= 0);
      REQUIRE(waiting * 2 < size + 1);
    }
  }
}
