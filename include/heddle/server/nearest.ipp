#pragma once

#include <algorithm>
#include <array>

#include <heddle/base/ascii.hpp>
#include <heddle/server/nearest.hpp>

namespace heddle::detail {

HEDDLE_DECL void nearest_name::look_at(std::string_view name) noexcept {
  if (wanted_.size() > most_letters || looked_at_ == most_names || (looked_at_ != 0 && name == last_)) return;
  ++looked_at_;
  last_ = name;
  std::size_t const distance = distance_to(name);
  if (distance >= best_distance_ || distance * 2 >= wanted_.size()) return;
  best_distance_ = distance;
  best_ = name;
}

/// Levenshtein's, in the band that can still come to something: column d of row i stands for i letters of the one and
/// i + d - most_changes of the other. What is not better than the best so far is most_changes + 1.
HEDDLE_DECL std::size_t nearest_name::distance_to(std::string_view name) const noexcept {
  constexpr std::size_t band = most_changes, far = band + 1;
  std::size_t const n = wanted_.size(), m = name.size();
  if (n > m + band || m > n + band) return far;
  std::array<std::size_t, 2 * band + 2> row;  // the last one stays far
  row.fill(far);
  for (std::size_t j = 0; j <= band; ++j) row[band + j] = j;
  for (std::size_t i = 1; i <= n; ++i) {
    std::size_t left = far, least = far;
    for (std::size_t d = 0; d <= 2 * band; ++d) {
      if (i + d < band || i + d > m + band) {
        row[d] = left = far;
        continue;
      }
      std::size_t const j = i + d - band;
      bool const same = j != 0 && small_letter(wanted_[i - 1]) == small_letter(name[j - 1]);
      left = std::min({row[d + 1] + 1, left + 1, j == 0 ? i : row[d] + (same ? 0 : 1)});
      row[d] = left;
      least = std::min(least, left);
    }
    if (least >= best_distance_) return far;
  }
  return row[m + band - n];
}

}  // namespace heddle::detail
