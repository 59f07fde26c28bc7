#include <string>
#include <vector>

#include <heddle/hpack/decoder.hpp>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::hpack::decode_error;
using heddle::hpack::decoder;
using hpack_test::bytes;
using hpack_test::hex;

TEST_CASE("table size updates are allowed at the start of a block, twice, up to the limit") {
  struct example {
    char const* name;
    std::vector<std::uint32_t> settings;  // acknowledged one after the other
    char const* block;
    decode_error error;
  };
  // 3f e1 1f: 4096; 3f e2 1f: 4097; 3f 45: 100; 3f 46: 101.
  std::vector<example> const examples = {
      {"no update", {}, "82", decode_error::none},
      {"the limit itself", {}, "3fe11f 82", decode_error::none},
      {"one above the limit", {}, "3fe21f 82", decode_error::table_size_update_too_big},
      {"0 and back", {}, "20 3fe11f 82", decode_error::none},
      {"0 and above", {}, "20 3fe21f 82", decode_error::table_size_update_too_big},
      {"three", {}, "20 20 20 82", decode_error::table_size_update_misplaced},
      {"after a field", {}, "82 20", decode_error::table_size_update_misplaced},
      {"between fields", {}, "82 20 82", decode_error::table_size_update_misplaced},
      {"nothing but an update", {}, "20", decode_error::none},
      {"a raised limit needs none", {8192}, "82", decode_error::none},
      {"a raised limit may be used", {8192}, "3fe13f 82", decode_error::none},
      {"a raised limit has an end", {8192}, "3fe23f 82", decode_error::table_size_update_too_big},
      {"a lowered limit needs one", {100}, "82", decode_error::table_size_update_misplaced},
      {"a lowered limit, before a literal", {100}, "00 01 61 01 61", decode_error::table_size_update_misplaced},
      {"a lowered limit, obeyed", {100}, "3f45 82", decode_error::none},
      {"a lowered limit, obeyed by less", {100}, "20 82", decode_error::none},
      {"a lowered limit, missed by one", {100}, "3f46 82", decode_error::table_size_update_too_big},
      {"lowered and raised, both told", {100, 4096}, "3f45 3fe11f 82", decode_error::none},
      {"lowered and raised, only the lowest told", {100, 4096}, "3f45 82", decode_error::none},
      {"lowered and raised, the lowest not told", {100, 4096}, "3fe11f 82", decode_error::table_size_update_too_big},
      {"lowered and raised, nothing told", {100, 4096}, "82", decode_error::table_size_update_misplaced},
      {"lowered, raised and lowered a bit", {100, 4096, 101}, "3f45 3f46 82", decode_error::none},
      {"lowered to 0", {0}, "20 82", decode_error::none},
  };
  for (example const& row : examples) {
    INFO(row.name);
    bytes const block = hex(row.block);
    std::vector<std::vector<std::size_t>> ways = {{}, hpack_test::every_byte(block.size())};
    for (std::size_t cut = 0; cut <= block.size(); ++cut) ways.push_back({cut});
    for (auto const& cuts : ways) {
      decoder decoder;
      for (std::uint32_t const setting : row.settings) decoder.max_table_size(setting);
      std::string const got = hpack_test::decode_cut(decoder, block, cuts);
      if (row.error == decode_error::none)
        CHECK(got.find("RFC") == std::string::npos);
      else
        CHECK(got.ends_with(to_string(row.error)));
    }
  }
}

TEST_CASE("every block has its own updates") {
  decoder decoder;
  for (int i = 0; i < 3; ++i) CHECK(hpack_test::decode(decoder, hex("20 3fe11f 82")) == ":method: GET\n");
}

TEST_CASE("a setting that is acknowledged within a block counts from the next one") {
  decoder decoder;
  hpack_test::recorder sink;
  CHECK(decoder.decode(hex("82"), false, 100, sink) == decode_error::none);
  decoder.max_table_size(0);
  CHECK(decoder.decode(hex("82"), true, 100, sink) == decode_error::none);
  CHECK(decoder.decode(hex("82"), true, 100, sink) == decode_error::table_size_update_misplaced);
}

TEST_CASE("an update evicts, oldest first") {
  decoder decoder;
  // Three entries of 34 bytes.
  CHECK(hpack_test::decode(decoder, hex("40 0161 0131  40 0162 0132  40 0163 0133")) == "a: 1\nb: 2\nc: 3\n");
  CHECK(hpack_test::decode(decoder, hex("3f25 be bf")) == "c: 3\nb: 2\n");  // 68
  CHECK(hpack_test::decode(decoder, hex("20 3fe11f")).empty());
  CHECK(hpack_test::decode(decoder, hex("be")) == to_string(decode_error::bad_index));
}

TEST_CASE("a decoder with a larger setting starts with 4096 and follows the peer up") {
  decoder decoder(1u << 16);
  bytes block;
  for (int i = 0; i < 200; ++i) {
    bytes const field = hex("40 0161 03");
    block.insert(block.end(), field.begin(), field.end());
    for (char const c : std::to_string(100 + i)) block.push_back(static_cast<std::uint8_t>(c));
  }
  hpack_test::decode(decoder, block);
  // 113 entries of 36 bytes fit into 4096, and their values count down from 299.
  CHECK(hpack_test::decode(decoder, hex("ff 2f")) == "a: 187\n");
  block.insert(block.begin(), {0x3f, 0xe1, 0xff, 0x03});  // 65536
  hpack_test::decode(decoder, block);
  CHECK(hpack_test::decode(decoder, hex("ff f701")) == "a: 187\n");  // 200 further down
  CHECK(hpack_test::decode(decoder, hex("ff f801")) == to_string(decode_error::bad_index));
}
