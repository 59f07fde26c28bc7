// An ordered list of header fields in one flat piece of memory, reused from block to block.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/header_name.hpp>

namespace heddle {

/// One header field. The views live as long as the list they come from is not changed.
struct header_field {
  header_name token = header_name::other;
  bool never_index = false;  // RFC 7541 §7.1.3: secrets stay out of compression contexts
  std::string_view name;
  std::string_view value;
  /// Where the receiver may leave 32 bits that come back with the next use of the same compression entry (0 at
  /// first); null when the field did not come from such an entry. Valid only while the block is being reported.
  std::uint32_t* cookie = nullptr;
};

namespace detail {

/// Names a content: copies have the same, and what is moved from has none.
class content_stamp {
 public:
  content_stamp() noexcept = default;
  content_stamp(content_stamp const&) noexcept = default;
  content_stamp& operator=(content_stamp const&) noexcept = default;
  content_stamp(content_stamp&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  content_stamp& operator=(content_stamp&& other) noexcept {
    number_ = std::exchange(other.number_, 0);
    return *this;
  }
  void renew() noexcept {
    // Libraries that hide their symbols have a counter each: far apart, as the addresses are.
    static std::atomic<std::uint64_t> last{std::uint64_t{reinterpret_cast<std::uintptr_t>(&last)} << 16};
    number_ = last.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void remove() noexcept { number_ = 0; }
  /// False says nothing: what has no stamp may be equal, too.
  bool same(content_stamp const& other) const noexcept { return number_ != 0 && number_ == other.number_; }

 private:
  std::uint64_t number_ = 0;
};

}  // namespace detail

/// Fields in wire order. Adding copies; clear() keeps the memory, so that a recycled list does not allocate.
class header_list {
 public:
  void add(header_name token, std::string_view value) { add_entry(token, to_string(token), value, false, nullptr); }
  /// `name` must be lower case.
  void add(std::string_view name, std::string_view value, bool never_index = false) {
    add_entry(find_header_name(name), name, value, never_index, nullptr);
  }
  void add(header_field const& field) {
    add_entry(field.token, field.name, field.value, field.never_index, field.cookie);
  }

  /// For a list that will be sent again and again as it is now: whoever compares it to a copy sees at a glance that
  /// they are equal.
  void stamp() noexcept { stamp_.renew(); }

  /// Equal at a glance. False says nothing.
  bool same_stamp(header_list const& other) const noexcept { return stamp_.same(other.stamp_); }
  friend bool operator==(header_list const& a, header_list const& b) noexcept {
    return a.same_stamp(b) || (a.text_ == b.text_ && a.entries_ == b.entries_);
  }

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  /// As RFC 9113 §6.5.2 has it: name + value + 32 a field, before any compression.
  std::size_t list_size() const noexcept {
    std::size_t sum = 0;
    for (entry const& e : entries_) sum += std::size_t{e.name_size} + e.value_size + 32;
    return sum;
  }
  void clear() noexcept {
    changed();
    entries_.clear();
    text_.clear();
  }
  /// Changes with the content of this very list: what was found out about it holds as long as this is the same.
  std::uint64_t revision() const noexcept { return revision_; }

  header_field operator[](std::size_t i) const noexcept {
    entry const& e = entries_[i];
    std::string_view const text(text_);
    bool const known = e.token != header_name::other && e.token != header_name::unknown_pseudo;
    return {e.token, e.never_index, known ? to_string(e.token) : text.substr(e.offset, e.name_size),
            text.substr(e.offset + (known ? 0 : e.name_size), e.value_size), e.cookie};
  }

  class iterator {
   public:
    using value_type = header_field;
    using difference_type = std::ptrdiff_t;
    iterator(header_list const* list, std::size_t i) noexcept : list_(list), i_(i) {}
    header_field operator*() const noexcept { return (*list_)[i_]; }
    iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    bool operator==(iterator const& other) const noexcept { return i_ == other.i_; }

   private:
    header_list const* list_;
    std::size_t i_;
  };
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, entries_.size()}; }

  /// The first field of that name; an empty value when there is none (ask contains() where that matters).
  std::string_view get(header_name token) const noexcept {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].token == token) return (*this)[i].value;
    return {};
  }
  bool contains(header_name token) const noexcept {
    for (entry const& e : entries_)
      if (e.token == token) return true;
    return false;
  }

 private:
  struct entry {
    header_name token;
    bool never_index;
    std::uint32_t offset, name_size, value_size;
    std::uint32_t* cookie;

    friend bool operator==(entry const& a, entry const& b) noexcept {
      return a.token == b.token && a.never_index == b.never_index && a.offset == b.offset &&
             a.name_size == b.name_size && a.value_size == b.value_size;
    }
  };

  void changed() noexcept {
    ++revision_;
    stamp_.remove();
  }
  void add_entry(header_name token, std::string_view name, std::string_view value, bool secret, std::uint32_t* cookie) {
    changed();
    auto const offset = static_cast<std::uint32_t>(text_.size());
    if (token == header_name::other || token == header_name::unknown_pseudo) text_.append(name);
    text_.append(value);
    entries_.push_back({token, secret, offset, static_cast<std::uint32_t>(name.size()),
                        static_cast<std::uint32_t>(value.size()), cookie});
  }

  std::vector<entry> entries_;
  std::string text_;
  std::uint64_t revision_ = 0;
  detail::content_stamp stamp_;
};

}  // namespace heddle
