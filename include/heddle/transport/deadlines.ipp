#pragma once

#include <utility>

#include <heddle/transport/deadlines.hpp>

namespace heddle {

HEDDLE_DECL void deadline_queue::set(deadline_item& item, time_point at) {
  if (at == never) return remove(item);
  item.at_ = at;
  if (!item.has_deadline()) {
    heap_.push_back(&item);
    item.index_ = heap_.size() - 1;
  }
  up(item.index_);
  down(item.index_);
  arm();
}

HEDDLE_DECL void deadline_queue::remove(deadline_item& item) noexcept {
  if (!item.has_deadline()) return;
  std::size_t const i = std::exchange(item.index_, deadline_item::none);
  deadline_item* const last = heap_.back();
  heap_.pop_back();
  if (last == &item) return;
  put(i, last);
  up(i);
  down(last->index_);
}

HEDDLE_DECL void deadline_queue::arm() {
  if (stopped_ || heap_.empty() || heap_.front()->at_ >= armed_) return;
  if (timer_ == nullptr) timer_ = clock_.make_timer(executor_);
  armed_ = heap_.front()->at_;
  timer_->wait_until(armed_, [this] { expire(); });
}

HEDDLE_DECL void deadline_queue::expire() {
  auto const keep = owner_.lock();
  armed_ = never;
  time_point const now = clock_.now();
  bool any = false;
  while (!heap_.empty() && heap_.front()->at_ <= now) {
    deadline_item& item = *heap_.front();
    remove(item);
    item.on_deadline();
    any = true;
  }
  arm();
  if (any && after_expiry) after_expiry();
}

HEDDLE_DECL void deadline_queue::up(std::size_t i) noexcept {
  deadline_item* const item = heap_[i];
  for (; i > 0 && item->at_ < heap_[(i - 1) / 2]->at_; i = (i - 1) / 2) put(i, heap_[(i - 1) / 2]);
  put(i, item);
}

HEDDLE_DECL void deadline_queue::down(std::size_t i) noexcept {
  deadline_item* const item = heap_[i];
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (item->at_ <= heap_[child]->at_) break;
    put(i, heap_[child]);
    i = child;
  }
  put(i, item);
}

}  // namespace heddle
