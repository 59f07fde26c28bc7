// One connection of a server: its driver, and the calls on it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/rpc/wire_protocol.hpp>
#include <heddle/server/call.hpp>
#include <heddle/server/options.hpp>
#include <heddle/server/router.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/http2_driver.hpp>
#include <heddle/transport/thread_check.hpp>

namespace heddle::detail {

/// What all connections of a server share, and what they outlive it with: only read once the server runs.
struct server_shared {
  server_options options;
  compressor const* encoder = nullptr;  // what options.compression() names
  router routes;
  std::vector<std::function<void()>> on_drain;  // service::heddle_on_drain_()
  std::vector<rpc::wire_protocol const*> protocols;
  std::shared_ptr<channelz_node> channelz;  // null: nothing is recorded
  thread_check check;
};

/// The last request that began a call, as it was understood.
struct known_head {
  header_list const* fields = nullptr;  // with `revision`: what it was read from
  std::uint64_t revision = 0;
  std::shared_ptr<rpc::request_head> head;
  rpc::wire_protocol const* protocol = nullptr;
  heddle::detail::route const* route = nullptr;
  codec const* form = nullptr;
};

/// The head or the end of an answer that says nothing but what most of them say.
struct plain_fields {
  rpc::wire_protocol const* protocol = nullptr;
  std::string subtype;
  header_list fields;
};

/// Used on the connection's executor, but for its making. Ends when the connection has and the last handler has.
class server_session final : public std::enable_shared_from_this<server_session>,
                             private transport::http2_driver_user,
                             private shutdown_listener {
 public:
  server_session(std::shared_ptr<server_shared> shared, std::unique_ptr<byte_stream> stream, clock& c, duration max_age,
                 std::function<void(server_session&)> on_end);
  ~server_session();

  void start();
  /// GOAWAY in two steps; ends by itself when the last call has.
  void drain() { driver_->shut_down(); }
  /// Ends all calls and cancels their handlers; the connection goes on until that is written.
  void abandon_calls();
  void close();
  asio::any_io_executor const& get_executor() const noexcept { return driver_->get_executor(); }

  std::shared_ptr<server_shared const> shared() const noexcept { return shared_; }
  std::shared_ptr<transport::http2_driver> const& driver() const noexcept { return driver_; }
  header_list& scratch() noexcept {
    scratch_.clear();
    return scratch_;
  }
  plain_fields& plain_head() noexcept { return plain_head_; }
  plain_fields& plain_end() noexcept { return plain_end_; }
  known_head& last_head() noexcept { return last_head_; }
  void recycle(server_call& call);
  void handler_started() noexcept {
    running_.store(running_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void handler_ended() noexcept {
    running_.store(running_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  /// From any thread.
  std::size_t running_handlers() const noexcept { return running_.load(std::memory_order_relaxed); }

 private:
  HEDDLE_DECL rpc::exchange_events& on_request(transport::http2_exchange& exchange) override;
  void on_room() override {}
  void on_retired(status const&) override {}
  HEDDLE_DECL void on_closed(status const& why) override;
  HEDDLE_DECL void on_context_shutdown() noexcept override;
  void end_if_done();

  std::shared_ptr<server_shared> shared_;
  std::shared_ptr<transport::http2_driver> driver_;
  std::function<void(server_session&)> on_end_;
  std::vector<std::shared_ptr<server_call>> calls_;
  std::vector<server_call*> idle_;
  header_list scratch_;
  known_head last_head_;
  plain_fields plain_head_, plain_end_;
  std::atomic<std::size_t> running_{0};  // written on the executor only
  bool closed_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/session.ipp>
#endif
