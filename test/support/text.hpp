// What assertions ask of texts.
#pragma once

#include <string_view>

namespace heddle::test {

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace heddle::test
