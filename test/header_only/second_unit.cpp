#include <every_header.hpp>

#include <string_view>

std::string_view second_unit_version();
std::string_view second_unit_version() { return HEDDLE_VERSION_STRING; }
