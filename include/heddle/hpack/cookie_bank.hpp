// The 32 bits that a receiver may keep with each entry of the decoder's table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/hpack/dynamic_table.hpp>

namespace heddle::hpack::detail {

/// An entry can be evicted by a later field of the block that reported it, while the receiver still holds the address
/// of its cookie. A late write must then not reach another entry: it would lend it the meaning of the first. So cookies
/// live apart from the entries, in twice as many places as there can be entries, and a place is used once a block:
/// entries for which that leaves none (the peer put in more than a whole table's worth at once) have no cookie.
class cookie_bank {
 public:
  /// The addresses that earlier blocks were given are not used any more.
  void begin_block(dynamic_table const& table) noexcept { floor_ = table.oldest_number(); }

  /// The table may hold more entries from now on. Only between blocks.
  void fit(dynamic_table const& table) {
    if (cookies_.empty() || cookies_.size() >= places(table)) return;
    std::vector<std::uint32_t> bigger(places(table));
    for (std::uint32_t number = table.oldest_number(); number != table.next_number(); ++number)
      bigger[number & (bigger.size() - 1)] = cookies_[number & (cookies_.size() - 1)];
    cookies_.swap(bigger);
  }

  /// For the entry that was just inserted: zero. Null when it has none.
  std::uint32_t* add(dynamic_table const& table) {
    if (cookies_.empty()) cookies_.resize(places(table));
    std::uint32_t const number = table.number(0);
    if (number - floor_ >= cookies_.size()) {
      if (without_count_ == 0 || number != without_ + without_count_) {
        without_ = number;
        without_count_ = 0;
      }
      ++without_count_;
      return nullptr;
    }
    std::uint32_t& cookie = cookies_[number & (cookies_.size() - 1)];
    cookie = 0;
    return &cookie;
  }

  std::uint32_t* at(std::uint32_t number) noexcept {
    if (number - without_ < without_count_) return nullptr;
    return &cookies_[number & (cookies_.size() - 1)];
  }

 private:
  static std::size_t places(dynamic_table const& table) noexcept {
    return 2 * std::bit_ceil(std::size_t{table.limit()} / dynamic_table::entry_overhead);  // bit_ceil(0) is 1
  }

  std::vector<std::uint32_t> cookies_;  // an entry's is at its number modulo their size, a power of two
  std::uint32_t floor_ = 0;  // the oldest entry that this block can have reported
  // The last run of entries without a cookie. Those of an earlier run are long evicted when a new one begins.
  std::uint32_t without_ = 0, without_count_ = 0;
};

}  // namespace heddle::hpack::detail
