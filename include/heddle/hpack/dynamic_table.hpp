// The dynamic table (RFC 7541 §2.3.2, §4): the encoder's and the decoder's alike.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/header_list.hpp>

namespace heddle::hpack {

/// A FIFO of fields in two recycled pieces of memory, which grow with use and only then: one holds the texts back to
/// back, one a few words an entry. Entries are numbered 0, 1, 2, … (modulo 2^32) as they come in; their *position* is
/// 0 for the newest. A field that the table returns is valid until the next insert().
class dynamic_table {
 public:
  /// §4.1: what an entry counts beside its text.
  static constexpr std::uint32_t entry_overhead = 32;

  explicit dynamic_table(std::uint32_t limit) noexcept : limit_(limit) {}

  std::uint32_t limit() const noexcept { return limit_; }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t count() const noexcept { return count_; }
  /// The number that the next entry gets.
  std::uint32_t next_number() const noexcept { return next_; }
  std::uint32_t oldest_number() const noexcept { return next_ - count_; }
  /// Not below count() when that entry is gone.
  std::uint32_t position(std::uint32_t number) const noexcept { return next_ - 1 - number; }
  std::uint32_t number(std::uint32_t position) const noexcept { return next_ - 1 - position; }

  static constexpr std::size_t entry_size(std::string_view name, std::string_view value) noexcept {
    return name.size() + value.size() + entry_overhead;
  }

  /// `position` must be below count().
  header_field operator[](std::uint32_t position) const noexcept {
    slot const& entry = slots_[number(position) & (slots_.size() - 1)];
    auto const* text = reinterpret_cast<char const*>(text_.data()) + (entry.offset - front_);
    header_field field;
    field.token = entry.token;
    field.name = {text, entry.name_size};
    field.value = {text + entry.name_size, entry.value_size};
    return field;
  }

  /// Is that entry this field? For a token that has a text, which stands for the name.
  bool holds(std::uint32_t position, header_name token, std::string_view value) const noexcept {
    header_field const entry = (*this)[position];
    return entry.token == token && entry.value == value;
  }

  /// Evicts until the table fits (§4.3).
  void limit(std::uint32_t bytes) noexcept {
    limit_ = bytes;
    while (size_ > limit_) evict();
  }

  /// Evicts until the new entry fits (§4.4). False when it never can: the table is empty then. The texts must not be
  /// in this table.
  bool insert(header_name token, std::string_view name, std::string_view value) {
    std::size_t const needed = entry_size(name, value);
    while (count_ != 0 && needed > limit_ - size_) evict();
    if (needed > limit_) return false;
    if (count_ == slots_.size()) grow();
    text_.append(name);
    text_.append(value);
    slots_[next_ & (slots_.size() - 1)] = {back_, static_cast<std::uint32_t>(name.size()),
                                           static_cast<std::uint32_t>(value.size()), token};
    back_ += static_cast<std::uint32_t>(name.size() + value.size());
    size_ += static_cast<std::uint32_t>(needed);
    ++count_;
    ++next_;
    return true;
  }

 private:
  struct slot {
    std::uint32_t offset = 0;  // among all the bytes ever inserted, modulo 2^32
    std::uint32_t name_size = 0, value_size = 0;
    header_name token = header_name::other;
  };

  void evict() noexcept {
    slot const& oldest = slots_[oldest_number() & (slots_.size() - 1)];
    std::uint32_t const bytes = oldest.name_size + oldest.value_size;
    text_.consume(bytes);
    front_ += bytes;
    size_ -= bytes + entry_overhead;
    --count_;
  }

  void grow() {
    std::vector<slot> bigger(std::max<std::size_t>(16, slots_.size() * 2));
    for (std::uint32_t number = oldest_number(); number != next_; ++number)
      bigger[number & (bigger.size() - 1)] = slots_[number & (slots_.size() - 1)];
    slots_.swap(bigger);
  }

  byte_buffer text_;
  std::vector<slot> slots_;  // a power of two of them; an entry's is its number modulo that
  std::uint32_t front_ = 0, back_ = 0;
  std::uint32_t limit_, size_ = 0, count_ = 0, next_ = 0;
};

}  // namespace heddle::hpack
