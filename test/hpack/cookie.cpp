// The 32 bits that come back with an entry of the decoder's table.
#include <map>
#include <string>

#include <heddle/hpack/decoder.hpp>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::hpack::decode_error;
using heddle::hpack::decoder;
using hpack_test::bytes;
using hpack_test::hex;
using hpack_test::no_limit;
using hpack_test::recorder;

namespace {

// A literal with incremental indexing, of name "n"; its value begins with the number.
bytes insertion(int number, std::size_t value_size = 5) {
  bytes block = {0x40, 1, 'n', static_cast<std::uint8_t>(value_size)};
  std::string value = std::to_string(number);
  value.resize(value_size, '.');
  block.insert(block.end(), value.begin(), value.end());
  return block;
}

recorder decode(decoder& decoder, bytes const& block) {
  recorder sink;
  REQUIRE(decoder.decode(block, true, no_limit, sink) == decode_error::none);
  return sink;
}

}  // namespace

TEST_CASE("a cookie begins at 0, comes back with its entry, and ends with it") {
  decoder decoder(100);
  recorder first = decode(decoder, insertion(1));
  REQUIRE(first.fields[0].cookie != nullptr);
  CHECK(*first.fields[0].cookie == 0);
  *first.fields[0].cookie = 41;
  recorder second = decode(decoder, hex("be be"));
  CHECK(*second.fields[0].cookie == 41);
  CHECK(second.fields[1].cookie == second.fields[0].cookie);
  decode(decoder, insertion(2));
  CHECK(*decode(decoder, hex("bf")).fields[0].cookie == 41);
  CHECK(*decode(decoder, hex("be")).fields[0].cookie == 0);
  decode(decoder, insertion(3));  // evicts the first
  recorder again = decode(decoder, insertion(1));
  CHECK(*again.fields[0].cookie == 0);
}

TEST_CASE("fields from elsewhere than the dynamic table have no cookie") {
  decoder decoder(64);
  bytes block = hex("82 00 0161 0131 10 0161 0131 04 0161");
  bytes const too_large = insertion(1, 60);
  block.insert(block.end(), too_large.begin(), too_large.end());
  recorder const got = decode(decoder, block);
  REQUIRE(got.fields.size() == 5);
  for (auto const& field : got.fields) CHECK(field.cookie == nullptr);
  // A name from the table is not the entry.
  decode(decoder, insertion(1));
  CHECK(decode(decoder, hex("0f 2f 0131")).fields[0].cookie == nullptr);
}

TEST_CASE("a cookie written after its entry was evicted in the same block reaches no other entry") {
  decoder decoder(200);  // five entries of 38 bytes
  bytes block;
  for (int i = 0; i < 9; ++i) {
    bytes const more = insertion(i);
    block.insert(block.end(), more.begin(), more.end());
  }
  recorder const got = decode(decoder, block);
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(got.fields[i].cookie != nullptr);
    *got.fields[i].cookie = 666;
  }
  recorder const alive = decode(decoder, hex("be bf c0 c1 c2"));
  for (auto const& field : alive.fields) CHECK(*field.cookie == 0);
  CHECK(alive.text() == "n: 8....\nn: 7....\nn: 6....\nn: 5....\nn: 4....\n");
  // Nor entries that come later.
  recorder const next = decode(decoder, block);
  for (auto const& field : next.fields)
    if (field.cookie != nullptr) CHECK(*field.cookie == 0);
}

TEST_CASE("cookies never change owner, however many entries a block puts in") {
  decoder decoder;
  std::map<std::string, std::uint32_t> owner;  // by value, which is used once
  int number = 0;
  std::size_t without = 0, kept = 0;
  for (int const insertions : {1, 100, 127, 128, 129, 1000, 3, 255, 256, 257, 5, 5, 5, 700, 1}) {
    bytes block(static_cast<std::size_t>(number != 0), 0xbe);
    for (int i = 0; i < insertions; ++i) {
      bytes const more = insertion(number++);
      block.insert(block.end(), more.begin(), more.end());
      if (i % 3 == 0) block.push_back(0xbe);
    }
    recorder const got = decode(decoder, block);
    std::size_t wrong = 0;
    for (auto const& field : got.fields) {
      without += field.cookie == nullptr;
      if (field.cookie == nullptr) continue;
      auto const known = owner.find(field.value);
      kept += known != owner.end();
      wrong += *field.cookie != (known == owner.end() ? 0 : known->second);
    }
    CHECK(wrong == 0);
    // All at the end, as a receiver does that collects the fields first.
    for (auto const& field : got.fields)
      if (field.cookie != nullptr)
        *field.cookie = owner[field.value] = static_cast<std::uint32_t>(std::stoi(field.value)) + 1;
  }
  CHECK(without > 0);
  CHECK(kept > 5);
}

TEST_CASE("cookies stay with their entries when the table grows") {
  decoder decoder(64);
  *decode(decoder, insertion(1)).fields[0].cookie = 7;
  decoder.max_table_size(4096);
  bytes block = hex("3fe11f be");
  CHECK(*decode(decoder, block).fields[0].cookie == 7);
  for (int i = 0; i < 20; ++i) decode(decoder, insertion(i));
  CHECK(*decode(decoder, hex("d2")).fields[0].cookie == 7);
}
