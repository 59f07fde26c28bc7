// Waiting for a server's end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/transport/operation.hpp>

namespace heddle::detail {

class server_core;

/// One run() or drain() that waits for the end. Shared with the server, which completes it.
struct server_wait {
  waiter done;
  std::size_t abandoned = 0;
  std::optional<duration> grace;  // of drain(); none: run()
  bool was_cancelled = false;     // once: the second time there is no grace

  bool is_run() const noexcept { return !grace; }
};

/// On any executor; completes `w`.
void begin_wait(std::shared_ptr<server_core> const& core, std::shared_ptr<server_wait> const& w);
void cancel_wait(std::shared_ptr<server_core> const& core, std::shared_ptr<server_wait> const& w);
asio::any_io_executor const& executor_of(server_core const& core) noexcept;

class server_operation {
 public:
  server_operation(std::shared_ptr<server_core> core, std::optional<duration> grace)
      : core_(std::move(core)), wait_(std::make_shared<server_wait>()) {
    wait_->grace = grace;
  }
  waiter& place() noexcept { return wait_->done; }
  asio::any_io_executor const& home() const noexcept { return executor_of(*core_); }
  void start() { begin_wait(core_, wait_); }
  void cancel() { cancel_wait(core_, wait_); }
  std::tuple<status, std::size_t> take() { return {status(), wait_->abandoned}; }

 private:
  std::shared_ptr<server_core> core_;
  std::shared_ptr<server_wait> wait_;
};

}  // namespace heddle::detail
