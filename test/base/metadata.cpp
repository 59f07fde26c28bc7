#include <heddle/base/metadata.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using heddle::metadata;
using namespace std::string_literals;

TEST_CASE("metadata keeps entries in order and finds them by key") {
  metadata m;
  CHECK(m.empty());
  m.add("a", "1");
  m.add("b-bin", "\0\xFF"s);
  m.add("a", "2");
  m.add("empty", "");

  CHECK(m.size() == 4);
  CHECK(m.get("a") == "1");
  CHECK(m.get("b-bin") == "\0\xFF"s);
  CHECK(m.get("empty") == "");
  CHECK_FALSE(m.get("c").has_value());
  CHECK(m.get_all("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(m.get_all("c").empty());
  CHECK(m.contains("empty"));
  CHECK_FALSE(m.contains("A"));

  std::string seen;
  for (auto const [key, value] : m) seen += std::string(key) + "=" + std::to_string(value.size()) + ";";
  CHECK(seen == "a=1;b-bin=2;a=1;empty=0;");
  CHECK(std::count(m.begin(), m.end(), metadata::entry{"a", "2"}) == 1);
}

TEST_CASE("erasing a key removes all its entries and keeps the others in order") {
  metadata m;
  for (int i = 0; i < 3; ++i) {
    m.add("gone", std::string(10, 'x'));
    m.add("kept", std::to_string(i));
  }
  SECTION("by a name") { CHECK(m.erase("gone") == 3); }
  SECTION("by a view of its own text") { CHECK(m.erase((*m.begin()).key) == 3); }
  CHECK(m.get_all("kept") == std::vector<std::string_view>{"0", "1", "2"});
  CHECK_FALSE(m.contains("gone"));
  CHECK(m.erase("gone") == 0);
  CHECK(m.size() == 3);
  m.add("gone", "back");
  CHECK(m.get("gone") == "back");
}

TEST_CASE("metadata is equal when the entries are, in the same order") {
  metadata a, b;
  a.add("x", "yz");
  b.add("xy", "z");
  CHECK_FALSE(a == b);
  b.clear();
  b.add("x", "yz");
  CHECK(a == b);
  b.add("x", "");
  CHECK_FALSE(a == b);
}

TEST_CASE("cleared metadata keeps its memory") {
  metadata m;
  m.add("some-key", std::string(1000, 'v'));
  char const* const before = m.get("some-key")->data();
  m.clear();
  CHECK(m.empty());
  m.add("some-key", std::string(1000, 'w'));
  CHECK(m.get("some-key")->data() == before);
}

TEST_CASE("a value that could not be written in place leaves no trace") {
  metadata m;
  m.add("a", "1");
  CHECK_FALSE(m.append_written("b", [](std::string& out) {
    out += "half";
    return false;
  }));
  CHECK(m.append_written("c", [](std::string& out) {
    out += "whole";
    return true;
  }));
  CHECK(m.size() == 2);
  CHECK(m.get("a") == "1");
  CHECK(m.get("c") == "whole");
}

TEST_CASE("keys and values that gRPC does not allow are refused with the rule") {
  struct row {
    char const* name;
    std::string key, value;
    char const* rule;
  };
  row const rows[] = {
      {"empty key", "", "v", "empty"},
      {"upper case", "Key", "v", "0-9 a-z"},
      {"blank in key", "a b", "v", "0-9 a-z"},
      {"token character that HTTP allows", "a!b", "v", "0-9 a-z"},
      {"NUL in key", "a\0b"s, "v", "0-9 a-z"},
      {"not ASCII in key", "\xC3\xA9", "v", "0-9 a-z"},
      {"pseudo-header", ":path", "/", "pseudo"},
      {"gRPC's own", "grpc-status", "0", "reserved"},
      {"gRPC's future", "grpc-anything", "0", "reserved"},
      {"te", "te", "trailers", "belongs"},
      {"content-type", "content-type", "x", "belongs"},
      {"content-length", "content-length", "1", "belongs"},
      {"host", "host", "x", "belongs"},
      {"user-agent", "user-agent", "x", "belongs"},
      {"connection", "connection", "close", "belongs"},
      {"keep-alive", "keep-alive", "x", "belongs"},
      {"proxy-connection", "proxy-connection", "x", "belongs"},
      {"trailer", "trailer", "x", "belongs"},
      {"transfer-encoding", "transfer-encoding", "chunked", "belongs"},
      {"upgrade", "upgrade", "h2c", "belongs"},
      {"line end in value", "k", "a\r\nb", "0x20 to 0x7E"},
      {"tab in value", "k", "a\tb", "0x20 to 0x7E"},
      {"DEL in value", "k", "\x7F", "0x20 to 0x7E"},
      {"UTF-8 in value", "k", "\xC3\xA9", "0x20 to 0x7E"},
      {"NUL in value", "k", "\0"s, "0x20 to 0x7E"},
  };
  for (row const& r : rows) {
    INFO(r.name);
    metadata m;
    try {
      m.add(r.key, r.value);
      FAIL_CHECK("accepted");
    } catch (std::invalid_argument const& error) {
      CHECK(std::string(error.what()).find(r.rule) != std::string::npos);
    }
    CHECK(m.empty());
  }
}

TEST_CASE("keys and values at the edge of what gRPC allows are taken") {
  metadata m;
  CHECK_NOTHROW(m.add("0a_-.z9", " ~!%,"));
  CHECK_NOTHROW(m.add("grpc", "grpc without a dash"));
  CHECK_NOTHROW(m.add("x-bin", "\r\n\0"s));
  CHECK_NOTHROW(m.add("-bin", ""));
  CHECK(m.get("0a_-.z9") == " ~!%,");
}
