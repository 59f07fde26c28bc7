// User metadata: an ordered multimap of lower-case keys in one flat piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>

namespace heddle {

/// True for keys that the library or HTTP owns and that are never user metadata: `grpc-*`, pseudo-headers, and names
/// such as `content-type`, `te`, `host`, `user-agent` and `connection`.
bool is_reserved_metadata_key(std::string_view key) noexcept;

/// True for keys that gRPC allows: one or more of 0-9 a-z _ - . (PROTOCOL-HTTP2.md, "Header-Name").
bool is_valid_metadata_key(std::string_view key) noexcept;

/// True when every character is 0x20-0x7E (PROTOCOL-HTTP2.md, "ASCII-Value").
bool is_valid_metadata_text(std::string_view value) noexcept;

/// A key that ends in `-bin` has a value of any bytes, which travels as base64.
constexpr bool is_binary_metadata_key(std::string_view key) noexcept { return key.ends_with("-bin"); }

/// Entries in the order in which they were added; a key may occur more than once. Values of `-bin` keys are held as raw
/// bytes. Adding copies the text; clear() keeps the memory, so that a recycled object does not allocate.
/// Views and iterators are invalidated by every change. Distinct objects may be used from different threads.
class metadata {
 public:
  struct entry {
    std::string_view key;
    std::string_view value;
    friend bool operator==(entry const&, entry const&) = default;
  };
  using value_type = entry;

  /// Adds an entry that an application made. Throws std::invalid_argument, saying what is wrong and which rule it
  /// breaks, when the key is malformed or reserved, or when the value of a text key has anything but 0x20-0x7E in it.
  /// Blanks at the ends of a text value may be lost on the wire (PROTOCOL-HTTP2.md).
  void add(std::string_view key, std::string_view value);

  /// Adds an entry without any check: for what was received, was checked before, or is the library's own.
  /// `key` must be lower case.
  void append(std::string_view key, std::string_view value) {
    auto const offset = static_cast<std::uint32_t>(text_.size());
    text_.append(key).append(value);
    slots_.push_back({offset, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
  }

  /// Like append(), for a value that `write(std::string&)` appends in place. When it returns false, nothing is added.
  template <class Write>
  bool append_written(std::string_view key, Write&& write) {
    std::size_t const offset = text_.size();
    text_.append(key);
    if (!write(text_)) {
      text_.resize(offset);
      return false;
    }
    slots_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(text_.size() - offset - key.size())});
    return true;
  }

  /// The first value of that key.
  std::optional<std::string_view> get(std::string_view key) const noexcept {
    for (slot const& s : slots_)
      if (key_of(s) == key) return value_of(s);
    return std::nullopt;
  }
  std::vector<std::string_view> get_all(std::string_view key) const;
  bool contains(std::string_view key) const noexcept { return get(key).has_value(); }

  /// Removes all entries of that key, and says how many there were.
  std::size_t erase(std::string_view key);
  void clear() noexcept {
    slots_.clear();
    text_.clear();
  }

  std::size_t size() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return slots_.empty(); }
  entry operator[](std::size_t i) const noexcept { return {key_of(slots_[i]), value_of(slots_[i])}; }

  class iterator {
   public:
    using value_type = entry;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;  // entries are made on the fly, there is nothing to refer to
    using reference = entry;
    using pointer = void;

    iterator() noexcept = default;
    iterator(metadata const* owner, std::size_t i) noexcept : owner_(owner), i_(i) {}
    entry operator*() const noexcept { return (*owner_)[i_]; }
    iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator const before = *this;
      ++i_;
      return before;
    }
    bool operator==(iterator const&) const noexcept = default;

   private:
    metadata const* owner_ = nullptr;
    std::size_t i_ = 0;
  };
  using const_iterator = iterator;
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, slots_.size()}; }

  /// Same entries in the same order.
  friend bool operator==(metadata const& a, metadata const& b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  struct slot {
    std::uint32_t offset, key_size, value_size;
  };
  std::string_view key_of(slot const& s) const noexcept { return {text_.data() + s.offset, s.key_size}; }
  std::string_view value_of(slot const& s) const noexcept {
    return {text_.data() + s.offset + s.key_size, s.value_size};
  }

  std::vector<slot> slots_;
  std::string text_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/metadata.ipp>
#endif
