// The protobuf wire format, by hand: for the few messages that gRPC itself needs, so that no generated code is shipped
// which could clash with the application's copy of it. (protobuf.dev/programming-guides/encoding)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <heddle/base/config.hpp>

namespace heddle::wire {

enum class wire_type : std::uint8_t { varint, fixed64, bytes, group_begin, group_end, fixed32 };

/// What stands before each value: `case tag(1, wire_type::bytes):`.
constexpr std::uint32_t tag(std::uint32_t field, wire_type type) noexcept {
  return field << 3 | static_cast<std::uint32_t>(type);
}

/// Appends fields to a string, which must outlive it. Everything asked for is written: leaving out default values, as
/// proto3 does, is up to the caller. Signed integers are cast to uint64 (int32, int64, enum).
class writer {
 public:
  explicit writer(std::string& out) noexcept : out_(out) {}

  void varint(std::uint32_t field, std::uint64_t value);
  void fixed32(std::uint32_t field, std::uint32_t value);
  void fixed64(std::uint32_t field, std::uint64_t value);
  /// A double field.
  void number(std::uint32_t field, double value);
  /// A string or bytes field.
  void bytes(std::uint32_t field, std::string_view value);
  /// A message field: `write(*this)` writes what is in it.
  template <class Write>
  void nested(std::uint32_t field, Write&& write) {
    append_varint(tag(field, wire_type::bytes));
    std::size_t const begin = out_.size();
    write(*this);
    insert_size(begin);
  }

 private:
  void append_varint(std::uint64_t value);
  void insert_size(std::size_t begin);

  std::string& out_;
};

/// Takes a varint of at most 10 bytes off the front of `in`; for packed fields. False, and `in` as before, when there
/// is none.
[[nodiscard]] bool take_varint(std::string_view& in, std::uint64_t& value) noexcept;

/// Pulls fields out of a serialised message, which must outlive it and all views taken from it:
///
///     wire::reader fields(text);
///     while (fields.next())
///       if (fields.tag() == wire::tag(1, wire::wire_type::bytes)) name = fields.bytes();
///
/// A value that is not taken is skipped, which makes a field with an unexpected type an unknown one, as in protobuf.
/// Never throws and never allocates. Malformed input ends the loop: ask failed() afterwards.
class reader {
 public:
  explicit reader(std::string_view in) noexcept : in_(in) {}

  /// Goes to the next field. False at the end and on malformed input.
  bool next() noexcept;
  bool failed() const noexcept { return failed_; }

  std::uint32_t tag() const noexcept { return tag_; }
  std::uint32_t field() const noexcept { return tag_ >> 3; }
  wire_type type() const noexcept { return static_cast<wire_type>(tag_ & 7); }

  /// The value of the field, if it has that type; zero or nothing otherwise.
  std::uint64_t varint() const noexcept { return type() == wire_type::varint ? scalar_ : 0; }
  std::uint32_t fixed32() const noexcept {
    return type() == wire_type::fixed32 ? static_cast<std::uint32_t>(scalar_) : 0;
  }
  std::uint64_t fixed64() const noexcept { return type() == wire_type::fixed64 ? scalar_ : 0; }
  double number() const noexcept;
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  bool read_tag(std::uint32_t& tag) noexcept;
  bool read_value(std::uint32_t tag) noexcept;
  bool read_fixed(std::size_t size) noexcept;
  bool skip_group(std::uint32_t field) noexcept;

  std::string_view in_;
  std::string_view bytes_;
  std::uint64_t scalar_ = 0;
  std::uint32_t tag_ = 0;
  bool failed_ = false;
};

}  // namespace heddle::wire

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/wire.ipp>
#endif
