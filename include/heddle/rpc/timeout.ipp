#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>

#include <heddle/rpc/timeout.hpp>

namespace heddle {

namespace timeout_detail {

struct unit {
  char letter;
  std::int64_t nanoseconds;
};
inline constexpr unit units[] = {
    {'n', 1}, {'u', 1'000}, {'m', 1'000'000}, {'S', 1'000'000'000}, {'M', 60'000'000'000}, {'H', 3'600'000'000'000},
};
inline constexpr std::int64_t max_value = 99'999'999;

}  // namespace timeout_detail

HEDDLE_DECL std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (char const c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  for (timeout_detail::unit const& unit : timeout_detail::units) {
    if (unit.letter != text.back()) continue;
    if (value > max_timeout.count() / unit.nanoseconds) return max_timeout;
    return std::chrono::nanoseconds(value * unit.nanoseconds);
  }
  return std::nullopt;
}

HEDDLE_DECL std::string_view format_timeout(std::chrono::nanoseconds timeout, timeout_buffer& buffer) noexcept {
  std::int64_t const wanted = timeout.count() > 0 ? timeout.count() : 0;
  std::int64_t value = 0;
  char letter = 'n';
  for (timeout_detail::unit const& unit : timeout_detail::units) {  // hours always fit: 2^63 ns are 2.6 million
    value = wanted / unit.nanoseconds + (wanted % unit.nanoseconds != 0 ? 1 : 0);
    letter = unit.letter;
    if (value <= timeout_detail::max_value) break;
  }
  char* const end = std::to_chars(buffer.data(), buffer.data() + 8, value).ptr;
  *end = letter;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data()) + 1};
}

}  // namespace heddle
