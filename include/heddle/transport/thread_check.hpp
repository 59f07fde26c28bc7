// Whether the promise of single_threaded(true) is kept. Looked at in debug builds only; NDEBUG changes no layout.
#pragma once

#include <atomic>
#include <cassert>

namespace heddle::detail {

/// One for each promise, that is a server or a channel with all its connections.
class thread_check {
 public:
  /// A turn of the executor. Two at once on different threads end the program by an assertion.
  class turn {
   public:
    explicit turn([[maybe_unused]] thread_check* check) noexcept {
#ifndef NDEBUG
      if (check == nullptr) return;
      static thread_local char this_thread;
      void const* const before = check->busy_.exchange(&this_thread, std::memory_order_relaxed);
      if (before == nullptr) check_ = check;
      bool const one_thread_runs_what_promised_single_threaded = before == nullptr || before == &this_thread;
      assert(one_thread_runs_what_promised_single_threaded);
#endif
    }
    turn(turn const&) = delete;
    ~turn() {
      if (check_ != nullptr) check_->busy_.store(nullptr, std::memory_order_relaxed);
    }

   private:
    thread_check* check_ = nullptr;
  };

 private:
  std::atomic<void const*> busy_{nullptr};  // the thread whose turn it is
};

}  // namespace heddle::detail
