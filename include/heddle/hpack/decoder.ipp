#pragma once

#include <algorithm>

#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/huffman.hpp>
#include <heddle/hpack/integer.hpp>
#include <heddle/hpack/static_table.hpp>

namespace heddle::hpack {

HEDDLE_DECL decoder::decoder(std::uint32_t max_table_size) noexcept
    : table_(std::min(max_table_size, 4096u)), max_table_size_(max_table_size), smallest_max_(max_table_size) {}

HEDDLE_DECL void decoder::max_table_size(std::uint32_t bytes) noexcept {
  max_table_size_ = bytes;
  smallest_max_ = update_due_ ? std::min(smallest_max_, bytes) : bytes;
  if (bytes < table_.limit()) update_due_ = true;
  ++version_;
}

HEDDLE_DECL decode_error decoder::decode(bytes_view piece, bool last, std::size_t max_string, field_sink& sink) {
  if (error_ == decode_error::none) error_ = decode_piece(piece, last, max_string, sink);
  return error_;
}

HEDDLE_DECL decode_error decoder::decode_piece(bytes_view piece, bool last, std::size_t max_string, field_sink& sink) {
  decode_error error = cut_.empty() ? decode_error::none : finish_cut_field(piece, max_string, sink);
  std::uint8_t const* at = piece.data();
  std::uint8_t const* const end = at + piece.size();
  while (error == decode_error::none && at != end) error = decode_field(at, end, max_string, sink);
  if (last) {
    end_block();
  } else if (error == decode_error::truncated) {
    cut_.append(bytes_view(at, end));
    error = decode_error::none;
  }
  return error;
}

// Takes from `piece` no more than the field needs, so that the rest is decoded where it is. A field that comes a byte
// at a time is looked at once a byte, but only its lengths are: strings are decoded when the field is whole.
HEDDLE_DECL decode_error decoder::finish_cut_field(bytes_view& piece, std::size_t max_string, field_sink& sink) {
  for (;;) {
    std::size_t const taken = std::min(missing_, piece.size());
    cut_.append(piece.first(taken));
    piece = piece.subspan(taken);
    missing_ -= taken;
    if (missing_ != 0) return decode_error::truncated;
    std::uint8_t const* at = cut_.data();
    decode_error const error = decode_field(at, at + cut_.size(), max_string, sink);
    if (error == decode_error::truncated) continue;
    cut_.clear();
    return error;
  }
}

HEDDLE_DECL decode_error decoder::decode_field(std::uint8_t const*& at, std::uint8_t const* end, std::size_t max_string,
                                               field_sink& sink) {
  if ((*at & 0xe0) == 0x20) return decode_size_update(at, end);
  if (!in_fields_) {
    decode_error const error = begin_fields();
    if (error != decode_error::none) return error;
  }
  if ((*at & 0x80) != 0) return decode_indexed(at, end, sink);
  return decode_literal(at, end, max_string, sink);
}

HEDDLE_DECL decode_error decoder::begin_fields() noexcept {
  if (update_due_) return decode_error::table_size_update_misplaced;
  in_fields_ = true;
  cookies_.begin_block(table_);
  return decode_error::none;
}

HEDDLE_DECL void decoder::end_block() noexcept {
  constexpr std::size_t keep = 4096;
  in_fields_ = false;
  updates_ = 0;
  cut_.clear();
  cut_.shrink(keep);
  scratch_.clear();
  scratch_.shrink(keep);
}

HEDDLE_DECL decode_error decoder::decode_size_update(std::uint8_t const*& at, std::uint8_t const* end) {
  if (in_fields_ || updates_ == 2) return decode_error::table_size_update_misplaced;
  std::uint32_t limit = 0;
  decode_error const error = read_integer(at, end, 5, limit);
  if (error != decode_error::none) return error;
  // §4.2: when the limit went down, the first update has to go down as far, even if it went up again since.
  if (limit > (update_due_ ? smallest_max_ : max_table_size_)) return decode_error::table_size_update_too_big;
  update_due_ = false;
  ++updates_;
  ++version_;
  table_.limit(limit);
  cookies_.fit(table_);
  return decode_error::none;
}

HEDDLE_DECL decode_error decoder::decode_indexed(std::uint8_t const*& at, std::uint8_t const* end, field_sink& sink) {
  std::uint32_t index = 0;
  decode_error const error = read_integer(at, end, 7, index);
  if (error != decode_error::none) return error;
  if (index <= static_table_size) {
    if (index == 0) return decode_error::bad_index;
    sink.on_field(static_table[index]);
    return decode_error::none;
  }
  std::uint32_t const position = index - static_table_size - 1;
  if (position >= table_.count()) return decode_error::bad_index;
  header_field field = table_[position];
  field.cookie = cookies_.at(table_.number(position));
  sink.on_field(field);
  return decode_error::none;
}

HEDDLE_DECL decode_error decoder::decode_literal(std::uint8_t const*& at, std::uint8_t const* end,
                                                 std::size_t max_string, field_sink& sink) {
  std::uint8_t const form = *at;
  bool const incremental = (form & 0x40) != 0;
  std::uint8_t const* p = at;
  std::uint32_t index = 0;
  coded_string name, value;
  decode_error error = read_integer(p, end, incremental ? 6 : 4, index);
  if (error != decode_error::none) return error;
  bool const from_table = index > static_table_size;
  if (from_table && index - static_table_size > table_.count()) return decode_error::bad_index;
  if (index == 0) error = read_string(p, end, max_string, name);
  if (error == decode_error::none) error = read_string(p, end, max_string, value);
  if (error != decode_error::none) return error;
  at = p;  // the field is whole

  header_field field;
  if (index != 0) field = from_table ? table_[index - static_table_size - 1] : static_table[index];
  // Inserting may evict the entry that the name is from (§4.4): then the name has to be in `scratch_`.
  bool const copy_name = incremental && from_table;
  std::size_t const name_room = copy_name ? field.name.size() : decoded_room(name);
  scratch_.clear();
  scratch_.prepare(name_room + decoded_room(value));  // once for both: the first must stay where it is
  if (index == 0) {
    error = expand(name, max_string, field.name);
    field.token = find_header_name(field.name);
  } else if (copy_name) {
    auto const* copy = reinterpret_cast<char const*>(scratch_.prepare(0));
    scratch_.append(field.name);
    field.name = {copy, field.name.size()};
  }
  if (error == decode_error::none) error = expand(value, max_string, field.value);
  if (error != decode_error::none) return error;
  field.never_index = (form & 0xf0) == 0x10;
  if (incremental) ++version_;
  if (incremental && table_.insert(field.token, field.name, field.value)) field.cookie = cookies_.add(table_);
  sink.on_field(field);
  return decode_error::none;
}

HEDDLE_DECL decode_error decoder::read_integer(std::uint8_t const*& at, std::uint8_t const* end, unsigned prefix_bits,
                                               std::uint32_t& value) noexcept {
  decode_error const error = decode_integer(at, end, prefix_bits, value);
  if (error == decode_error::truncated) missing_ = 1;
  return error;
}

HEDDLE_DECL decode_error decoder::read_string(std::uint8_t const*& at, std::uint8_t const* end, std::size_t max_string,
                                              coded_string& string) noexcept {
  string.huffman = at != end && (*at & 0x80) != 0;
  std::uint32_t size = 0;
  decode_error const error = read_integer(at, end, 7, size);
  if (error != decode_error::none) return error;
  if (size > max_string) return decode_error::string_too_long;
  auto const available = static_cast<std::size_t>(end - at);
  if (size > available) {
    missing_ = size - available;
    return decode_error::truncated;
  }
  string.bytes = {at, size};
  at += size;
  return decode_error::none;
}

HEDDLE_DECL std::size_t decoder::decoded_room(coded_string const& string) noexcept {
  return string.huffman ? huffman_decoded_max(string.bytes.size()) : 0;
}

// The text is in the block itself, or at the end of `scratch_`, which has room for it.
HEDDLE_DECL decode_error decoder::expand(coded_string const& string, std::size_t max_string,
                                         std::string_view& text) noexcept {
  if (!string.huffman) {
    text = as_text(string.bytes);
    return decode_error::none;
  }
  std::uint8_t* const out = scratch_.prepare(0);
  huffman_result const result = huffman_decode(string.bytes, out, max_string);
  scratch_.commit(result.size);
  text = as_text({out, result.size});
  return result.error;
}

}  // namespace heddle::hpack
