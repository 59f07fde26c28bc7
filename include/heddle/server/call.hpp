// One call on the server: from its request head to its status, with the recycled coroutine that runs its handler.
#pragma once

#include <exception>
#include <memory>

#include <boost/asio/cancellation_signal.hpp>

#include <heddle/base/config.hpp>
#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/exchange.hpp>
#include <heddle/rpc/inbound.hpp>
#include <heddle/rpc/wire_protocol.hpp>
#include <heddle/server/context.hpp>
#include <heddle/server/router.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/http2_driver.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::detail {

class server_interception;
class server_session;
struct server_shared;

/// Owned by its session while that lives, and by its own coroutine as long as a handler runs: a handler that outlives
/// the connection, or the server, finds everything that it can touch still there, and the call over.
/// Used on the connection's executor.
class server_call final : public std::enable_shared_from_this<server_call>,
                          public rpc::exchange_events,
                          private transport::ready_item,
                          private deadline_item,
                          private shutdown_listener {
 public:
  explicit server_call(server_session& session);
  ~server_call();

  /// Takes an exchange; the call must be idle.
  void begin(rpc::exchange& exchange) noexcept;
  /// The connection is gone for good. An idle call's coroutine is destroyed; a running handler is on its own.
  void detach() noexcept;
  /// detach(), and the session is going as well.
  void orphan() noexcept;
  /// Destroys the coroutines that wait here, without resuming them.
  void drop_waiters() noexcept;
  /// Ends the call with a status and cancels its handler. Where some of the answer waits for the client, who might
  /// never take it, the stream is reset instead.
  void abandon(status const& why);
  bool idle() const noexcept { return phase_ == phase::idle; }

 private:
  friend class heddle::server_context;
  friend struct call_access;
  friend class server_interception;
  friend class stream_operation;
  friend class send_headers_operation;

  enum class phase : std::uint8_t {
    idle,
    head,  // nothing but the exchange
    receiving,  // a single request is on its way
    rejecting,  // the answer is known; a plain HTTP request of known length is heard out first
    running,  // the handler has it
  };

  // rpc::exchange_events
  HEDDLE_DECL void on_head(header_list const& fields, bool end, bool too_large) override;
  HEDDLE_DECL void on_body(bytes_view bytes, bool end) override;
  HEDDLE_DECL void on_trailers(header_list const& fields, bool too_large) override;
  HEDDLE_DECL void on_abort(rpc::exchange_abort const& why) override;
  HEDDLE_DECL void on_writable() override;
  HEDDLE_DECL std::size_t on_settled() override;

  HEDDLE_DECL void on_ready() override;
  HEDDLE_DECL void on_deadline() override;
  HEDDLE_DECL void on_context_shutdown() noexcept override;

  bool recall_request(header_list const& fields);
  status route_request(header_list const& fields);
  rpc::request_head& own_request();
  status check_request();
  route const* fallback_route();
  status bad_request() const;
  void begin_encodings();
  void reject(status why);
  void reject_http(int http_status, std::string_view text, header_list const& fields);
  void answer_rejection();
  void send_status(status const& s);
  void request_ended();
  void start_handler();
  static asio::awaitable<void> run(std::shared_ptr<server_call> self);
  status handler_threw(std::exception_ptr error);
  void finish(status const& s);
  void end_exchange();
  void cancel_handler();
  void end_scope();
  void wake();

  // what handlers do
  asio::awaitable<bool> read(void* message, message_ops const& ops);
  bool try_read(void* message, message_ops const& ops);
  asio::awaitable<void> write(void const* message, message_ops const& ops, write_options how);
  asio::awaitable<void> send_headers();
  void* single_request(message_ops const& ops);
  status see_request(void* message, message_ops const& ops) const {
    return intercepted_ ? show_request(message, ops) : status();
  }
  status show_request(void* message, message_ops const& ops) const;
  void pop_request();
  bool send_message(void const* message, message_ops const& ops, write_options how);
  status parse(void* message, message_ops const& ops, rpc::message_body body, char const* what);
  bool frame_message(void const* message, message_ops const& ops, write_options how);
  bool frame_coded(void const* message, message_ops const& ops, write_options how);
  [[noreturn]] void throw_too_large(std::size_t size) const;
  bool compress_with(compressor const* encoder);
  void send_head();
  void send_end(status const& s);
  status show_head();
  void check_open() const;
  status cancelled(std::string_view operation) const;
  template <class F>
  status status_of(F f);
  status threw(char const* doing, char const* what);
  void begin_read(void* message, message_ops const& ops, operation_outcome& outcome);
  void begin_write(void const* message, message_ops const& ops, write_options how, operation_outcome& outcome);
  void cancel_read();
  void cancel_write();
  void fill_outcomes();
  void end_operations();
  void* recycled(void*& object, message_ops const*& ops, message_ops const& wanted);

  server_session* session_;
  std::shared_ptr<server_shared const> const shared_;  // a handler may outlive its server, but not its service
  std::shared_ptr<transport::http2_driver> driver_;
  channelz_meter meter_;
  clock& clock_;
  rpc::exchange* exchange_ = nullptr;
  rpc::wire_protocol const* protocol_ = nullptr;
  route const* route_ = nullptr;
  struct named_route {
    method_descriptor method;
    detail::route route;
  };
  std::unique_ptr<named_route> named_;  // of the last method that only the fallback served
  phase phase_ = phase::idle;
  bool over_ = true;  // nothing that the handler does reaches anybody
  bool retired_ = false;  // no call will come any more
  bool listening_ = false;  // to the end of the context, in the session's place
  bool head_sent_ = false;
  bool cancel_pending_ = false;
  bool request_complete_ = false;
  bool wake_reader_ = false, wake_writer_ = false, read_cancelled_ = false, write_cancelled_ = false;
  bool spawned_ = false;
  int http_status_ = 0;  // of a rejection outside of the protocol
  status answer_;  // of a rejection, or why the request is bad
  time_point until_ = never;
  std::shared_ptr<call_scope> scope_;  // made for the first call on behalf of this one

  std::shared_ptr<rpc::request_head> request_;  // calls that begin alike share it
  rpc::response_head response_;
  metadata trailers_;
  rpc::inbound inbound_;
  compressor const* encoder_ = nullptr;  // of the answer's messages
  codec const* codec_ = nullptr;  // of messages that are not raw; null: protobuf's own form
  server_context context_;
  alignas(void*) unsigned char stream_[call_access::stream_room];  // the handler's
  void* request_message_ = nullptr;
  message_ops const* request_ops_ = nullptr;
  void* reply_message_ = nullptr;
  message_ops const* reply_ops_ = nullptr;
  bool reply_lent_ = false;

  std::unique_ptr<server_interception> interception_;  // made for the first call that needs one
  bool intercepted_ = false, request_taken_ = false, head_shown_ = false;
  byte_buffer held_;  // the framed single response, while interceptors may still change their minds

  asio::cancellation_signal signal_;
  waiter parked_, reader_, writer_;
  // Of operations with a completion token that wait in reader_ and writer_; null: coroutines do, or nobody.
  operation_outcome* read_outcome_ = nullptr;
  operation_outcome* write_outcome_ = nullptr;
  void* read_into_ = nullptr;
  message_ops const* read_ops_ = nullptr;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/session.hpp>  // which the bodies need, and which includes them
#endif
