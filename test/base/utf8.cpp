#include <heddle/base/utf8.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

// Broken parts are shown as '?', to keep the table readable.
std::string mend(std::string_view text) {
  std::string out;
  heddle::append_mended_utf8(text, out);
  CHECK(heddle::is_valid_utf8(out));
  for (std::size_t at; (at = out.find("\xEF\xBF\xBD")) != std::string::npos;) out.replace(at, 3, "?");
  return out;
}

}  // namespace

TEST_CASE("valid UTF-8 stays as it is") {
  for (std::string_view const text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    INFO(text);
    CHECK(heddle::is_valid_utf8(text));
    CHECK(mend(text) == text);
  }
}

TEST_CASE("each broken part of UTF-8 becomes one replacement character") {
  struct row {
    char const *name, *text, *mended;
  };
  row const rows[] = {
      {"lone continuation", "a\x80z", "a?z"},       {"overlong of two", "\xC0\xAF", "??"},
      {"overlong of three", "\xE0\x80\xAF", "???"}, {"overlong of four", "\xF0\x80\x80\xAF", "????"},
      {"surrogate", "\xED\xA0\x80", "???"},         {"above U+10FFFF", "\xF4\x90\x80\x80", "????"},
      {"no such lead", "\xF5\xFE\xFF", "???"},      {"cut after one", "\xE2", "?"},
      {"cut after two", "\xE2\x98", "?"},           {"cut after three", "\xF0\x9F\x98", "?"},
      {"cut by ASCII", "\xF0\x9F\x98z", "?z"},      {"cut by another lead", "\xE2\x98\xC2\x80", "?\xC2\x80"},
  };
  for (row const& r : rows) {
    INFO(r.name);
    CHECK_FALSE(heddle::is_valid_utf8(r.text));
    CHECK(mend(r.text) == r.mended);
  }
}

TEST_CASE("the longest valid prefix ends before the broken character") {
  CHECK(heddle::valid_utf8_size("ab\xC2\x80\xE2\x98") == 4);
  CHECK(heddle::valid_utf8_size("\xFF") == 0);
  CHECK(heddle::valid_utf8_size("abc") == 3);
}
