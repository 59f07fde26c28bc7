#include "names.hpp"

#include "support/catch.hpp"

using namespace heddle::codegen;

TEST_CASE("proto names become snake_case") {
  struct {
    char const* proto;
    char const* cpp;
  } const rows[] = {
      {"SayHello", "say_hello"},
      {"sayHello", "say_hello"},
      {"Get", "get"},
      {"get", "get"},
      {"GET", "get"},
      {"HTTPGet", "http_get"},
      {"GetHTTP", "get_http"},
      {"GetHTTPBody", "get_http_body"},
      {"GetV2Thing", "get_v2_thing"},
      {"V1Beta1", "v1_beta1"},
      {"Http2Get", "http2_get"},
      {"GetHTTP2", "get_http2"},
      {"Get2D", "get2_d"},
      {"already_snake", "already_snake"},
      {"Get_Foo", "get_foo"},
      {"GET_FOO", "get_foo"},
      {"_Private", "_private"},
      {"trailing_", "trailing_"},
      {"two__parts", "two__parts"},
      {"A", "a"},
      {"AB", "ab"},
      {"ABc", "a_bc"},
      {"ListIDs", "list_i_ds"},  // where an abbreviation has a plural, the rule can't know
      {"", ""},
  };
  for (auto const& row : rows) {
    INFO(row.proto);
    CHECK(snake_case(row.proto) == row.cpp);
  }
}

TEST_CASE("a snake_case name is its own snake_case form") {
  for (char const* name : {"say_hello", "get_v2_thing", "http2_get", "a_bc", "_x", "x_"}) {
    INFO(name);
    CHECK(snake_case(name) == name);
  }
}

TEST_CASE("names that C++ or generated code needs get an underscore") {
  for (char const* name :
       {"delete", "class",   "new",   "co_await", "co_yield",  "concept", "requires", "xor_eq",          "int",
        "client", "service", "read",  "methods",  "full_name", "stub",    "channel",  "heddle_methods_", "major",
        "minor",  "unix",    "linux", "errno",    "assert",    "signbit"}) {
    INFO(name);
    CHECK(is_reserved(name));
    CHECK(name_scope().claim(name) == std::string(name) + "_");
  }
}

TEST_CASE("ordinary names stay as they are") {
  for (char const* name : {"say_hello", "get", "write", "check", "watch", "eof", "null", "final", "override", "import",
                           "request", "options", "token", "std", "heddle", "boost"}) {
    INFO(name);
    CHECK_FALSE(is_reserved(name));
    CHECK(name_scope().claim(name) == name);
  }
}

TEST_CASE("a scope gives each name out once") {
  name_scope scope;
  scope.take("message");
  CHECK(scope.claim("get_foo") == "get_foo");
  CHECK(scope.claim("get_foo") == "get_foo_");
  CHECK(scope.claim("get_foo_") == "get_foo__");
  CHECK(scope.claim("delete") == "delete_");
  CHECK(scope.claim("delete") == "delete__");
  CHECK(scope.claim("message") == "message_");
}

TEST_CASE("a namespace never gets a name that hides what protobuf's headers use") {
  for (char const* name : {"std", "google", "absl", "boost", "heddle", "uint32_t", "swap", "internal"}) {
    INFO(name);
    CHECK(namespace_scope().claim(name) == std::string(name) + "_");
  }
}
