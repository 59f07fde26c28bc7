#include <heddle/transport/host_port.hpp>

#include "support/catch.hpp"

using heddle::transport::literal_address;
using heddle::transport::parse_host_port;

TEST_CASE("hosts and ports") {
  struct row {
    char const* text;
    char const* host;
    char const* port;
  };
  row const rows[] = {
      {"localhost:80", "localhost", "80"},
      {"localhost", "localhost", ""},
      {":80", "", "80"},
      {"1.2.3.4:0", "1.2.3.4", "0"},
      {"[::1]:65535", "::1", "65535"},
      {"[::1]", "::1", ""},
      {"::1", "::1", ""},
      {"*:80", "*", "80"},
      {"", "", ""},
  };
  for (row const& r : rows) {
    INFO(r.text);
    auto const parsed = parse_host_port(r.text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->host == r.host);
    CHECK(parsed->port == r.port);
  }
  for (char const* text :
       {"host:", "host:x", "host:65536", "host:99999", "host:123456", "host:-1", "[::1", "[::1]80", "[::1]:"}) {
    INFO(text);
    CHECK(parse_host_port(text).has_error());
  }
}

TEST_CASE("literal addresses") {
  CHECK(literal_address("127.0.0.1"));
  CHECK(literal_address("::1"));
  CHECK(literal_address("fe80::1"));
  CHECK(!literal_address("localhost"));
  CHECK(!literal_address("127.0.0"));
  CHECK(!literal_address(""));
}
