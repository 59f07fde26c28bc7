#include <heddle/base/percent.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include <heddle/base/utf8.hpp>

#include "support/catch.hpp"

namespace {

std::string encode(std::string_view text) {
  std::string out = ">";
  heddle::percent_encode(text, out);
  return out.substr(1);
}

std::string decode(std::string_view text) {
  std::string out = ">";
  heddle::percent_decode(text, out);
  return out.substr(1);
}

}  // namespace

TEST_CASE("messages are percent-encoded with upper-case digits and come back") {
  struct row {
    char const *name, *text, *encoded;
  };
  row const rows[] = {
      {"empty", "", ""},
      {"plain", "no such feature", "no such feature"},
      {"percent", "100%", "100%25"},
      {"edges of the range", "!~", "!~"},
      {"outside the range", "\x1F\x7F", "%1F%7F"},
      {"interop's special message", "\t\ntest with whitespace\r\nand Unicode BMP \u263A and non-BMP \U0001F608\t\n",
       "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A"},
      {"blanks that HTTP/2 forbids", " a b ", "%20a b%20"},
      {"one blank", " ", "%20"},
  };
  for (row const& r : rows) {
    INFO(r.name);
    CHECK(encode(r.text) == r.encoded);
    CHECK(decode(r.encoded) == r.text);
  }
}

TEST_CASE("broken escapes stay as they are") {
  struct row {
    char const *text, *decoded;
  };
  for (row const& r : {row{"%", "%"}, row{"%4", "%4"}, row{"%zz", "%zz"}, row{"%4z", "%4z"}, row{"%%41", "%A"},
                       row{"%4%41", "%4A"}, row{"100% sure", "100% sure"}, row{"%e2%98%ba", "\u263A"},
                       row{"%2541", "%41"}, row{"a%20", "a "}, row{"\u263A", "\u263A"}}) {
    INFO(r.text);
    CHECK(decode(r.text) == r.decoded);
  }
}

TEST_CASE("what is not UTF-8 becomes a replacement character on both sides") {
  CHECK(decode("a%FFb") == "a\uFFFDb");
  CHECK(decode("%E2%98") == "\uFFFD");
  CHECK(decode("\xFF") == "\uFFFD");
  CHECK(encode("a\xFF") == "a%EF%BF%BD");
}

TEST_CASE("every pair of bytes can be encoded and decoded") {
  int wrong = 0;
  for (int i = 0; i < 65536; ++i) {
    std::string const pair{static_cast<char>(i >> 8), static_cast<char>(i & 255)};
    std::string mended;
    heddle::append_mended_utf8(pair, mended);

    std::string const encoded = encode(pair);
    bool const printable = std::all_of(encoded.begin(), encoded.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
    // A pair holds no whole escape, so decoding it does no more than to mend it.
    if (!printable || decode(encoded) != mended || decode(pair) != mended) ++wrong;
    std::string const escape = "%" + pair;
    if (!heddle::is_valid_utf8(decode(escape))) ++wrong;
  }
  CHECK(wrong == 0);
}
