#pragma once

#include <array>
#include <bit>

#include <heddle/base/wire.hpp>

namespace heddle::wire {

namespace detail {

inline std::size_t put_varint(char* out, std::uint64_t value) noexcept {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  return size;
}

inline void append_little_endian(std::string& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace detail

HEDDLE_DECL void writer::append_varint(std::uint64_t value) {
  char buffer[10];
  out_.append(buffer, detail::put_varint(buffer, value));
}

// Puts the length in front of what was written since `begin`.
HEDDLE_DECL void writer::insert_size(std::size_t begin) {
  char buffer[10];
  std::size_t const size = detail::put_varint(buffer, out_.size() - begin);
  out_.insert(begin, buffer, size);
}

HEDDLE_DECL void writer::varint(std::uint32_t field, std::uint64_t value) {
  append_varint(tag(field, wire_type::varint));
  append_varint(value);
}

HEDDLE_DECL void writer::fixed32(std::uint32_t field, std::uint32_t value) {
  append_varint(tag(field, wire_type::fixed32));
  detail::append_little_endian(out_, value, 4);
}

HEDDLE_DECL void writer::fixed64(std::uint32_t field, std::uint64_t value) {
  append_varint(tag(field, wire_type::fixed64));
  detail::append_little_endian(out_, value, 8);
}

HEDDLE_DECL void writer::number(std::uint32_t field, double value) {
  fixed64(field, std::bit_cast<std::uint64_t>(value));
}

HEDDLE_DECL void writer::bytes(std::uint32_t field, std::string_view value) {
  append_varint(tag(field, wire_type::bytes));
  append_varint(value.size());
  out_.append(value);
}

HEDDLE_DECL bool take_varint(std::string_view& in, std::uint64_t& value) noexcept {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < in.size() && i < 10; ++i) {
    auto const byte = static_cast<std::uint8_t>(in[i]);
    result |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);  // bits above 64 are lost, as in protobuf
    if (byte < 0x80) {
      in.remove_prefix(i + 1);
      value = result;
      return true;
    }
  }
  return false;
}

HEDDLE_DECL bool reader::next() noexcept {
  bytes_ = {};
  scalar_ = 0;
  tag_ = 0;
  if (failed_ || in_.empty()) return false;
  std::uint32_t found = 0;
  if (!read_tag(found) || !read_value(found)) {
    failed_ = true;
    bytes_ = {};
    scalar_ = 0;
    return false;
  }
  tag_ = found;
  return true;
}

HEDDLE_DECL double reader::number() const noexcept { return std::bit_cast<double>(fixed64()); }

HEDDLE_DECL bool reader::read_tag(std::uint32_t& found) noexcept {
  std::uint64_t value = 0;
  if (!take_varint(in_, value) || value > 0xFFFF'FFFF || value < 8) return false;  // field numbers: 1 to 2^29 - 1
  found = static_cast<std::uint32_t>(value);
  return true;
}

HEDDLE_DECL bool reader::read_fixed(std::size_t size) noexcept {
  if (in_.size() < size) return false;
  scalar_ = 0;
  for (std::size_t i = 0; i < size; ++i)
    scalar_ |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(in_[i])) << (8 * i);
  in_.remove_prefix(size);
  return true;
}

HEDDLE_DECL bool reader::read_value(std::uint32_t found) noexcept {
  switch (static_cast<wire_type>(found & 7)) {
    case wire_type::varint: return take_varint(in_, scalar_);
    case wire_type::fixed64: return read_fixed(8);
    case wire_type::fixed32: return read_fixed(4);
    case wire_type::bytes: {
      std::uint64_t size = 0;
      if (!take_varint(in_, size) || size > in_.size()) return false;
      bytes_ = in_.substr(0, static_cast<std::size_t>(size));
      in_.remove_prefix(static_cast<std::size_t>(size));
      return true;
    }
    case wire_type::group_begin: return skip_group(found >> 3);
    case wire_type::group_end:  // of a group that never began
      return false;
  }
  return false;  // types 6 and 7 do not exist
}

// Groups are obsolete and none of our messages has one. They nest, so a peer could choose the depth of a recursion:
// hence a loop, with protobuf's own limit.
HEDDLE_DECL bool reader::skip_group(std::uint32_t field) noexcept {
  std::array<std::uint32_t, 100> open{};
  std::size_t depth = 0;
  open[depth++] = field;
  while (depth != 0) {
    std::uint32_t found = 0;
    if (!read_tag(found)) return false;
    switch (static_cast<wire_type>(found & 7)) {
      case wire_type::group_begin:
        if (depth == open.size()) return false;
        open[depth++] = found >> 3;
        break;
      case wire_type::group_end:
        if (open[--depth] != found >> 3) return false;
        break;
      default:
        if (!read_value(found)) return false;
    }
  }
  bytes_ = {};
  scalar_ = 0;
  return true;
}

}  // namespace heddle::wire
