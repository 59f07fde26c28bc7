#include <span>
#include <string>
#include <vector>

#include <heddle/rpc/protobuf.hpp>

#include "lab.pb.h"
#include "support/catch.hpp"

using heddle::bytes_view;
using heddle::message_ops;

namespace {

std::vector<bytes_view> cut(std::string const& bytes, std::size_t a, std::size_t b) {
  bytes_view const all = heddle::as_bytes(bytes);
  return {all.first(a), all.subspan(a, b - a), all.subspan(b)};
}

}  // namespace

TEST_CASE("a protobuf message is parsed from pieces cut anywhere") {
  message_ops const& ops = *heddle::ops_of<lab::Text>;
  lab::Text wanted;
  wanted.set_text("a text that is longer than what protobuf copies at a border");
  wanted.set_number(-1);
  wanted.set_blob(std::string(40, '\xff'));
  std::string const bytes = wanted.SerializeAsString();
  for (std::size_t a = 0; a <= bytes.size(); ++a) {
    for (std::size_t b = a; b <= bytes.size(); ++b) {
      lab::Text parsed;
      parsed.set_text("what was there before");
      REQUIRE(ops.parse_pieces(&parsed, cut(bytes, a, b)));
      CHECK(parsed.SerializeAsString() == bytes);
    }
  }
}

TEST_CASE("pieces that end inside a field are no message") {
  message_ops const& ops = *heddle::ops_of<lab::Text>;
  lab::Text wanted;
  wanted.set_text("cut off");
  std::string const bytes = wanted.SerializeAsString();
  for (std::size_t n = 1; n < bytes.size(); ++n) {
    lab::Text parsed;
    CHECK_FALSE(ops.parse_pieces(&parsed, cut(bytes.substr(0, n), n / 2, n)));
  }
}
