// The `grpc-timeout` header: one to eight digits and a unit (PROTOCOL-HTTP2.md, "Timeout").
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle {

/// The longest timeout that parse_timeout() gives back: far enough to be "never", and still safe to add to the time of
/// any clock, which 99999999 hours are not.
inline constexpr std::chrono::nanoseconds max_timeout = std::chrono::hours(24 * 365 * 100);

/// Nothing when the text is malformed (no digit, more than eight, a sign, a blank, an unknown unit): such a call must
/// fail, it does not mean "no deadline". Zero is legal and means that the deadline has passed.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept;

using timeout_buffer = std::array<char, 9>;

/// The timeout in the finest unit that needs no ninth digit, rounded up so that the peer never gives up first. What is
/// not positive becomes `0n`. The text is in `buffer`.
std::string_view format_timeout(std::chrono::nanoseconds timeout, timeout_buffer& buffer) noexcept;

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/timeout.ipp>
#endif
