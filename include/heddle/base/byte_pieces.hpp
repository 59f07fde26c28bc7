// Bytes that lie in several places, in order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <heddle/base/bytes.hpp>

namespace heddle {

/// A FIFO of views, none of them empty. Keeps the memory of its list.
class byte_pieces {
 public:
  bool empty() const noexcept { return size_ == 0; }
  /// Of all pieces together.
  std::size_t size() const noexcept { return size_; }
  /// The first piece; empty when there is none.
  bytes_view front() const noexcept { return front_; }

  void push_back(bytes_view piece) {
    if (piece.empty()) return;
    if (size_ == 0)
      front_ = piece;
    else
      rest_.push_back(piece);
    size_ += piece.size();
  }
  /// Drops the first `n` bytes, of which there are as many.
  void consume(std::size_t n) noexcept {
    size_ -= n;
    if (n < front_.size()) [[likely]] {
      front_ = front_.subspan(n);
      return;
    }
    while (n >= front_.size() && n != 0) {
      n -= front_.size();
      front_ = next_ < rest_.size() ? rest_[next_++] : bytes_view();
    }
    front_ = front_.subspan(n);
    if (next_ == rest_.size()) forget_rest();
  }
  void clear() noexcept {
    front_ = {};
    size_ = 0;
    forget_rest();
  }

  /// `f(piece)` for the first `n` bytes, piece by piece.
  template <class F>
  void each(std::size_t n, F f) const {
    bytes_view piece = front_;
    for (std::size_t i = next_; n != 0; piece = rest_[i++]) {
      bytes_view const part = piece.first(n < piece.size() ? n : piece.size());
      f(part);
      n -= part.size();
      if (n == 0) return;
    }
  }

 private:
  void forget_rest() noexcept {
    rest_.clear();
    next_ = 0;
  }

  bytes_view front_;
  std::vector<bytes_view> rest_;
  std::size_t next_ = 0, size_ = 0;
};

}  // namespace heddle
