// Handlers that operations with completion tokens are tried with.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <heddle/base/status.hpp>

namespace heddle::test {

/// Takes what any operation completes with.
struct completion {
  int calls = 0;
  status why = status(status_code::unknown, "never called");

  template <class... Results>
  void operator()(status s, Results...) {
    ++calls;
    why = std::move(s);
  }
};

/// A handler that can only be moved, and fills in a completion.
template <class F>
class move_only {
 public:
  move_only(completion& o, F f) : outcome_(&o), f_(std::make_unique<F>(std::move(f))) {}
  template <class... Results>
  void operator()(status s, Results... results) {
    (*f_)();
    (*outcome_)(std::move(s), std::move(results)...);
  }

 private:
  completion* outcome_;
  std::unique_ptr<F> f_;
};

/// Counts what it has given out.
struct arena {
  int allocations = 0, living = 0;
};
template <class T>
struct arena_allocator {
  using value_type = T;
  explicit arena_allocator(arena& a) : counted(&a) {}
  template <class U>
  arena_allocator(arena_allocator<U> const& other) : counted(other.counted) {}
  T* allocate(std::size_t n) {
    ++counted->allocations;
    ++counted->living;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) {
    --counted->living;
    std::allocator<T>().deallocate(p, n);
  }
  template <class U>
  bool operator==(arena_allocator<U> const& other) const {
    return counted == other.counted;
  }
  arena* counted;
};

}  // namespace heddle::test
