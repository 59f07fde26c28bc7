#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <heddle/hpack/encoder.hpp>
#include <heddle/hpack/huffman.hpp>
#include <heddle/hpack/integer.hpp>
#include <heddle/hpack/static_table.hpp>

namespace heddle::hpack {
namespace detail {

enum class indexing : std::uint8_t { at_once, on_repeat, without, never };

// What is sent with a field of that name; only user metadata (`other`) is looked at more closely.
inline constexpr auto indexing_of_token = [] {
  std::array<indexing, static_cast<std::size_t>(header_name::count_)> table{};  // at_once
  auto const set = [&table](header_name token, indexing what) { table[static_cast<std::size_t>(token)] = what; };
  for (header_name const token : {header_name::other, header_name::cookie, header_name::grpc_tags_bin})
    set(token, indexing::on_repeat);
  for (header_name const token :
       {header_name::unknown_pseudo, header_name::content_length, header_name::date, header_name::grpc_message,
        header_name::grpc_previous_rpc_attempts, header_name::grpc_retry_pushback_ms,
        header_name::grpc_status_details_bin, header_name::grpc_timeout, header_name::grpc_trace_bin})
    set(token, indexing::without);
  return table;
}();

inline indexing indexing_of(header_field const& field) noexcept {
  if (field.never_index) return indexing::never;
  if (field.token == header_name::other) {
    switch (field.name.size()) {
      case 11: return field.name == "traceparent" ? indexing::without : indexing::on_repeat;
      case 13: return field.name == "authorization" ? indexing::never : indexing::on_repeat;
      case 19: return field.name == "proxy-authorization" ? indexing::never : indexing::on_repeat;
      default: return indexing::on_repeat;
    }
  }
  if (field.token == header_name::cookie && field.value.size() < 20) return indexing::never;
  return indexing_of_token[static_cast<std::size_t>(field.token)];
}

inline std::uint8_t* encode_string(std::uint8_t* out, std::string_view text) noexcept {
  std::size_t const encoded = huffman_size(text);
  if (encoded < text.size())
    return huffman_encode(text, encode_integer(out, 0x80, 7, static_cast<std::uint32_t>(encoded)));
  out = encode_integer(out, 0x00, 7, static_cast<std::uint32_t>(text.size()));
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

inline void append_integer(byte_buffer& out, std::uint8_t pattern, unsigned prefix_bits, std::uint32_t value) {
  std::uint8_t* const begin = out.prepare(max_integer_size);
  out.commit(static_cast<std::size_t>(encode_integer(begin, pattern, prefix_bits, value) - begin));
}

inline void append_index(byte_buffer& out, std::uint32_t index) {
  if (index < 0x7f) return out.push_back(static_cast<std::uint8_t>(0x80 | index));
  append_integer(out, 0x80, 7, index);
}

}  // namespace detail

HEDDLE_DECL encoder::encoder(std::uint32_t max_table_size) noexcept
    : table_(std::min(max_table_size, 4096u)),
      cap_(max_table_size),
      wanted_(table_.limit()),
      smallest_(wanted_),
      update_pending_(wanted_ != signalled_) {}

HEDDLE_DECL void encoder::peer_max_table_size(std::uint32_t bytes) noexcept {
  wanted_ = std::min(bytes, cap_);
  smallest_ = std::min(smallest_, wanted_);
  update_pending_ = true;
}

HEDDLE_DECL void encoder::begin_block(byte_buffer& out) {
  if (!update_pending_) return;
  update_pending_ = false;
  for (std::uint32_t const limit : {smallest_, wanted_}) {
    table_.limit(limit);
    ++version_;
    if (limit == signalled_) continue;
    detail::append_integer(out, 0x20, 5, limit);
    signalled_ = limit;
  }
  smallest_ = wanted_;
}

HEDDLE_DECL void encoder::encode(header_list const& fields, byte_buffer& out) {
  begin_block(out);
  for (known_block const& known : known_)
    if (known.version == version_ && known.fields == fields) return out.append({known.bytes.data(), fields.size()});
  std::uint64_t const before = version_;
  std::size_t const at = out.size();
  for (header_field const& field : fields) encode(field, out);
  // A literal has at least two bytes, and may become an entry when it comes again.
  known_block& known = known_[oldest_known_];
  std::size_t const size = out.size() - at;
  if (version_ != before || size != fields.size() || size > known.bytes.size()) return;
  known.fields = fields;
  known.version = version_;
  std::copy_n(out.data() + at, size, known.bytes.begin());
  oldest_known_ = 1 - oldest_known_;
}

HEDDLE_DECL void encoder::encode(header_field const& given, byte_buffer& out) {
  bool const known = given.token != header_name::other && given.token != header_name::unknown_pseudo;
  candidate field;
  field.token = given.token;
  field.name = known ? to_string(given.token) : given.name;
  field.value = given.value;
  field.static_name = find_static_name(given.token, field.name);
  detail::indexing const indexing = detail::indexing_of(given);
  // §7.1.3: a never-indexed field is a literal even where the static table has it.
  if (field.static_name != 0 && indexing != detail::indexing::never) {
    std::uint32_t const index = find_static_field(field.static_name, field.value);
    if (index != 0) return detail::append_index(out, index);
  }
  if (known && indexing == detail::indexing::at_once) {
    std::uint32_t const position = table_.position(latest_[static_cast<std::size_t>(given.token)]);
    if (position < table_.count() && table_.holds(position, given.token, given.value))
      return detail::append_index(out, static_table_size + 1 + position);
  }
  field.name_hash = known ? static_cast<std::uint64_t>(given.token) : detail::hash_text(field.name, 0);
  switch (indexing) {
    case detail::indexing::at_once: return encode_indexable(field, true, out);
    case detail::indexing::on_repeat: return encode_indexable(field, false, out);
    case detail::indexing::without: return encode_literal(field, 0x00, 4, out);
    case detail::indexing::never: return encode_literal(field, 0x10, 4, out);
  }
}

HEDDLE_DECL void encoder::encode_indexable(candidate const& field, bool at_once, byte_buffer& out) {
  std::uint64_t const hash = detail::hash_text(field.value, field.name_hash);
  auto const field_hash = static_cast<std::uint32_t>(hash);
  std::uint32_t& latest = latest_[static_cast<std::size_t>(field.token)];
  std::uint32_t const position = index_.find_field(table_, field_hash, field.name, field.value);
  if (position != detail::field_index::none) {
    latest = table_.number(position);
    return detail::append_index(out, static_table_size + 1 + position);
  }
  bool const fits = dynamic_table::entry_size(field.name, field.value) <= table_.limit() / 2;
  if (!fits || !(at_once || seen_before(field_hash))) return encode_literal(field, 0x00, 4, out);
  encode_literal(field, 0x40, 6, out);
  table_.insert(field.token, field.name, field.value);
  ++version_;
  latest = table_.number(0);
  index_.insert(table_, field_hash, static_cast<std::uint32_t>(field.name_hash), cap_ / dynamic_table::entry_overhead);
}

HEDDLE_DECL void encoder::encode_literal(candidate const& field, std::uint8_t pattern, unsigned prefix_bits,
                                         byte_buffer& out) const {
  std::uint32_t name_index = field.static_name;
  if (name_index == 0) {
    auto const name_hash = static_cast<std::uint32_t>(field.name_hash);
    std::uint32_t const position = index_.find_name(table_, name_hash, field.name);
    if (position != detail::field_index::none) name_index = static_table_size + 1 + position;
  }
  std::uint8_t* const begin = out.prepare(3 * max_integer_size + field.name.size() + field.value.size());
  std::uint8_t* end = encode_integer(begin, pattern, prefix_bits, name_index);
  if (name_index == 0) end = detail::encode_string(end, field.name);
  end = detail::encode_string(end, field.value);
  out.commit(static_cast<std::size_t>(end - begin));
}

HEDDLE_DECL bool encoder::seen_before(std::uint32_t hash) noexcept {
  std::uint32_t& place = seen_[hash % seen_.size()];
  if (place == hash) return true;
  place = hash;
  return false;
}

}  // namespace heddle::hpack
