// Tables of error texts, which docs/errors.md quotes: each row's text is what its maker ends with.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>

#include <heddle/rpc/gzip.hpp>

#include "support/packed.hpp"

namespace heddle::test {

struct error_text {
  char const* when;
  char const* text;
};
using error_makers = std::map<std::string, std::function<status()>>;

/// A message of 5,000 bytes, as gzip makes it.
inline std::string packed_text() {
  return packed(*default_compressors().find("gzip"), text(std::string(5000, 'x')).SerializeAsString());
}

/// Every row has a maker, and every maker a row.
inline void check_error_texts(std::span<error_text const> rows, error_makers const& makers) {
  std::size_t found = 0;
  for (error_text const& r : rows) {
    INFO(r.when);
    auto const maker = makers.find(r.when);
    REQUIRE(maker != makers.end());
    ++found;
    std::string expected = r.text;
    if (auto const at = expected.find("45 bytes of gzip"); at != std::string::npos)  // it depends on zlib
      expected.replace(at, 2, std::to_string(packed_text().size()));
    CHECK(to_string(maker->second()) == expected);
  }
  CHECK(found == makers.size());
}

}  // namespace heddle::test
