#include <heddle/base/random.hpp>

#include <cstdint>

#include "support/catch.hpp"

namespace {

class constant_random final : public heddle::random_source {
 public:
  explicit constant_random(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

}  // namespace

TEST_CASE("uniform numbers are at least 0 and less than 1") {
  CHECK(constant_random(0).uniform() == 0);
  CHECK(constant_random(~std::uint64_t{0}).uniform() < 1);
  CHECK(constant_random(std::uint64_t{1} << 63).uniform() == 0.5);
}

TEST_CASE("fixed randomness repeats itself and the default one does not") {
  heddle::fixed_random a(1), b(1), c(2);
  std::uint64_t const first = a.next();
  CHECK(first == b.next());
  CHECK(first != c.next());
  heddle::default_random d, e;
  CHECK(d.next() != e.next());
}
