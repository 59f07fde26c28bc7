// Letters of protocols, which know no locale.
#pragma once

#include <cstddef>
#include <string_view>

namespace heddle {

constexpr bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr char small_letter(char c) noexcept { return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Without regard to case.
constexpr bool same_letters(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (small_letter(a[i]) != small_letter(b[i])) return false;
  return true;
}

}  // namespace heddle
