#include <heddle/http2/header_rules.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using heddle::header_field;
using heddle::http2::block_kind;
using heddle::http2::header_rules;
using namespace std::string_literals;

namespace {

using block = std::vector<std::pair<std::string, std::string>>;

header_rules judged(block_kind kind, block const& fields, bool checked = false) {
  header_rules rules;
  rules.begin(kind);
  for (auto const& [name, value] : fields) {
    header_field field;
    field.token = heddle::find_header_name(name);
    field.name = name;
    field.value = value;
    rules.field(field, checked);
  }
  rules.end();
  return rules;
}

block request_with(block more) {
  block all = {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

struct row {
  char const* name;
  block fields;
  char const* why;  // empty: accepted; else a part of why()
};

void check(block_kind kind, std::vector<row> const& rows) {
  for (row const& r : rows) {
    INFO(r.name);
    header_rules const rules = judged(kind, r.fields);
    std::string const why(rules.why());
    CHECK(rules.malformed() == (*r.why != '\0'));
    if (*r.why != '\0') CHECK(why.find(r.why) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("request heads are accepted or malformed") {
  check(block_kind::request,
        {
            {"the usual", request_with({{"te", "trailers"}, {"content-type", "application/grpc"}}), ""},
            {"without authority", {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}}, ""},
            {"pseudo-headers in another order", {{":path", "/"}, {":method", "GET"}, {":scheme", "x"}}, ""},
            {"no method", {{":scheme", "http"}, {":path", "/"}}, ":method is missing"},
            {"no scheme", {{":method", "POST"}, {":path", "/"}}, ":scheme is missing"},
            {"no path", {{":method", "POST"}, {":scheme", "http"}}, ":path is missing"},
            {"nothing", {}, ":method is missing"},
            {"an empty path", {{":method", "POST"}, {":scheme", "http"}, {":path", ""}}, ":path is empty"},
            {"a path that gRPC will refuse", {{":method", "POST"}, {":scheme", "http"}, {":path", "s/m"}}, ""},
            {"method twice", request_with({{":method", "POST"}}), "pseudo-header twice"},
            {"scheme twice", request_with({{":scheme", "http"}}), "pseudo-header twice"},
            {"path twice", request_with({{":path", "/"}}), "pseudo-header twice"},
            {"authority twice", request_with({{":authority", "h"}}), "pseudo-header twice"},
            {"a pseudo-header of responses", request_with({{":status", "200"}}), "does not belong"},
            {"an unknown pseudo-header", request_with({{":protocol", "websocket"}}), "does not belong"},
            {"a long unknown pseudo-header", request_with({{":" + std::string(40, 'a'), "x"}}), "does not belong"},
            {"a colon alone", request_with({{":", "x"}}), "field name"},
            {"two colons", request_with({{"::method", "x"}}), "field name"},
            {"a pseudo-header after a regular field",
             {{":method", "POST"}, {":scheme", "http"}, {"a", "b"}, {":path", "/"}},
             "pseudo-header after"},
            {"CONNECT", {{":method", "CONNECT"}, {":authority", "h:1"}}, ""},
            {"CONNECT with a path", {{":method", "CONNECT"}, {":authority", "h:1"}, {":path", "/"}}, "CONNECT"},
            {"CONNECT to nobody", {{":method", "CONNECT"}}, "CONNECT"},
            {"upper case", request_with({{"Te", "trailers"}}), "field name"},
            {"an empty name", request_with({{"", "x"}}), "field name"},
            {"a blank in a name", request_with({{"a b", "x"}}), "field name"},
            {"a colon in a name", request_with({{"a:b", "x"}}), "field name"},
            {"a NUL in a name", request_with({{"a\0b"s, "x"}}), "field name"},
            {"a control character in a name", request_with({{"a\x1f", "x"}}), "field name"},
            {"eight bits in a name", request_with({{"a\xe4", "x"}}), "field name"},
            {"DEL in a name", request_with({{"a\x7f", "x"}}), "field name"},
            {"all the odd characters of a name", request_with({{"!#$%&'*+-.^_`|~09az", "x"}}), ""},
            {"CR in a value", request_with({{"a", "x\ry"}}), "field value"},
            {"LF in a value", request_with({{"a", "x\ny"}}), "field value"},
            {"NUL in a value", request_with({{"a", "x\0y"s}}), "field value"},
            {"NUL alone", request_with({{"a", "\0"s}}), "field value"},
            {"LF in the path", {{":method", "POST"}, {":scheme", "http"}, {":path", "/\n"}}, "field value"},
            {"a blank before a value, as grpc++ sends it", request_with({{"a", " x"}}), ""},
            {"a blank behind a value", request_with({{"a", "x "}}), ""},
            {"a tab behind a value", request_with({{"a", "x\t"}}), ""},
            {"a blank behind the path", {{":method", "POST"}, {":scheme", "http"}, {":path", "/a "}}, "blanks"},
            {"blanks within a value", request_with({{"a", "x \t y"}}), ""},
            {"an empty value", request_with({{"a", ""}}), ""},
            {"eight bits in a value", request_with({{"a", "\xe4\xff\x80"}}), ""},
            {"other control characters in a value", request_with({{"a", "x\x01\x7fy"}}), ""},
            {"connection", request_with({{"connection", "close"}}), "connection-specific"},
            {"keep-alive", request_with({{"keep-alive", "1"}}), "connection-specific"},
            {"proxy-connection", request_with({{"proxy-connection", "x"}}), "connection-specific"},
            {"transfer-encoding", request_with({{"transfer-encoding", "chunked"}}), "connection-specific"},
            {"upgrade", request_with({{"upgrade", "h2c"}}), "connection-specific"},
            {"te with more than trailers", request_with({{"te", "trailers, gzip"}}), "te other"},
            {"te gzip", request_with({{"te", "gzip"}}), "te other"},
            {"one host", request_with({{"host", "h"}}), ""},
            {"two hosts (gRFC A41)", request_with({{"host", "h"}, {"host", "h"}}), "host twice"},
            {"a length", request_with({{"content-length", "123"}}), ""},
            {"the same length twice", request_with({{"content-length", "1"}, {"content-length", "1"}}), ""},
            {"two lengths", request_with({{"content-length", "1"}, {"content-length", "2"}}), "different"},
            {"an empty length", request_with({{"content-length", ""}}), "no number"},
            {"a negative length", request_with({{"content-length", "-1"}}), "no number"},
            {"a length with a sign", request_with({{"content-length", "+1"}}), "no number"},
            {"a length in hex", request_with({{"content-length", "0x1"}}), "no number"},
            {"a list of lengths", request_with({{"content-length", "1,1"}}), "no number"},
            {"a length beyond 2^63", request_with({{"content-length", "9999999999999999999"}}), "no number"},
        });
}

TEST_CASE("response heads are accepted or malformed") {
  check(block_kind::response,
        {
            {"the usual", {{":status", "200"}, {"content-type", "application/grpc"}}, ""},
            {"no status", {{"a", "b"}}, ":status is missing"},
            {"nothing", {}, ":status is missing"},
            {"status twice", {{":status", "200"}, {":status", "200"}}, "pseudo-header twice"},
            {"a status of two digits", {{":status", "20"}}, "three digits"},
            {"a status of four digits", {{":status", "2000"}}, "three digits"},
            {"a status that is no number", {{":status", "2x0"}}, "three digits"},
            {"an empty status", {{":status", ""}}, "three digits"},
            {"a pseudo-header of requests", {{":status", "200"}, {":path", "/"}}, "does not belong"},
            {"status after a field", {{"a", "b"}, {":status", "200"}}, "pseudo-header after"},
            {"connection", {{":status", "200"}, {"connection", "close"}}, "connection-specific"},
        });
}

TEST_CASE("trailers are accepted or malformed") {
  check(block_kind::trailers, {
                                  {"the usual", {{"grpc-status", "0"}, {"grpc-message", "x"}}, ""},
                                  {"none", {}, ""},
                                  {"status", {{":status", "200"}}, "pseudo-header in trailers"},
                                  {"path", {{":path", "/"}}, "pseudo-header in trailers"},
                                  {"upper case", {{"Grpc-Status", "0"}}, "field name"},
                                  {"connection", {{"connection", "close"}}, "connection-specific"},
                              });
}

TEST_CASE("the numbers in a head are understood") {
  CHECK(judged(block_kind::response, {{":status", "404"}}).status() == 404);
  CHECK(judged(block_kind::response, {{":status", "200"}}).content_length() == -1);
  CHECK(judged(block_kind::response, {{":status", "200"}, {"content-length", "0"}}).content_length() == 0);
  CHECK(judged(block_kind::request, request_with({{"content-length", "123456789012345678"}})).content_length() ==
        123456789012345678);
}

TEST_CASE("a checked field is not looked at again, but its place in the block is") {
  CHECK_FALSE(judged(block_kind::trailers, {{"a", "x "}}, true).malformed());
  CHECK(judged(block_kind::trailers, {{":status", "200"}}, true).malformed());
  CHECK(judged(block_kind::request, request_with({{":path", "/"}}), true).malformed());
}

TEST_CASE("the first broken rule is named") {
  CHECK(judged(block_kind::request, {{"te", "x"}, {":path", ""}}).why() == "te other than trailers");
}
