// Memory for the one operation of its kind that is ever under way, so that a loop of reads never allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace heddle::detail {

class operation_memory {
 public:
  operation_memory() = default;
  operation_memory(operation_memory const&) = delete;
  operation_memory& operator=(operation_memory const&) = delete;

  void* allocate(std::size_t n) {
    if (used_ || n > sizeof storage_) return ::operator new(n);
    used_ = true;
    return storage_;
  }
  void deallocate(void* p) noexcept {
    if (p == storage_)
      used_ = false;
    else
      ::operator delete(p);
  }

 private:
  bool used_ = false;
  alignas(std::max_align_t) unsigned char storage_[256];
};

/// The memory is kept by the object that the handler keeps alive; Asio frees an operation before it calls its handler.
template <class T>
class operation_allocator {
 public:
  using value_type = T;
  explicit operation_allocator(operation_memory& memory) noexcept : memory_(&memory) {}
  template <class U>
  operation_allocator(operation_allocator<U> const& other) noexcept : memory_(other.memory_) {}

  T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) noexcept { memory_->deallocate(p); }
  template <class U>
  bool operator==(operation_allocator<U> const& other) const noexcept {
    return memory_ == other.memory_;
  }

 private:
  template <class U>
  friend class operation_allocator;
  operation_memory* memory_;
};

}  // namespace heddle::detail
