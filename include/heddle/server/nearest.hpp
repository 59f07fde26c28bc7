// What somebody who asked for a name that is not here may have meant.
#pragma once

#include <cstddef>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle::detail {

/// Looks for the name that is closest to `wanted`, by the fewest letters to change, add or leave out. Three at the
/// most, and fewer than half of them: strangers learn only what they nearly know. Small letters and capitals count as
/// equal. Only the first 64 names are looked at; one that comes several times in a row counts once. A look costs seven
/// steps a letter at most, of which there are a hundred at most, and ends where too many have differed.
class nearest_name {
 public:
  explicit nearest_name(std::string_view wanted) noexcept : wanted_(wanted) {}

  HEDDLE_DECL void look_at(std::string_view name) noexcept;
  /// Empty: nothing is near.
  std::string_view found() const noexcept { return best_; }

 private:
  static constexpr std::size_t most_letters = 100, most_names = 64, most_changes = 3;

  HEDDLE_DECL std::size_t distance_to(std::string_view name) const noexcept;

  std::string_view wanted_, best_, last_;
  std::size_t best_distance_ = most_changes + 1, looked_at_ = 0;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/nearest.ipp>
#endif
