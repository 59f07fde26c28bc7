// Views of bytes, and a growable buffer that is consumed from the front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <heddle/base/spare_memory.hpp>

namespace heddle {

using bytes_view = std::span<std::uint8_t const>;

inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// A contiguous FIFO of bytes: written at the back, consumed at the front. Keeps its memory across clear(), never
/// initialises what it hands out, and moves its content only when the back has no room.
/// Pointers and views into it are invalidated by prepare(), append() and shrink().
class byte_buffer {
 public:
  byte_buffer() noexcept = default;
  byte_buffer(byte_buffer&& other) noexcept { swap(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    byte_buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~byte_buffer() { free(); }

  std::uint8_t* data() noexcept { return memory_ + begin_; }
  std::uint8_t const* data() const noexcept { return memory_ + begin_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return begin_ == end_; }
  bytes_view view() const noexcept { return {data(), size()}; }

  /// Room for `n` more bytes at the back; commit() makes them part of the content.
  std::uint8_t* prepare(std::size_t n) {
    if (capacity_ - end_ < n) make_room(n);
    return memory_ + end_;
  }
  std::size_t room() const noexcept { return capacity_ - end_; }
  void commit(std::size_t n) noexcept { end_ += n; }

  void append(bytes_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void append(std::string_view text) { append(as_bytes(text)); }
  void push_back(std::uint8_t byte) {
    *prepare(1) = byte;
    commit(1);
  }

  void consume(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Drops bytes at the back that were committed last.
  void remove_suffix(std::size_t n) noexcept { end_ -= n; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Gives memory above `keep` back. Only does so while empty.
  void shrink(std::size_t keep) noexcept {
    if (!empty() || capacity_ <= keep) return;
    free();
    memory_ = nullptr;
    begin_ = end_ = capacity_ = 0;
  }
  void swap(byte_buffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  // Out of line, so that prepare() is small.
  [[gnu::noinline]] void make_room(std::size_t n) {
    std::size_t const used = size();
    if (capacity_ - used >= n && begin_ >= used) {  // each byte is moved at most once for each byte consumed
      if (used != 0) std::memcpy(memory_, data(), used);
    } else {
      auto const bigger = detail::spare_memory::take(std::max({used + n, capacity_ * 2, std::size_t{256}}));
      if (used != 0) std::memcpy(bigger.data, data(), used);
      free();
      memory_ = bigger.data;
      capacity_ = bigger.size;
    }
    begin_ = 0;
    end_ = used;
  }
  void free() noexcept {
    if (memory_ != nullptr) detail::spare_memory::give_back({memory_, capacity_});
  }

  std::uint8_t* memory_ = nullptr;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace heddle
