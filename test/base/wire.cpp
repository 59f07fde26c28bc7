#include <heddle/base/wire.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace wire = heddle::wire;
using wire::wire_type;
using namespace std::string_literals;

namespace {

bool all_read(std::string_view text) {
  wire::reader fields(text);
  while (fields.next()) {
  }
  CHECK_FALSE(fields.next());
  return !fields.failed();
}

std::string groups(int depth) { return std::string(static_cast<std::size_t>(depth), '\x0B'); }
std::string group_ends(int depth) { return std::string(static_cast<std::size_t>(depth), '\x0C'); }

}  // namespace

TEST_CASE("fields are written as the examples of the protobuf documents") {
  std::string out;
  wire::writer w(out);
  w.varint(1, 150);
  w.bytes(2, "testing");
  w.nested(3, [](wire::writer& inner) { inner.varint(1, 150); });
  CHECK(out == "\x08\x96\x01\x12\x07testing\x1A\x03\x08\x96\x01");
}

TEST_CASE("fields of every type come back") {
  std::string out;
  wire::writer w(out);
  w.varint(1, 0);
  w.varint(2, std::numeric_limits<std::uint64_t>::max());
  w.varint(3, static_cast<std::uint64_t>(std::int64_t{-5}));
  w.fixed32(4, 0x01020304);
  w.fixed64(5, 0x0102030405060708);
  w.number(6, -0.5);
  w.bytes((1 << 29) - 1, "last");

  wire::reader r(out);
  REQUIRE(r.next());
  CHECK(r.tag() == wire::tag(1, wire_type::varint));
  CHECK(r.varint() == 0);
  REQUIRE(r.next());
  CHECK(r.varint() == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(r.next());
  CHECK(static_cast<std::int64_t>(r.varint()) == -5);
  REQUIRE(r.next());
  CHECK(r.fixed32() == 0x01020304);
  CHECK(r.fixed64() == 0);
  REQUIRE(r.next());
  CHECK(r.fixed64() == 0x0102030405060708);
  CHECK(r.fixed32() == 0);
  CHECK(r.varint() == 0);
  REQUIRE(r.next());
  CHECK(r.number() == -0.5);
  REQUIRE(r.next());
  CHECK(r.field() == (1 << 29) - 1);
  CHECK(r.type() == wire_type::bytes);
  CHECK(r.bytes() == "last");
  CHECK_FALSE(r.next());
  CHECK_FALSE(r.failed());
}

TEST_CASE("a nested message of any length gets its length in front") {
  for (std::size_t const size : {0u, 1u, 125u, 126u, 127u, 128u, 16381u, 16382u, 16383u, 16384u, 100000u}) {
    INFO(size);
    std::string const content(size, 'x');
    std::string out = "before";
    wire::writer w(out);
    w.nested(1, [&](wire::writer& outer) {
      outer.nested(2, [&](wire::writer& inner) { inner.bytes(3, content); });
      outer.varint(4, 7);
    });
    wire::reader top(std::string_view(out).substr(6));
    REQUIRE(top.next());
    wire::reader outer(top.bytes());
    REQUIRE(outer.next());
    wire::reader inner(outer.bytes());
    REQUIRE(inner.next());
    CHECK(inner.bytes() == content);
    REQUIRE(outer.next());
    CHECK(outer.varint() == 7);
    CHECK_FALSE(top.next());
    CHECK_FALSE(top.failed());
  }
}

TEST_CASE("packed varints are taken one by one") {
  std::string_view in = "\x03\x8E\x02\x9E\xA7\x05";
  std::vector<std::uint64_t> values;
  for (std::uint64_t value; wire::take_varint(in, value);) values.push_back(value);
  CHECK(values == std::vector<std::uint64_t>{3, 270, 86942});
  CHECK(in.empty());
}

TEST_CASE("well-formed fields that nobody knows are skipped") {
  CHECK(all_read(""));
  CHECK(all_read("\x08" + std::string(9, '\xFF') + "\x01"));      // ten bytes
  CHECK(all_read("\x08" + std::string(9, '\x80') + "\x00"s));     // not the shortest form
  CHECK(all_read("\x0B\x0C"));                                    // an empty group
  CHECK(all_read("\x0B\x10\x05\x1A\x01x\x13\x14\x0C\x08\x01"));   // with fields and a group inside, and one behind
  CHECK(all_read(groups(100) + group_ends(100)));
}

TEST_CASE("malformed input is reported, not read") {
  struct row {
    char const* name;
    std::string text;
  };
  row const rows[] = {
      {"field number zero", "\0\1"s},
      {"field number above 2^29", "\x80\x80\x80\x80\x10\x01"},
      {"wire type 6", "\x0E\x01"},
      {"wire type 7", "\x0F\x01"},
      {"tag without value", "\x08"},
      {"tag cut off", "\x88"},
      {"varint cut off", "\x08\x80"},
      {"varint of eleven bytes", "\x08" + std::string(10, '\x80') + "\x01"},
      {"fixed32 cut off", "\x0D\1\2\3"},
      {"fixed64 cut off", "\x09\1\2\3\4\5\6\7"},
      {"length beyond the end", "\x0A\x02x"},
      {"length of 2^64 - 1", "\x0A" + std::string(9, '\xFF') + "\x01"},
      {"group never ended", "\x0B\x08\x01"},
      {"group ended twice", "\x0B\x0C\x0C"},
      {"group ended by another number", "\x0B\x14"},
      {"groups crossed", "\x0B\x13\x0C\x14"},
      {"groups of depth 101", groups(101) + group_ends(101)},
      {"broken field in a group", "\x0B\x0A\x09x\x0C"},
      {"groups without end", groups(100000)},
  };
  for (row const& r : rows) {
    INFO(r.name);
    CHECK_FALSE(all_read(r.text));
    CHECK_FALSE(all_read("\x08\x01" + r.text));
  }
}

TEST_CASE("a message cut off at any byte fails or ends between fields") {
  std::string text;
  wire::writer w(text);
  w.varint(1, 300);
  std::size_t const first = text.size();
  w.fixed32(2, 1);
  std::size_t const second = text.size();
  w.bytes(3, "abc");
  std::size_t const third = text.size();
  text += "\x23\x28\x01\x24"s;  // a group
  for (std::size_t size = 0; size <= text.size(); ++size) {
    INFO(size);
    bool const between = size == 0 || size == first || size == second || size == third || size == text.size();
    CHECK(all_read(std::string_view(text).substr(0, size)) == between);
  }
}
