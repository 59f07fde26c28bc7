#include <heddle/base/status_code.hpp>

#include <cstddef>
#include <string>

#include "support/catch.hpp"

using heddle::parse_status_code;
using heddle::status_code;

TEST_CASE("every status code is found by its name in any case and by its number") {
  for (int i = 0; i <= 16; ++i) {
    auto const code = static_cast<status_code>(i);
    std::string name(to_string(code));
    INFO(name);
    CHECK(parse_status_code(name) == code);
    CHECK(parse_status_code(std::to_string(i)) == code);
    for (std::size_t at = 0; at < name.size(); at += 2)
      if (name[at] != '_') name[at] = static_cast<char>(name[at] - 'A' + 'a');
    CHECK(parse_status_code(name) == code);
  }
}

TEST_CASE("status codes have the numbers and the spelling of the gRPC documents") {
  CHECK(to_string(status_code::ok) == "OK");
  CHECK(to_string(status_code::cancelled) == "CANCELLED");
  CHECK(to_string(status_code::not_found) == "NOT_FOUND");
  CHECK(static_cast<int>(status_code::deadline_exceeded) == 4);
  CHECK(static_cast<int>(status_code::unauthenticated) == 16);
}

TEST_CASE("a number that is no status code has the name of unknown") {
  CHECK(to_string(static_cast<status_code>(17)) == "UNKNOWN");
  CHECK(to_string(static_cast<status_code>(-1)) == "UNKNOWN");
}

TEST_CASE("text that names no status code is refused") {
  for (char const* text : {"", " ", "17", "99", "100", "-1", "+1", "05", "1 ", "0x1", "NOT FOUND", "NOT_FOUND ", "OKAY",
                           "CANCELED", "not-found"}) {
    INFO(text);
    CHECK_FALSE(parse_status_code(text).has_value());
  }
}
