// Tells objects that wait for something that their execution context is being destroyed.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

namespace heddle::detail {

/// A coroutine that waits in an object which the coroutine itself owns is a cycle. Asio's own operations break it by
/// destroying their handlers with the context; objects that keep handlers of their own do the same here.
class shutdown_listener {
 public:
  /// Destroy all handlers now, without resuming them.
  virtual void on_context_shutdown() noexcept = 0;

 protected:
  ~shutdown_listener() = default;
};

class shutdown_service final : public boost::asio::execution_context::service {
 public:
  using key_type = shutdown_service;
  static inline boost::asio::execution_context::id id;

  explicit shutdown_service(boost::asio::execution_context& context) : service(context) {}

  static shutdown_service& of(boost::asio::any_io_executor const& executor) {
    return boost::asio::use_service<shutdown_service>(boost::asio::query(executor, boost::asio::execution::context));
  }

  void add(shutdown_listener& listener) {
    std::lock_guard const lock(mutex_);
    listeners_.push_back(&listener);
  }
  void remove(shutdown_listener& listener) noexcept {
    std::lock_guard const lock(mutex_);
    auto const found = std::find(listeners_.begin(), listeners_.end(), &listener);
    if (found != listeners_.end()) listeners_.erase(found);
  }

 private:
  void shutdown() override {
    for (;;) {  // one by one: destroying a handler may destroy other listeners
      shutdown_listener* next = nullptr;
      {
        std::lock_guard const lock(mutex_);
        if (listeners_.empty()) return;
        next = listeners_.back();
        listeners_.pop_back();
      }
      next->on_context_shutdown();
    }
  }

  std::mutex mutex_;
  std::vector<shutdown_listener*> listeners_;
};

}  // namespace heddle::detail
