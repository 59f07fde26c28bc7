// A shape is a function that runs some coroutines and answers whether all was well.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>
#include <vector>

namespace canary {

/// Counts the objects that live. Its value tells a copy from a destroyed object.
class counted {
 public:
  counted() noexcept { ++live; }
  counted(counted const&) noexcept { ++live; }
  counted& operator=(counted const&) noexcept = default;
  ~counted() {
    --live;
    intact_ = 0;
  }
  bool intact() const noexcept { return intact_ == 42; }
  static inline int live = 0;

 private:
  volatile int intact_ = 42;
};

/// The smallest lazy task.
class task {
 public:
  struct promise_type {
    task get_return_object() { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct resume_waiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
          return self.promise().waiter ? self.promise().waiter : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return resume_waiter();
    }
    void return_value(int v) noexcept { value = v; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    std::coroutine_handle<> waiter;
    std::exception_ptr error;
    int value = 0;
  };

  explicit task(std::coroutine_handle<promise_type> self) noexcept : self_(self) {}
  task(task&& other) noexcept : self_(std::exchange(other.self_, {})) {}
  task& operator=(task&&) = delete;
  ~task() {
    if (self_) self_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
    self_.promise().waiter = waiter;
    return self_;
  }
  int await_resume() {
    if (self_.promise().error) std::rethrow_exception(self_.promise().error);
    return self_.promise().value;
  }
  int run() {
    self_.resume();
    return await_resume();
  }

 private:
  std::coroutine_handle<promise_type> self_;
};

struct shape {
  bool relied_on;
  char const* name;
  bool (*works)();
};

std::vector<shape> task_shapes();
std::vector<shape> awaitable_shapes();

}  // namespace canary
