// A list whose links are members of what it lists: streams join and leave in no time, and nothing is allocated.
#pragma once

#include <cstddef>

namespace heddle::http2 {

/// One membership.
template <class T>
struct list_links {
  T* next = nullptr;
  T* previous = nullptr;
  bool member = false;
};

/// First in, first out. A T must leave before it is destroyed.
template <class T, list_links<T> T::*Links>
class intrusive_list {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  static bool contains(T const& t) noexcept { return (t.*Links).member; }
  /// Joins at the end, once.
  void push_back(T& t) noexcept {
    if (contains(t)) return;
    (t.*Links) = {nullptr, last_, true};
    (last_ != nullptr ? (last_->*Links).next : first_) = &t;
    last_ = &t;
    ++size_;
  }
  /// Also who is not in it.
  void remove(T& t) noexcept {
    if (!contains(t)) return;
    list_links<T> const was = t.*Links;
    (was.previous != nullptr ? (was.previous->*Links).next : first_) = was.next;
    (was.next != nullptr ? (was.next->*Links).previous : last_) = was.previous;
    (t.*Links) = {};
    --size_;
  }
  /// Requires !empty().
  T& pop_front() noexcept {
    T& t = *first_;
    remove(t);
    return t;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace heddle::http2
