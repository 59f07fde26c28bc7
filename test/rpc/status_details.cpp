#include <heddle/rpc/status_details.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

using heddle::status;
using heddle::status_code;
using namespace std::string_literals;

namespace {

status example() {
  status s(status_code::not_found, "gone");
  s.add_detail("t/A", "one").add_detail("t/B", "");
  return s;
}

// Written by hand from the message definitions.
std::string const example_bytes = "\x08\x05\x12\x04gone\x1A\x0A\x0A\x03t/A\x12\x03one\x1A\x05\x0A\x03t/B";

}  // namespace

TEST_CASE("a status is serialised as google.rpc.Status") {
  std::string out;
  heddle::encode_status_details(example(), out);
  CHECK(out == example_bytes);
  out.clear();
  heddle::encode_status_details(heddle::ok, out);
  CHECK(out.empty());
}

TEST_CASE("a message that is not UTF-8 is mended, since a parser would refuse the whole") {
  std::string out;
  heddle::encode_status_details(status(status_code::cancelled, "\xFF"), out);
  CHECK(out == "\x08\x01\x12\x03\xEF\xBF\xBD");
}

TEST_CASE("details are added to a status whose own code and message stand") {
  status s(status_code::aborted, "mine");
  REQUIRE(heddle::decode_status_details(example_bytes, s));
  CHECK(s == status(status_code::aborted, "mine"));
  CHECK(s.details() == example().details());
}

TEST_CASE("fields of google.rpc.Status that are not known are skipped") {
  status s(status_code::aborted, "mine");
  REQUIRE(heddle::decode_status_details("\x78\x01\x18\x07" + example_bytes + "\x7B\x7C"s, s));
  CHECK(s.details() == example().details());
}

TEST_CASE("malformed details leave the status as it was, wherever they are cut off") {
  for (std::size_t size = 0; size < example_bytes.size(); ++size) {
    INFO(size);
    status s(status_code::aborted, "mine");
    bool const between_fields = size == 0 || size == 2 || size == 8 || size == 20;
    CHECK(heddle::decode_status_details(std::string_view(example_bytes).substr(0, size), s) == between_fields);
    CHECK(s.details().size() == (size == 20 ? 1 : 0));
  }
  status s(status_code::aborted, "mine");
  CHECK_FALSE(heddle::decode_status_details("\x1A\x02\x0A\x05"s, s));  // broken inside the Any
  CHECK(s.details().empty());
}
