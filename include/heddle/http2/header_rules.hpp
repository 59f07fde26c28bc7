// RFC 9113 §8.2 and §8.3: what makes a header block malformed.
#pragma once

#include <cstdint>
#include <string_view>

#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>

namespace heddle::http2 {

enum class block_kind : std::uint8_t { request, response, trailers };

namespace detail {

/// RFC 9110 §5.6.2 token characters without upper-case letters.
HEDDLE_DECL bool valid_name(std::string_view name) noexcept;
/// RFC 9113 §8.2.1: no NUL, CR or LF. Blanks at the ends, which it forbids as well, pass: grpc++ and Python send status
/// messages and metadata with them as they are, and PROTOCOL-HTTP2.md lets the receiver keep them.
HEDDLE_DECL bool valid_value(std::string_view value) noexcept;

}  // namespace detail

/// Watches one header block field by field. `why()` names the rule that was broken first, empty while none was.
class header_rules {
 public:
  void begin(block_kind kind) noexcept {
    *this = header_rules();
    kind_ = kind;
  }
  /// `checked`: name and value were found valid before (an entry of the dynamic table that came by again).
  HEDDLE_DECL void field(header_field const& field, bool checked) noexcept;
  HEDDLE_DECL void end() noexcept;

  bool malformed() const noexcept { return !why_.empty(); }
  std::string_view why() const noexcept { return why_; }
  /// Of a response, 0 without one.
  int status() const noexcept { return status_; }
  /// -1 without one.
  std::int64_t content_length() const noexcept { return content_length_; }

 private:
  void fail(std::string_view why) noexcept {
    if (why_.empty()) why_ = why;
  }
  HEDDLE_DECL void pseudo(header_field const& field) noexcept;
  HEDDLE_DECL void regular(header_field const& field) noexcept;

  block_kind kind_ = block_kind::request;
  bool regular_seen_ = false, connect_ = false;
  std::uint8_t seen_ = 0;  // a bit for each pseudo-header
  bool host_seen_ = false;
  int status_ = 0;
  std::int64_t content_length_ = -1;
  std::string_view why_;
};

}  // namespace heddle::http2

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/http2/header_rules.ipp>
#endif
