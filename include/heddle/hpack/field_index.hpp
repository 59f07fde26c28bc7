// Finds a field, or a name, among the entries of the encoder's table by hash.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <heddle/hpack/dynamic_table.hpp>

namespace heddle::hpack::detail {

/// Not for hash tables that grow with what a peer sends: it has no secret. Here a chain is never longer than the table.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15u;
  auto const load = [](char const* from, std::size_t n) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, n);
    return word;
  };
  auto const mix = [](std::uint64_t h) {
    h *= factor;
    return h ^ (h >> 32);
  };
  char const* p = text.data();
  std::size_t n = text.size();
  std::uint64_t h = mix(seed + n + 1);
  for (; n >= 8; p += 8, n -= 8) h = mix(h ^ load(p, 8));
  if (n >= 4) return mix(mix(h ^ load(p, 4)) ^ load(p + n - 4, 4));
  for (; n != 0; --n) h = mix(h ^ static_cast<unsigned char>(*p++));
  return h;
}

/// Entries that share a bucket are a chain of insertion numbers, newest first. An evicted entry needs no work: what
/// comes behind it in a chain was evicted before it, so a search ends at the first number that is gone.
class field_index {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The position of that field, or `none`.
  std::uint32_t find_field(dynamic_table const& table, std::uint32_t hash, std::string_view name,
                           std::string_view value) const noexcept {
    return find(table, fields_, &link::field_hash, &link::older_field, hash,
                [&](header_field const& entry) { return entry.value == value && entry.name == name; });
  }

  /// The position of the newest field of that name, or `none`.
  std::uint32_t find_name(dynamic_table const& table, std::uint32_t hash, std::string_view name) const noexcept {
    return find(table, names_, &link::name_hash, &link::older_name, hash,
                [&](header_field const& entry) { return entry.name == name; });
  }

  /// Adds the newest entry of the table, which never holds more than `max_entries`.
  void insert(dynamic_table const& table, std::uint32_t field_hash, std::uint32_t name_hash, std::size_t max_entries) {
    if (links_.empty()) {
      std::size_t const size = std::bit_ceil(max_entries);
      links_.resize(size);
      fields_.resize(size);
      names_.resize(size);
    }
    std::uint32_t const number = table.number(0);
    std::size_t const mask = links_.size() - 1;
    links_[number & mask] = {field_hash, name_hash, fields_[field_hash & mask], names_[name_hash & mask]};
    fields_[field_hash & mask] = names_[name_hash & mask] = number;
  }

 private:
  struct link {
    std::uint32_t field_hash = 0, name_hash = 0;
    std::uint32_t older_field = 0, older_name = 0;
  };

  template <typename Equal>
  std::uint32_t find(dynamic_table const& table, std::vector<std::uint32_t> const& buckets,
                     std::uint32_t link::*hash_of, std::uint32_t link::*older, std::uint32_t hash,
                     Equal equal) const noexcept {
    if (table.count() == 0) return none;
    std::size_t const mask = links_.size() - 1;
    std::uint32_t number = buckets[hash & mask];
    // Counted, so that a number of 2^32 insertions ago, which looks alive again, can at worst hide an entry.
    for (std::uint32_t steps = table.count(); steps != 0; --steps) {
      std::uint32_t const position = table.position(number);
      if (position >= table.count()) break;
      link const& entry = links_[number & mask];
      if (entry.*hash_of == hash && equal(table[position])) return position;
      number = entry.*older;
    }
    return none;
  }

  std::vector<link> links_;  // an entry's is at its number modulo their size, a power of two
  std::vector<std::uint32_t> fields_, names_;  // hash → the newest entry's number
};

}  // namespace heddle::hpack::detail
