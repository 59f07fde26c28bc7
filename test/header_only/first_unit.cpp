#include <every_header.hpp>

#include "support/catch.hpp"

#ifdef HEDDLE_SEPARATE_COMPILATION
#error "this group is about the header-only form"
#endif

std::string_view second_unit_version();

TEST_CASE("two units that include every header link into one program") {
  CHECK(second_unit_version() == HEDDLE_VERSION_STRING);
}
