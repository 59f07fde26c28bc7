#include <heddle/rpc/timeout.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <heddle/base/random.hpp>

#include "support/catch.hpp"

using heddle::format_timeout;
using heddle::parse_timeout;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

std::string format(nanoseconds timeout) {
  heddle::timeout_buffer buffer;
  return std::string(format_timeout(timeout, buffer));
}

nanoseconds unit_of(std::string_view text) { return *parse_timeout(std::string("1") + text.back()); }

}  // namespace

TEST_CASE("timeouts of every unit are understood") {
  struct row {
    char const* text;
    nanoseconds value;
  };
  row const rows[] = {
      {"0n", 0ns},
      {"0H", 0ns},
      {"00000000S", 0ns},
      {"1n", 1ns},
      {"1u", 1us},
      {"1m", 1ms},
      {"1S", 1s},
      {"1M", 1min},
      {"1H", 1h},
      {"00000010S", 10s},
      {"99999999n", 99'999'999ns},
      {"99999999u", 99'999'999us},
      {"99999999m", 99'999'999ms},
      {"99999999S", 99'999'999s},
  };
  for (row const& r : rows) {
    INFO(r.text);
    REQUIRE(parse_timeout(r.text).has_value());
    CHECK(parse_timeout(r.text)->count() == r.value.count());
  }
}

TEST_CASE("timeouts longer than a clock can hold are cut to one that it can") {
  using clock_time = std::chrono::system_clock::time_point;
  CHECK(parse_timeout("99999999M")->count() == heddle::max_timeout.count());
  CHECK(parse_timeout("99999999H")->count() == heddle::max_timeout.count());
  CHECK(parse_timeout("876000H")->count() == heddle::max_timeout.count());
  CHECK(parse_timeout("875999H") < heddle::max_timeout);
  CHECK(clock_time::max() - std::chrono::system_clock::now() > *parse_timeout("99999999H"));
}

TEST_CASE("malformed timeouts are refused") {
  for (std::string_view const text :
       {""sv,    "1"sv,    "n"sv,   "S"sv,        "123456789n"sv, "000000001S"sv, "-1S"sv, "+1S"sv,
        " 1S"sv, "1 S"sv,  "1S "sv, "1s"sv,       "1h"sv,         "1N"sv,         "1U"sv,  "1.5S"sv,
        "1SS"sv, "0x1S"sv, "1\0"sv, "12345678"sv, "\xFF"sv,       "1\xFF"sv}) {
    INFO(text);
    CHECK_FALSE(parse_timeout(text).has_value());
  }
}

TEST_CASE("timeouts are written in the finest unit that fits, rounded up") {
  struct row {
    nanoseconds value;
    char const* text;
  };
  row const rows[] = {
      {nanoseconds::min(), "0n"},
      {-1ns, "0n"},
      {0ns, "0n"},
      {1ns, "1n"},
      {10ms, "10000000n"},
      {99'999'999ns, "99999999n"},
      {100'000'000ns, "100000u"},
      {100'000'001ns, "100001u"},
      {99'999'999us, "99999999u"},
      {99'999'999us + 1ns, "100000m"},
      {100s, "100000m"},
      {99'999'999ms, "99999999m"},
      {99'999'999ms + 1ns, "100000S"},
      {99'999'999s, "99999999S"},
      {99'999'999s + 1ns, "1666667M"},
      {99'999'999min, "99999999M"},
      {99'999'999min + 1ns, "1666667H"},
      {nanoseconds::max(), "2562048H"},
  };
  for (row const& r : rows) {
    INFO(r.text);
    CHECK(format(r.value) == r.text);
  }
}

TEST_CASE("a written timeout is never shorter than it was, and at most one unit longer") {
  heddle::fixed_random random(1);
  int wrong = 0;
  for (int i = 0; i < 20000; ++i) {
    auto const count = static_cast<std::int64_t>(random.next() >> (1 + random.next() % 63));
    nanoseconds const value = std::min(nanoseconds(count), heddle::max_timeout);
    std::string const text = format(value);
    nanoseconds const read = *parse_timeout(text);
    if (text.size() > 9 || read < value || read - value >= unit_of(text)) ++wrong;
  }
  CHECK(wrong == 0);
}
