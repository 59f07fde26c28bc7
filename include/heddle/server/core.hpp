// The server behind its handle: acceptors, sessions, and the stages of its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/server/listener.hpp>
#include <heddle/server/server_operation.hpp>
#include <heddle/server/session.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::detail {

/// Everything runs on its own executor, a strand unless one thread is promised. Connections have theirs.
class server_core final : public std::enable_shared_from_this<server_core>,
                          private shutdown_listener,
                          private deadline_item {
 public:
  server_core(asio::any_io_executor executor, server_options options);
  ~server_core();

  server_shared& shared() noexcept { return *shared_; }
  asio::any_io_executor const& get_executor() const noexcept { return executor_; }

  // From any thread.
  template <class Where>
  endpoint listen(Where where, listen_options options) {
    return add_port(std::make_shared<listener>(executor_, where, std::move(options)));
  }
  /// For a new connection.
  asio::any_io_executor connection_executor() const;
  void serve(std::unique_ptr<byte_stream> stream);
  void stop_from_anywhere();
  std::size_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

  // On the executor.
  void begin(std::shared_ptr<server_wait> w);
  void cancel(server_wait& w);

 private:
  enum class stage : std::uint8_t { idle, running, draining, resetting, stopped };
  struct port {
    std::shared_ptr<listener> socket;
    std::unique_ptr<timer> pause;  // after accept() failed for want of descriptors
    duration next_pause = std::chrono::milliseconds(100);
    std::shared_ptr<channelz_node> channelz = nullptr;
  };

  endpoint add_port(std::shared_ptr<listener> opened);
  void accept(std::shared_ptr<port> p);
  void accepted(std::shared_ptr<port> const& p, error_code ec, listener::socket socket);
  bool refuse();
  void add_session(std::unique_ptr<byte_stream> stream);
  void session_ended(server_session& session);
  static void let_go(std::shared_ptr<server_session> session);
  void tell_services();
  void drain(duration grace);
  void reset_calls();
  void stop();
  void complete();
  HEDDLE_DECL void on_deadline() override;
  HEDDLE_DECL void on_context_shutdown() noexcept override;
  template <class F>
  void for_sessions(F f);

  std::shared_ptr<server_shared> shared_;
  asio::any_io_executor const base_, executor_;
  clock& clock_;
  deadline_queue deadlines_;
  std::shared_ptr<random_source> random_;
  stage stage_ = stage::idle;
  std::mutex mutex_;  // ports_ before run()
  std::vector<std::shared_ptr<port>> ports_;
  std::unordered_map<server_session*, std::shared_ptr<server_session>> sessions_;
  std::list<std::shared_ptr<server_wait>> waits_;
  std::size_t abandoned_ = 0;
  std::atomic<bool> services_told_{false};
  std::atomic<std::size_t> refused_{0};  // for want of room
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/core.ipp>
#endif
