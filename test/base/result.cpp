#include <heddle/base/result.hpp>

#include <exception>
#include <memory>
#include <string>
#include <type_traits>

#include "support/catch.hpp"

using heddle::result;
using heddle::rpc_error;
using heddle::status;
using heddle::status_code;

static_assert(std::is_nothrow_copy_constructible_v<rpc_error>);

namespace {

result<std::string> find(bool there) {
  if (there) return "found";
  return status(status_code::not_found, "nothing there");
}

result<std::unique_ptr<int>> make() { return std::make_unique<int>(1); }

}  // namespace

TEST_CASE("a result holds a value or the status that says why there is none") {
  CHECK(find(true).value() == "found");
  CHECK(find(true).error().is_ok());
  CHECK(*make().value() == 1);
  CHECK(find(false).has_error());
  CHECK(find(false).error().code() == status_code::not_found);
}

TEST_CASE("asking a failed result for its value throws rpc_error with the status") {
  try {
    static_cast<void>(find(false).value());
    FAIL("nothing was thrown");
  } catch (rpc_error const& error) {
    heddle::status const& why = error.status();
    CHECK(why.code() == status_code::not_found);
    CHECK(std::string(error.what()) == "NOT_FOUND: nothing there");
  }
  result<void> const nothing = status(status_code::aborted, "x");
  CHECK_THROWS_AS(nothing.value(), rpc_error);
}

TEST_CASE("a result that was wrongly made from an OK status throws INTERNAL") {
  result<std::string> const wrong = heddle::ok;
  try {
    static_cast<void>(wrong.value());
    FAIL("nothing was thrown");
  } catch (rpc_error const& error) {
    CHECK(error.status().code() == status_code::internal);
  }
}

TEST_CASE("rpc_error is a standard exception made from a status or from its parts") {
  rpc_error const error(status_code::internal, "x");
  std::exception const& base = error;
  CHECK(std::string(base.what()) == "INTERNAL: x");
  CHECK(rpc_error(status(status_code::internal, "x")).status() == error.status());
}
