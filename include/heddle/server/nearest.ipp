#pragma once

#include <algorithm>

#include <heddle/server/nearest.hpp>

namespace heddle::detail {

HEDDLE_DECL void nearest_name::look_at(std::string_view name) noexcept {
  if (wanted_.size() > most_letters || ++looked_at_ > most_names || name == best_) return;
  std::size_t const distance = distance_to(name);
  if (distance >= best_distance_ || distance * 2 >= wanted_.size()) return;
  best_distance_ = distance;
  best_ = name;
}

/// Levenshtein's, in the band that can still come to something. More than most_changes means: too many.
HEDDLE_DECL std::size_t nearest_name::distance_to(std::string_view name) const noexcept {
  std::size_t const n = wanted_.size(), m = name.size(), band = most_changes, far = band + 1;
  if (m > most_letters || n > m + band || m > n + band) return far;
  auto const same = [](char a, char b) {
    auto const small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return small(a) == small(b);
  };
  std::array<std::size_t, most_letters + 1> above, row;
  above.fill(far);
  for (std::size_t j = 0; j <= std::min(m, band); ++j) above[j] = j;
  for (std::size_t i = 1; i <= n; ++i) {
    row.fill(far);
    if (i <= band) row[0] = i;
    for (std::size_t j = i > band ? i - band : 1; j <= std::min(m, i + band); ++j)
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(wanted_[i - 1], name[j - 1]) ? 0 : 1)});
    above = row;
  }
  return above[m];
}

}  // namespace heddle::detail
