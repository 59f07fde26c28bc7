#include <heddle/hpack/decoder.hpp>

#include <string>
#include <vector>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::header_name;
using heddle::hpack::decode_error;
using heddle::hpack::decoder;
using hpack_test::bytes;
using hpack_test::hex;
using hpack_test::no_limit;
using hpack_test::recorder;

namespace {

// A literal with incremental indexing and a new name.
bytes insertion(std::string const& name, std::string const& value) {
  bytes block = {0x40};
  for (std::string const& text : {name, value}) {
    REQUIRE(text.size() < 127 + 128);
    block.push_back(static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), 127)));
    if (text.size() >= 127) block.push_back(static_cast<std::uint8_t>(text.size() - 127));
    block.insert(block.end(), text.begin(), text.end());
  }
  return block;
}

void append(bytes& to, bytes const& more) { to.insert(to.end(), more.begin(), more.end()); }

decode_error run(decoder& decoder, bytes const& block, std::size_t max_string = no_limit, bool last = true) {
  recorder sink;
  return decoder.decode(block, last, max_string, sink);
}

}  // namespace

TEST_CASE("a broken header block is refused with the rule it breaks, whole or a byte at a time") {
  struct example {
    char const* name;
    char const* block;
    decode_error error;
  };
  std::vector<example> const examples = {
      {"an empty block", "", decode_error::none},
      {"index 0", "80", decode_error::bad_index},
      {"an index beyond the static table", "be", decode_error::bad_index},
      {"the largest index", "ff 80 ff ff ff 0f", decode_error::bad_index},
      {"a name index beyond the tables, incremental", "7e 01 61", decode_error::bad_index},
      {"a name index beyond the tables, not indexed", "0f 2f 01 61", decode_error::bad_index},
      {"a name index beyond the tables, never indexed", "1f 2f 01 61", decode_error::bad_index},
      {"an index above 2^32-1", "ff 81 ff ff ff 0f", decode_error::integer_overflow},
      {"an index of six bytes after the prefix", "ff 80 80 80 80 80 00", decode_error::integer_overflow},
      {"a length of six bytes after the prefix", "00 7f 80 80 80 80 80 00", decode_error::integer_overflow},
      {"a table size of six bytes after the prefix", "3f 80 80 80 80 80 00", decode_error::integer_overflow},
      {"a cut index", "ff 80", decode_error::truncated},
      {"a cut table size", "3f", decode_error::truncated},
      {"a literal without a name", "40", decode_error::truncated},
      {"a literal with part of a name", "00 03 61 62", decode_error::truncated},
      {"a literal without a value", "00 01 61", decode_error::truncated},
      {"a literal with part of a value", "04 03 61 62", decode_error::truncated},
      {"bad Huffman in a name", "00 81 00 01 61", decode_error::bad_huffman},
      {"bad Huffman in a value", "04 84 ff ff ff ff", decode_error::bad_huffman},
      {"empty strings", "00 00 00", decode_error::none},
      {"empty Huffman strings", "40 80 80", decode_error::none},
  };
  for (example const& row : examples) {
    bytes const block = hex(row.block);
    std::string const expected(row.error == decode_error::none ? "" : to_string(row.error));
    INFO(row.name);
    decoder whole;
    std::string const got = hpack_test::decode(whole, block);
    CHECK(got.ends_with(expected));
    CHECK((row.error == decode_error::none) == (run(whole, {}) == decode_error::none));
    for (std::size_t cut = 0; cut <= block.size(); ++cut) {
      decoder two_pieces;
      CHECK(hpack_test::decode_cut(two_pieces, block, {cut}) == got);
    }
    decoder bytewise;
    CHECK(hpack_test::decode_cut(bytewise, block, hpack_test::every_byte(block.size())) == got);
  }
}

TEST_CASE("a decoder that has failed stays dead") {
  decoder decoder;
  recorder sink;
  CHECK(decoder.decode(hex("80"), false, no_limit, sink) == decode_error::bad_index);
  CHECK(decoder.decode(hex("82"), true, no_limit, sink) == decode_error::bad_index);
  decoder.max_table_size(4096);
  CHECK(decoder.decode({}, true, no_limit, sink) == decode_error::bad_index);
  CHECK(sink.fields.empty());
}

TEST_CASE("a block that is not the last piece may end anywhere, and the next one goes on") {
  decoder decoder;
  recorder sink;
  CHECK(decoder.decode(hex("82 04 05 2f 61"), false, no_limit, sink) == decode_error::none);
  CHECK(sink.text() == ":method: GET\n");
  CHECK(decoder.decode({}, false, no_limit, sink) == decode_error::none);
  CHECK(decoder.decode(hex("62 63 64 87"), false, no_limit, sink) == decode_error::none);
  CHECK(decoder.decode({}, true, no_limit, sink) == decode_error::none);
  CHECK(sink.text() == ":method: GET\n:path: /abcd\n:scheme: https\n");
}

TEST_CASE("tokens are set for indexed and for literal fields") {
  decoder decoder;
  recorder sink;
  bytes block = hex("83 5f 01 61");  // :method, content-type by index
  append(block, insertion("grpc-status", "0"));
  append(block, insertion("x-tenant", "a"));
  append(block, insertion(":weird", "a"));
  append(block, hex("c0 bf be"));
  REQUIRE(decoder.decode(block, true, no_limit, sink) == decode_error::none);
  std::vector<header_name> tokens;
  for (auto const& field : sink.fields) tokens.push_back(field.token);
  CHECK(tokens == std::vector<header_name>{header_name::method, header_name::content_type, header_name::grpc_status,
                                           header_name::other, header_name::unknown_pseudo, header_name::grpc_status,
                                           header_name::other, header_name::unknown_pseudo});
}

TEST_CASE("never-indexed is reported, and only of never-indexed fields") {
  decoder decoder;
  recorder sink;
  bytes const block = hex("10 01 61 01 62  00 01 61 01 62  40 01 61 01 62  be  1f 2f 01 63");
  REQUIRE(decoder.decode(block, true, no_limit, sink) == decode_error::none);
  std::vector<bool> never;
  for (auto const& field : sink.fields) never.push_back(field.never_index);
  CHECK(never == std::vector<bool>{true, false, false, false, true});
  CHECK(sink.fields[4].name == "a");
}

TEST_CASE("a string above the limit is refused on its length alone") {
  struct example {
    char const* name;
    char const* block;
    decode_error error;  // with at most ten bytes a string
  };
  std::vector<example> const examples = {
      {"a name of 11 bytes", "00 0b", decode_error::string_too_long},
      {"a name of 10 bytes", "00 0a", decode_error::none},
      {"a value of 11 bytes", "04 0b", decode_error::string_too_long},
      {"a value of 4 GiB", "04 7f 80 ff ff ff 0f", decode_error::string_too_long},
      {"a Huffman value of 11 bytes", "04 8b", decode_error::string_too_long},
      {"a value of 11 bytes after a name", "00 01 61 0b", decode_error::string_too_long},
      {"a Huffman value of 10 bytes", "04 8a", decode_error::none},
  };
  for (example const& row : examples) {
    INFO(row.name);
    decoder decoder;
    CHECK(run(decoder, hex(row.block), 10, false) == row.error);
  }
  // '0' has five bits: sixteen of them take ten bytes.
  decoder decoder;
  CHECK(run(decoder, hex("04 8a 00 00 00 00 00 00 00 00 00 00"), 16) == decode_error::none);
  CHECK(run(decoder, hex("04 8a 00 00 00 00 00 00 00 00 00 00"), 15) == decode_error::string_too_long);
}

TEST_CASE("the string limit may shrink while a field is cut") {
  decoder decoder;
  CHECK(run(decoder, hex("04 05 61"), 10, false) == decode_error::none);
  CHECK(run(decoder, hex("62 63 64 65"), 4, false) == decode_error::string_too_long);
}

TEST_CASE("an entry may take its name from the entry that it evicts") {
  decoder decoder(100);
  std::string const name(30, 'n');
  bytes block = insertion(name, std::string(30, '1'));
  append(block, hex("7e 1e"));  // incremental, name index 62, 30 bytes
  for (int i = 0; i < 30; ++i) block.push_back('2');
  append(block, hex("be"));
  std::string const first = name + ": " + std::string(30, '1') + "\n";
  std::string const second = name + ": " + std::string(30, '2') + "\n";
  CHECK(hpack_test::decode(decoder, block) == first + second + second);
  CHECK(run(decoder, hex("bf")) == decode_error::bad_index);
}

TEST_CASE("names of evicted entries stay intact wherever the table moves its memory") {
  // Three entries fit. Each new one has the name of the oldest, which it evicts, so the names go round.
  decoder decoder(300);
  for (char const c : {'a', 'b', 'c'})
    REQUIRE(run(decoder, insertion(std::string(40, c), std::string(28, '-'))) == decode_error::none);
  for (int i = 0; i < 200; ++i) {
    auto const size = static_cast<std::uint8_t>(20 + i % 9);
    bytes block = {0x7f, 0x01, size};  // incremental, name index 64
    block.insert(block.end(), size, static_cast<std::uint8_t>('0' + i % 10));
    append(block, hex("be"));
    std::string const field = std::string(40, "abc"[i % 3]) + ": " + std::string(size, static_cast<char>('0' + i % 10));
    INFO(i);
    REQUIRE(hpack_test::decode(decoder, block) == field + "\n" + field + "\n");
  }
}

TEST_CASE("an entry too large for the table is reported and empties it, also when it takes its name from there") {
  decoder decoder(100);
  bytes block = insertion("name", "1");
  append(block, hex("7e 50"));
  for (int i = 0; i < 80; ++i) block.push_back('2');
  CHECK(hpack_test::decode(decoder, block) == "name: 1\nname: " + std::string(80, '2') + "\n");
  CHECK(run(decoder, hex("be")) == decode_error::bad_index);
}

TEST_CASE("a thousand one-byte references are a thousand fields") {
  decoder decoder;
  REQUIRE(run(decoder, insertion("name", "value")) == decode_error::none);
  recorder sink;
  CHECK(decoder.decode(bytes(1000, 0xbe), true, no_limit, sink) == decode_error::none);
  CHECK(sink.fields.size() == 1000);
}
