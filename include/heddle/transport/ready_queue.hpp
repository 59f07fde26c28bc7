// Who is to be resumed once the input batch has been read.
#pragma once

#include <utility>

namespace heddle::transport {

/// Something that input, time or a cancellation made ready. Leave the queue before you die.
class ready_item {
 public:
  virtual void on_ready() = 0;

 protected:
  ~ready_item() = default;

 private:
  friend class ready_queue;
  ready_item* next_ = nullptr;
  bool queued_ = false;
};

/// First in, first out; an item is in it at most once.
class ready_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  void push(ready_item& item) noexcept {
    if (item.queued_) return;
    item.queued_ = true;
    item.next_ = nullptr;
    (head_ != nullptr ? tail_->next_ : head_) = &item;
    tail_ = &item;
  }
  ready_item* pop() noexcept {
    ready_item* const item = head_;
    if (item == nullptr) return nullptr;
    head_ = item->next_;
    item->queued_ = false;
    return item;
  }
  /// Harmless when it is not in here.
  void remove(ready_item& item) noexcept {
    if (!item.queued_) return;
    ready_item** link = &head_;
    ready_item* before = nullptr;
    while (*link != &item) {
      if (*link == nullptr) return;  // it is in another queue
      before = *link;
      link = &before->next_;
    }
    *link = item.next_;
    if (tail_ == &item) tail_ = before;
    item.queued_ = false;
  }

 private:
  ready_item* head_ = nullptr;
  ready_item* tail_ = nullptr;
};

}  // namespace heddle::transport
