// One call on the client: it owns its attempts, and outlives each of them.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/client/attempt.hpp>
#include <heddle/client/call_operation.hpp>
#include <heddle/client/call_options.hpp>
#include <heddle/client/operation_numbers.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/rpc/write_options.hpp>
#include <heddle/transport/call_scope.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/ready_queue.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::detail {

class channel_core;
class client_interception;

/// Recycled by its channel. Everything happens on the channel's executor, but for what is marked.
///
/// Until it is committed (by the response headers, or by more request than the replay limit keeps) the call can be sent
/// again as a whole: it keeps its request, serialised; a single request that the caller still holds is serialised anew.
class client_call final : public std::enable_shared_from_this<client_call>,
                          private attempt_user,
                          private transport::ready_item,
                          private deadline_item,
                          private call_scope::child {
 public:
  explicit client_call(channel_core& core);
  ~client_call();

  /// Any executor: readies a recycled call, before start().
  /// `owner`: of the method, where that does not live for ever.
  void prepare(method_descriptor const& method, call_options const& options,
               std::shared_ptr<method_descriptor const> owner = nullptr);
  void start();
  /// A unary call, to be answered into `response`; completes `done()` once.
  void start_unary(void const* request, void* response);
  /// Serialises now: the request of a server-streaming call need not outlive its start.
  void set_single_request(void const* request);

  /// Any executor: somebody is on his way to the channel's executor, and shall find this call, not the next one.
  void pin() noexcept { pins_.fetch_add(1, std::memory_order_relaxed); }
  void unpin() noexcept { pins_.fetch_sub(1, std::memory_order_relaxed); }
  /// The handle is gone: cancels, and recycles when all is quiet.
  void release();
  void cancel();
  /// There is no connection to make an attempt on.
  void end_unconnected(status why);
  /// The channel is gone, or going.
  void end_with_channel();
  /// What the attempts came to, or why there is none. Interceptors have a say in it.
  void end(status s);
  /// The call is over, whatever interceptors do.
  void conclude(status s);

  // Coroutines of the caller, on any executor; one read side and one write side operation at a time.
  asio::awaitable<bool> read(void* message);
  asio::awaitable<bool> write(void const* message, write_options how);
  asio::awaitable<void> writes_done();
  asio::awaitable<void> wait_headers();
  /// Until the end; throws what is not OK. `response`: the single one of a client-streaming call.
  asio::awaitable<void> finish(void* response);

  // The same for a completion token, on any executor. `object` and `outcome` are the operation's: what it gave up, or
  // what was done, is there when its waiter completes.
  operation_numbers& numbers(call_operation::kind what) noexcept;
  void begin_operation(call_operation::kind what, operation_numbers::number number, void* object, write_options how,
                       operation_outcome& outcome);
  void cancel_operation(call_operation::kind what, operation_numbers::number number);
  waiter& place(call_operation::kind what) noexcept;

  /// Takes a message that is here. Only on the channel's executor.
  bool try_read(void* message);

  /// After the end, or after what they say has come.
  status const& final_status() const noexcept { return status_; }
  metadata const& headers() const noexcept { return attempt_.head().metadata; }
  metadata const& trailers() const noexcept { return attempt_.trailers(); }
  bool has_headers() const noexcept { return head_received_; }
  std::string_view response_encoding() const noexcept { return attempt_.head().encoding; }
  /// The message that was read last.
  bool response_compressed() const noexcept { return attempt_.inbound().compressed(); }
  std::string_view peer() const noexcept {
    return attempt_.driver() != nullptr ? std::string_view(attempt_.driver()->peer()) : std::string_view();
  }
  bool wait_for_ready() const noexcept { return wait_for_ready_; }
  waiter& reader() noexcept { return reader_; }
  channel_core& core() const noexcept { return core_; }
  void drop_waiters() noexcept;
  /// The channel's context is being destroyed: nothing of this call will ever run again.
  void let_go_of_channel() noexcept { owner_.reset(); }
  /// The channel's core is going, and whatever still holds this call will only let go of it.
  void orphan() noexcept;

  /// From the channel: try now on this connection. False: it has no room after all.
  bool start_attempt(transport::http2_driver& driver);
  /// Between start() and the end. One that is prepared, on a thread of its own, looks by itself at whether the channel
  /// is closed when it starts.
  bool is_running() const noexcept { return self_ != nullptr && !done_; }

 private:
  friend class channel_core;
  friend class client_interception;
  enum class wants : std::uint8_t { nothing, message, single_response, the_end };

  // attempt_user
  HEDDLE_DECL void on_attempt_head() override;
  HEDDLE_DECL void on_attempt_data() override;
  HEDDLE_DECL void on_attempt_writable() override;
  HEDDLE_DECL void on_attempt_end(status const& s, attempt_reach reached) override;

  // client_interception
  bool begin_attempts();
  void abort_attempts();
  status attempts_status() const;
  void on_interceptors_end(status const& s);
  void answer(void const* response);

  HEDDLE_DECL void on_ready() override;
  HEDDLE_DECL void on_deadline() override;
  HEDDLE_DECL void on_parent_end() override;
  void end_with_parent();
  void leave_parent() noexcept;
  void choose_encoder(call_options const& options);
  void choose_codec(call_options const& options);
  void schedule();
  void serve();
  void serve_interceptors();
  bool serve_reader();
  void show_head();
  status see_response(void* message) const;
  static status threw(char const* doing, char const* what);
  bool over_for_writers() const noexcept { return done_ || half_closed_ || (attempts_ended_ && committed_); }
  void earn();
  status single_response();
  status too_many_responses() const;
  void message_failed(status why);
  status here(status s, std::string_view option = {}) const;
  std::string deadline_text() const;
  void begin_read(wants what, void* message, operation_outcome* outcome);
  void begin_write(void const* message, write_options how, operation_outcome& outcome);
  void begin_headers(metadata* into, operation_outcome& outcome);
  void cancel_read();
  void cancel_write();
  void cancel_headers();
  status send(void const* message, write_options how);
  status frame(void const* message, write_options how);
  void count_start();
  status frame(void const* message, message_ops const& ops, write_options how, bool early);
  header_list const& request_fields(bool secure);
  status parse_response(void* message, rpc::message_body body, char const* what) const;
  status check_size(std::size_t size) const;
  status send_early();
  void send_single_request();
  void half_close();
  bool replay_has_room(std::size_t framed) const noexcept;
  void count_replay() noexcept;
  void commit() noexcept;
  bool write_must_wait() const;
  void hold();
  void recycle_if_quiet();
  template <class F>
  void at_home(bool home, F f);

  channel_core& core_;
  std::shared_ptr<client_call> self_;  // while it is in use
  std::shared_ptr<channel_core> owner_;  // too: a round of its connection may be under way when all others have let go
  method_descriptor const* method_ = nullptr;
  std::shared_ptr<method_descriptor const> method_owner_;
  rpc::request_head head_;
  compressor const* encoder_ = nullptr;  // of requests
  std::shared_ptr<codec const> codec_;  // null: protobuf's own form, or raw messages
  bool raw_ = false;  // both messages are
  receive_limit max_receive_ = 0;
  std::size_t max_send_ = 0;
  time_point until_ = never;
  std::shared_ptr<call_scope> parent_;
  bool wait_for_ready_ = false;

  client_attempt attempt_;
  byte_buffer replay_;  // framed messages
  std::size_t replay_counted_ = 0;  // of them, in the channel's sum
  void const* single_ = nullptr;  // a unary request, which the caller keeps
  bool half_closed_ = false, committed_ = false, done_ = true, released_ = true;
  bool transparent_retry_used_ = false, retry_pending_ = false, scheduled_ = false, serving_ = false;
  bool head_received_ = false;
  status status_, attempt_status_;

  // with interceptors only
  std::unique_ptr<client_interception> interception_;  // made for the first call that needs one
  bool intercepted_ = false, attempts_begun_ = false, attempts_ended_ = false, head_shown_ = false;
  bool response_taken_ = false;
  status attempts_status_;
  byte_buffer early_;  // messages that were written before the interceptors let the call begin, framed
  void* edited_ = nullptr;  // the single request, as an interceptor has changed it

  // Waiting operations. What they point to belongs to the channel's executor until the waiter completes.
  wants reading_ = wants::nothing;
  void* read_into_ = nullptr;
  operation_outcome* read_outcome_ = nullptr;  // null: unary, which has the final status
  bool writing_ = false, write_ready_ = false;
  operation_outcome* write_outcome_ = nullptr;
  bool awaiting_headers_ = false;
  metadata* headers_into_ = nullptr;
  operation_outcome* headers_outcome_ = nullptr;
  waiter reader_, writer_, headers_;
  operation_numbers reads_, writes_, header_waits_;
  std::atomic<unsigned> pins_{0};

  client_call* next_queued_ = nullptr;
  client_call* previous_queued_ = nullptr;
  bool queued_ = false;
  bool counted_ = false;  // by channelz, and not yet at its end
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/core.hpp>  // which the bodies need, and which includes them
#endif
