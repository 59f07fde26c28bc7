// The seventeen gRPC status codes and their names.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace heddle {

/// How a call ended. Numbers and meanings are those of grpc/grpc doc/statuscodes.md.
enum class status_code : int {
  ok,
  cancelled,
  unknown,
  invalid_argument,
  deadline_exceeded,
  not_found,
  already_exists,
  permission_denied,
  resource_exhausted,
  failed_precondition,
  aborted,
  out_of_range,
  unimplemented,
  internal,
  unavailable,
  data_loss,
  unauthenticated
};

inline constexpr std::array<std::string_view, 17> status_code_text = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

/// The name as gRPC writes it, `NOT_FOUND`. A value that is not one of the enumerators reads `UNKNOWN`.
constexpr std::string_view to_string(status_code code) noexcept {
  auto const index = static_cast<std::size_t>(static_cast<int>(code));  // a negative one becomes huge
  return status_code_text[index < status_code_text.size() ? index : static_cast<std::size_t>(status_code::unknown)];
}

/// A code by its name in any case (`not_found`, `NOT_FOUND`) or by its decimal number (`5`), as service configs spell
/// them (A6). Nothing when the text is neither.
constexpr std::optional<status_code> parse_status_code(std::string_view text) noexcept {
  auto const same = [](std::string_view name, std::string_view other) {
    if (name.size() != other.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      char const c = other[i];
      if (name[i] != (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c)) return false;
    }
    return true;
  };
  for (std::size_t i = 0; i < status_code_text.size(); ++i)
    if (same(status_code_text[i], text)) return static_cast<status_code>(i);

  if (text.empty() || text.size() > 2 || (text.size() == 2 && text[0] == '0')) return std::nullopt;
  std::size_t number = 0;
  for (char const c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  if (number >= status_code_text.size()) return std::nullopt;
  return static_cast<status_code>(number);
}

}  // namespace heddle
