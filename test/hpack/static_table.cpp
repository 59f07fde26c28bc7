#include <heddle/hpack/static_table.hpp>

#include <string_view>

#include "support/catch.hpp"

using heddle::header_name;
using heddle::hpack::find_static_field;
using heddle::hpack::find_static_name;
using heddle::hpack::static_table;

TEST_CASE("the static table is that of RFC 7541 Appendix A") {
  CHECK(static_table[1].name == ":authority");
  CHECK(static_table[16].name == "accept-encoding");
  CHECK(static_table[16].value == "gzip, deflate");
  CHECK(static_table[31].name == "content-type");
  CHECK(static_table[61].name == "www-authenticate");
  CHECK(static_table[31].token == header_name::content_type);
}

TEST_CASE("every name and every field of the static table is found") {
  for (std::uint32_t i = 1; i <= heddle::hpack::static_table_size; ++i) {
    auto const& field = static_table[i];
    INFO(field.name);
    CHECK(field.token == heddle::find_header_name(field.name));
    std::uint32_t const name_index = find_static_name(field.token, field.name);
    REQUIRE(name_index != 0);
    CHECK(static_table[name_index].name == field.name);
    CHECK((name_index == 1 || static_table[name_index - 1].name != field.name));
    CHECK(find_static_field(name_index, field.value) == i);
    CHECK(find_static_field(name_index, "no such value") == 0);
  }
}

TEST_CASE("names that the static table does not have are not found") {
  for (std::string_view const name :
       {"", "x", "x-request-id", "accept-charse", "accept-charsetx", "grpc-status", ":", ":other"})
    CHECK(find_static_name(heddle::find_header_name(name), name) == 0);
}
