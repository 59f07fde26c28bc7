// Waiting for a channel's state.
#pragma once

#include <memory>
#include <tuple>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/client/connectivity.hpp>
#include <heddle/transport/operation.hpp>

namespace heddle::detail {

class channel_core;

/// One connect() or wait_for_change(). Shared with the channel, which completes it.
struct channel_wait {
  waiter changed;
  connectivity seen = connectivity::idle;
  connectivity now = connectivity::idle;
  status why;               // of transient_failure
  bool connecting = false;  // connect(): starts the attempt, and waits for its end
  bool cancelled = false, begun = false, pending = false;

  bool wants(connectivity state) noexcept;
};

/// On any executor; completes `w`.
void begin_wait(std::shared_ptr<channel_core> const& core, std::shared_ptr<channel_wait> const& w);
void cancel_wait(std::shared_ptr<channel_core> const& core, std::shared_ptr<channel_wait> const& w);
/// What connect(), or wait_for_change(), ends with.
status outcome_of(channel_wait const& w);
asio::any_io_executor const& executor_of(channel_core const& core) noexcept;

class channel_operation {
 public:
  explicit channel_operation(std::shared_ptr<channel_core> core)
      : core_(std::move(core)), wait_(std::make_shared<channel_wait>()) {}
  waiter& place() noexcept { return wait_->changed; }
  asio::any_io_executor const& home() const noexcept { return executor_of(*core_); }
  void start() { begin_wait(core_, wait_); }
  void cancel() { cancel_wait(core_, wait_); }

 protected:
  std::shared_ptr<channel_core> core_;
  std::shared_ptr<channel_wait> wait_;
};

class connect_operation : public channel_operation {
 public:
  explicit connect_operation(std::shared_ptr<channel_core> core) : channel_operation(std::move(core)) {
    wait_->connecting = true;
  }
  std::tuple<status> take() { return {outcome_of(*wait_)}; }
};

class change_operation : public channel_operation {
 public:
  change_operation(std::shared_ptr<channel_core> core, connectivity seen) : channel_operation(std::move(core)) {
    wait_->seen = wait_->now = seen;
  }
  std::tuple<status, connectivity> take() { return {outcome_of(*wait_), wait_->now}; }
};

}  // namespace heddle::detail
