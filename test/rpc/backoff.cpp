#include <heddle/rpc/backoff.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "support/catch.hpp"

using heddle::backoff;
using heddle::backoff_options;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

namespace {

class constant_random final : public heddle::random_source {
 public:
  explicit constant_random(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

double seconds(nanoseconds delay) { return std::chrono::duration<double>(delay).count(); }

}  // namespace

TEST_CASE("connection backoff grows by 1.6 from one second to two minutes") {
  constant_random middle(std::uint64_t{1} << 63), lowest(0), highest(~std::uint64_t{0});
  backoff plain{backoff_options()}, low{backoff_options()}, high{backoff_options()};
  double expected = 1;
  for (int i = 0; i < 30; ++i) {
    INFO(i);
    CHECK(std::abs(seconds(plain.next(middle)) - expected) < 1e-6);
    CHECK(std::abs(seconds(low.next(lowest)) - 0.8 * expected) < 1e-6);
    CHECK(std::abs(seconds(high.next(highest)) - 1.2 * expected) < 1e-6);
    expected = std::min(expected * 1.6, 120.0);
  }
  CHECK(expected == 120);
  CHECK(plain.options().min_connect_timeout() == 20s);
}

TEST_CASE("a reset backoff begins again") {
  constant_random middle(std::uint64_t{1} << 63);
  backoff b{backoff_options()};
  for (int i = 0; i < 5; ++i) b.next(middle);
  b.reset();
  CHECK(b.next(middle) == 1s);
}

TEST_CASE("the jitter is spread over its whole range") {
  heddle::fixed_random random(7);
  nanoseconds least = 1h, most = 0ns;
  for (int i = 0; i < 1000; ++i) {
    backoff b{backoff_options()};
    nanoseconds const delay = b.next(random);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= 800ms);
  CHECK(least < 810ms);
  CHECK(most <= 1200ms);
  CHECK(most > 1190ms);
}

TEST_CASE("backoff options are set one after the other") {
  backoff_options options;
  options.initial(100ms).max(250ms);
  backoff b(backoff_options(options).multiplier(2).jitter(0).min_connect_timeout(3s));
  CHECK(b.options().min_connect_timeout() == 3s);
  heddle::fixed_random random(1);
  CHECK(b.next(random) == 100ms);
  CHECK(b.next(random) == 200ms);
  CHECK(b.next(random) == 250ms);
  CHECK(b.next(random) == 250ms);
}

TEST_CASE("nonsense options give delays that a clock can still bear") {
  heddle::fixed_random random(1);
  backoff negative(backoff_options().initial(-1s).jitter(0));
  CHECK(negative.next(random) == 0ns);
  backoff above(backoff_options().initial(1h).max(1s).jitter(0));
  CHECK(above.next(random) == 1s);
  backoff huge(backoff_options().initial(nanoseconds::max()).max(nanoseconds::max()).multiplier(1e300));
  for (int i = 0; i < 3; ++i) {
    nanoseconds const delay = huge.next(random);
    CHECK(delay > 0ns);
    CHECK(delay <= 24h * 366 * 32);
  }
}
