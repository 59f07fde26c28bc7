// Which operation a cancellation is meant for.
#pragma once

#include <atomic>
#include <cstdint>

namespace heddle::detail {

/// Numbers the operations of one kind, which follow one another. Their beginnings and their cancellations go to the
/// channel's executor from elsewhere, and overtake each other when one of them starts there: a cancellation may come
/// too early, and is kept until its operation begins, or too late, when the next one may be under way.
class operation_numbers {
 public:
  using number = std::uint32_t;

  /// Any executor: the number of one that is about to begin.
  number next() noexcept { return made_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // The channel's executor.
  /// It begins. True: it has been cancelled already.
  bool begin(number n) noexcept {
    begun_ = n;
    return cancelled_ == n;
  }
  /// True: it has begun, and is the last that has.
  bool cancel(number n) noexcept {
    bool const early = static_cast<std::int32_t>(n - begun_) > 0;
    if (early) cancelled_ = n;
    return n == begun_;
  }

 private:
  std::atomic<number> made_{0};
  number begun_ = 0, cancelled_ = 0;
};

}  // namespace heddle::detail
