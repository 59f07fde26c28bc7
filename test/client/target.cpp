#include <heddle/client/target.hpp>

#include <stdexcept>
#include <string>

#include <boost/asio/io_context.hpp>

#include <heddle/client.hpp>

#include "support/catch.hpp"

using heddle::parse_target;

TEST_CASE("targets that are understood") {
  struct row {
    char const* text;
    char const* scheme;
    char const* host;
    char const* port;
    char const* authority;
    char const* addresses;
  };
  row const rows[] = {
      {"dns:///localhost:50051", "dns", "localhost", "50051", "localhost:50051", ""},
      {"dns:localhost:50051", "dns", "localhost", "50051", "localhost:50051", ""},
      {"localhost:50051", "dns", "localhost", "50051", "localhost:50051", ""},
      {"localhost", "dns", "localhost", "443", "localhost", ""},
      {"dns:///a.example", "dns", "a.example", "443", "a.example", ""},
      {"127.0.0.1:80", "dns", "127.0.0.1", "80", "127.0.0.1:80", "127.0.0.1:80 "},
      {"[::1]:80", "dns", "::1", "80", "[::1]:80", "[::1]:80 "},
      {"::1", "dns", "::1", "443", "::1", "[::1]:443 "},
      {"ipv4:127.0.0.1:80", "ipv4", "", "", "127.0.0.1:80", "127.0.0.1:80 "},
      {"ipv4:127.0.0.1", "ipv4", "", "", "127.0.0.1", "127.0.0.1:443 "},
      {"ipv4:127.0.0.1:80,127.0.0.2:81", "ipv4", "", "", "127.0.0.1:80", "127.0.0.1:80 127.0.0.2:81 "},
      {"ipv6:[::1]:80", "ipv6", "", "", "[::1]:80", "[::1]:80 "},
      {"ipv6:[::1]", "ipv6", "", "", "[::1]", "[::1]:443 "},
      {"ipv6:::1", "ipv6", "", "", "::1", "[::1]:443 "},
      {"ipv6:[::1]:80,[::2]:81", "ipv6", "", "", "[::1]:80", "[::1]:80 [::2]:81 "},
      {"unix:/run/x", "unix", "", "", "localhost", "unix:/run/x "},
      {"unix:///run/x", "unix", "", "", "localhost", "unix:/run/x "},
      {"unix:x", "unix", "", "", "localhost", "unix:x "},
      {"unix:a b%20,c:80", "unix", "", "", "localhost", "unix:a b%20,c:80 "},
      {"unix-abstract:x", "unix-abstract", "", "", "localhost", "unix-abstract:x "},
      {"unix-abstract:///a/b", "unix-abstract", "", "", "localhost", "unix-abstract:/a/b "},
  };
  for (row const& r : rows) {
    INFO(r.text);
    auto const t = parse_target(r.text);
    REQUIRE(t.has_value());
    CHECK(t->scheme == r.scheme);
    CHECK(t->host == r.host);
    CHECK(t->port == r.port);
    CHECK(t->authority == r.authority);
    std::string addresses;
    for (auto const& a : t->addresses) addresses += a.to_string() + " ";
    CHECK(addresses == r.addresses);
  }
}

TEST_CASE("targets that are none") {
  for (char const* text : {"",
                           ":80",
                           "dns:",
                           "dns:///",
                           "dns:///:80",
                           "host:",
                           "host:http",
                           "host:65536",
                           "host:-1",
                           "host:123456",
                           "dns://8.8.8.8/host:80",
                           "http://host",
                           "unix:",
                           "unix://",
                           "unix://host/run/x",
                           "unix-abstract:",
                           "unix-abstract://host/x",
                           "vsock://1",
                           "ipv4:",
                           "ipv4:host:80",
                           "ipv4:[::1]:80",
                           "ipv4:1.2.3.4:",
                           "ipv4:1.2.3.4:80,",
                           "ipv4:1.2.3:80",
                           "ipv6:1.2.3.4:80",
                           "ipv6:[::1",
                           "ipv6:[::1]80",
                           "ipv6:",
                           "[::1]x",
                           "[::1"}) {
    INFO(text);
    auto const t = parse_target(text);
    REQUIRE(t.has_error());
    CHECK(t.error().code() == heddle::status_code::invalid_argument);
    CHECK(!t.error().message().empty());
  }
}

TEST_CASE("a path has no NUL, an abstract name may have one") {
  using namespace std::string_literals;
  CHECK(parse_target("unix:/run/a\0b"s).has_error());
  auto const abstract = parse_target("unix-abstract:a\0b"s);
  REQUIRE(abstract.has_value());
  REQUIRE(abstract->addresses.size() == 1);
  CHECK(abstract->addresses[0] == heddle::endpoint::at_abstract("a\0b"s));
}

TEST_CASE("a host is what :authority may say") {
  using namespace std::string_literals;
  for (std::string const& host : {"a\rb"s, "a\nb"s, "a\0b"s, "a b"s, "\x7f"s, "m\xC3\xBCnchen.example"s}) {
    for (std::string const& text : {host, host + ":80", "dns:///" + host, "dns:" + host + ":80"}) {
      INFO(text);
      auto const t = parse_target(text);
      REQUIRE(t.has_error());
      CHECK(t.error().code() == heddle::status_code::invalid_argument);
      CHECK(t.error().message().find("0x21 to 0x7E") != std::string_view::npos);
      CHECK(t.error().message().find_first_of("\r\n\0"s) == std::string_view::npos);
      boost::asio::io_context context;
      CHECK_THROWS_AS(heddle::channel(context, text), std::invalid_argument);
    }
  }
}

TEST_CASE("options that would break the request's headers are refused by the channel, by name") {
  using namespace std::string_literals;
  using heddle::channel_options;
  struct row {
    channel_options options;
    char const* refused;  // null: fine
  };
  row const rows[] = {
      {channel_options().authority("a\rb"), "channel_options::authority()"},
      {channel_options().authority("a\nb"), "channel_options::authority()"},
      {channel_options().authority("a\0b"s), "channel_options::authority()"},
      {channel_options().authority("a b"), "channel_options::authority()"},
      {channel_options().authority("\x7f"), "channel_options::authority()"},
      {channel_options().authority("\xC3\xBC"), "channel_options::authority()"},
      {channel_options().authority("[fe80::1%25eth0]:80"), nullptr},
      {channel_options().authority("!~"), nullptr},
      {channel_options().user_agent("a\rb"), "channel_options::user_agent()"},
      {channel_options().user_agent("a\nb"), "channel_options::user_agent()"},
      {channel_options().user_agent("a\0b"s), "channel_options::user_agent()"},
      {channel_options().user_agent("a\tb"), "channel_options::user_agent()"},
      {channel_options().user_agent(" a"), "channel_options::user_agent()"},
      {channel_options().user_agent("\xC3\xBC"), "channel_options::user_agent()"},
      {channel_options().user_agent("lab/1 (~ me)"), nullptr},
  };
  boost::asio::io_context context;
  for (row const& r : rows) {
    INFO(r.options.authority() << r.options.user_agent());
    std::string said;
    try {
      heddle::channel const channel(context, "dns:///localhost:50051", r.options);
    } catch (std::invalid_argument const& e) {
      said = e.what();
    }
    if (r.refused == nullptr)
      CHECK(said == "");
    else
      CHECK(said.find(r.refused) == 0);
  }
}
