// What can be wrong with a header block (RFC 7541). Every one of them is a COMPRESSION_ERROR of the connection.
#pragma once

#include <cstdint>
#include <string_view>

namespace heddle::hpack {

enum class decode_error : std::uint8_t {
  none,
  integer_overflow,
  truncated,
  bad_index,
  bad_huffman,
  table_size_update_too_big,
  table_size_update_misplaced,
  string_too_long
};

/// Static text that names the rule which was broken; fit for the debug data of a GOAWAY.
constexpr std::string_view to_string(decode_error error) noexcept {
  switch (error) {
    case decode_error::none: return "no error";
    case decode_error::integer_overflow: return "RFC 7541 5.1: integer above 2^32-1 or of more than five bytes";
    case decode_error::truncated: return "RFC 7541 3.2: header block ends inside a field";
    case decode_error::bad_index: return "RFC 7541 2.3.3: index 0 or beyond the tables";
    case decode_error::bad_huffman: return "RFC 7541 5.2: bad Huffman padding, or EOS inside a string";
    case decode_error::table_size_update_too_big: return "RFC 7541 6.3: table size update above the limit";
    case decode_error::table_size_update_misplaced:
      return "RFC 7541 4.2: table size update missing, repeated, or not at the start of a header block";
    case decode_error::string_too_long: return "RFC 7541 7.4: string above the limit of this endpoint";
  }
  return "unknown error";
}

}  // namespace heddle::hpack
