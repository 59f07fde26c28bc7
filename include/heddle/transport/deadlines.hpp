// Many deadlines behind one timer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/transport/clock.hpp>

namespace heddle {

/// Something with at most one deadline. Leave the queue before you die.
class deadline_item {
 public:
  /// Called once at the deadline or soon after; the item has left the queue.
  virtual void on_deadline() = 0;
  bool has_deadline() const noexcept { return index_ != none; }
  time_point deadline() const noexcept { return at_; }

 protected:
  ~deadline_item() = default;

 private:
  friend class deadline_queue;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t index_ = none;
  time_point at_ = never;
};

/// A binary heap and one timer, which is re-armed only for an earlier expiry: one that comes too early looks and
/// re-arms (most deadlines are left long before they expire). Used on one executor.
class deadline_queue {
 public:
  deadline_queue(clock& c, asio::any_io_executor executor) : clock_(c), executor_(std::move(executor)) {}
  deadline_queue(deadline_queue const&) = delete;
  deadline_queue& operator=(deadline_queue const&) = delete;

  /// Adds the item, or moves it. `never` removes it.
  HEDDLE_DECL void set(deadline_item& item, time_point at);
  HEDDLE_DECL void remove(deadline_item& item) noexcept;
  /// Cancels a timer that runs for nobody any more. Not done by remove(), since most deadlines are left long before
  /// they expire, but whenever an owner comes to rest: a timer keeps its context running.
  void relax() {
    if (!heap_.empty() || timer_ == nullptr) return;
    timer_->cancel();
    armed_ = never;
  }
  /// Stops the timer for good.
  void stop() noexcept {
    timer_.reset();
    stopped_ = true;
  }
  clock& get_clock() const noexcept { return clock_; }
  /// Whoever owns the queue: kept alive while deadlines are called, which may drop its last reference.
  void set_owner(std::weak_ptr<void> owner) { owner_ = std::move(owner); }
  /// Called after each round of expiries: whoever batches output sends it then.
  std::function<void()> after_expiry;

 private:
  void arm();
  void expire();
  void up(std::size_t i) noexcept;
  void down(std::size_t i) noexcept;
  void put(std::size_t i, deadline_item* item) noexcept {
    heap_[i] = item;
    item->index_ = i;
  }

  clock& clock_;
  asio::any_io_executor executor_;
  std::unique_ptr<timer> timer_;
  std::vector<deadline_item*> heap_;
  std::weak_ptr<void> owner_;
  time_point armed_ = never;
  bool stopped_ = false;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/deadlines.ipp>
#endif
