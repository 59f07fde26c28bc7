#include <heddle/base/byte_pieces.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using heddle::byte_pieces;
using heddle::bytes_view;

namespace {

std::string first(byte_pieces const& pieces, std::size_t n) {
  std::string text;
  pieces.each(n, [&text](bytes_view piece) { text.append(heddle::as_text(piece)); });
  return text;
}

}  // namespace

TEST_CASE("pieces are read and consumed across their borders") {
  std::vector<std::string_view> const parts = {"a", "bcd", "ef", "ghij"};
  std::string const all = "abcdefghij";
  for (std::size_t before = 0; before <= all.size(); ++before) {
    for (std::size_t n = 0; before + n <= all.size(); ++n) {
      byte_pieces pieces;
      for (std::string_view const part : parts) pieces.push_back(heddle::as_bytes(part));
      pieces.consume(before);
      CHECK(pieces.size() == all.size() - before);
      CHECK(pieces.empty() == (before == all.size()));
      CHECK(pieces.front().empty() == pieces.empty());
      CHECK(first(pieces, n) == all.substr(before, n));
      pieces.consume(n);
      CHECK(first(pieces, pieces.size()) == all.substr(before + n));
    }
  }
}

TEST_CASE("pieces may be added while others are consumed") {
  byte_pieces pieces;
  std::string seen, sent;
  std::vector<std::string> const parts = {"one", "", "two", "three", "four"};
  for (std::string const& part : parts) {
    sent += part;
    pieces.push_back(heddle::as_bytes(part));
    if (pieces.size() < 4) continue;
    seen += first(pieces, 4);
    pieces.consume(4);
  }
  CHECK(seen + first(pieces, pieces.size()) == sent);
  pieces.clear();
  CHECK(pieces.empty());
  pieces.push_back(heddle::as_bytes("again"));
  CHECK(first(pieces, 5) == "again");
}
