// Streaming calls on the client: what stubs return.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/client/call_operation.hpp>
#include <heddle/client/call_options.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/rpc/write_options.hpp>

namespace heddle {

namespace asio = boost::asio;

namespace detail {

/// Owns a call without knowing its messages. Destroying it, on any executor, cancels the call.
class call_handle {
 public:
  /// `owner`: of the method, where that does not live for ever.
  call_handle(std::shared_ptr<channel_core> core, method_descriptor const& method, call_options const& options,
              void const* request, std::shared_ptr<method_descriptor const> owner);
  call_handle(call_handle&&) noexcept = default;
  call_handle& operator=(call_handle&&) = delete;
  ~call_handle();

  asio::awaitable<bool> read(void* message);
  bool try_read(void* message);
  asio::awaitable<bool> write(void const* message, write_options how);
  asio::awaitable<void> writes_done();
  asio::awaitable<void> finish(void* response);
  asio::awaitable<metadata> headers();
  metadata const& trailers() const noexcept;
  std::string_view peer() const noexcept;
  bool has_headers() const noexcept;
  bool response_compressed() const noexcept;
  std::string_view response_encoding() const noexcept;
  void cancel();
  asio::any_io_executor const& get_executor() const noexcept;

  /// Runs `Operation(what, core, call, args...)` for a token.
  template <class Operation, class Signature, class Token, class... Args>
  auto start(std::remove_reference_t<Token>& token, call_operation::kind what, Args&&... args) {
    return start_operation<Operation, Signature, Token>(token, get_executor(), what, core_, call_,
                                                        std::forward<Args>(args)...);
  }

 private:
  std::shared_ptr<channel_core> core_;
  std::shared_ptr<client_call> call_;
};

/// What all streaming calls have. One object may be used from one thread at a time, but its read side and its write
/// side may overlap. It begins when it is made, and ends at the latest when it is destroyed: by cancellation then.
///
/// Each operation is an awaitable, or takes a completion token as its last argument. With a token nothing is thrown for
/// a status: the handler gets it first, before a result that is empty (or false) unless the status is OK. It runs on
/// its associated executor, by default the channel's, and never inside the function that was called. Messages to be
/// sent are copied or moved into the operation. An operation that is pending when its call object is destroyed ends
/// with CANCELLED; one that is deferred must be started before.
class streaming_call {
 public:
  /// Waits for the initial metadata; empty when the call ended without. Cancelling the wait leaves the call as it is.
  asio::awaitable<metadata> headers() { return handle_.headers(); }
  /// void(status, metadata); the status is CANCELLED when the wait was, and OK otherwise, however the call ended.
  template <completion_token<void(status, metadata)> Token>
  auto headers(Token&& token) {
    return handle_.start<headers_operation, void(status, metadata), Token>(token, call_operation::kind::headers);
  }
  /// They have come; still false after headers() when the call ended without. From several threads only after headers()
  /// or a read.
  bool has_headers() const noexcept { return handle_.has_headers(); }
  /// Complete once the call has ended, that is, once a read or finish() said so.
  metadata const& trailers() const noexcept { return handle_.trailers(); }
  /// Of the server, as a target; empty while there is no connection. From several threads only after headers() or a
  /// read.
  std::string_view peer() const noexcept { return handle_.peer(); }
  /// The message that was read last, or that finish() gave, came compressed.
  bool response_compressed() const noexcept { return handle_.response_compressed(); }
  /// What the server compresses with, once has_headers(); empty: nothing.
  std::string_view response_encoding() const noexcept { return handle_.response_encoding(); }
  /// Resets the call: waiting operations end with CANCELLED. From any thread.
  void cancel() { handle_.cancel(); }

 protected:
  streaming_call(stub const& self, method_descriptor const& method, call_options const& options, void const* request,
                 std::shared_ptr<method_descriptor const> owner = nullptr)
      : handle_(self.heddle_core_(), method, options, request, std::move(owner)) {}
  call_handle handle_;
};

template <class Response>
class call_reading : public streaming_call {
 public:
  /// The next message; nothing when the call has ended with OK. Any other end throws rpc_error. Any cancellation type
  /// ends the wait with CANCELLED thrown, loses no message, and leaves the call as it is.
  asio::awaitable<std::optional<Response>> read() {
    std::optional<Response> message(std::in_place);
    bool const more = co_await handle_.read(&*message);
    if (!more) message.reset();
    co_return message;
  }
  /// The same into a message that is used again. False when the call has ended with OK.
  asio::awaitable<bool> read(Response& message) { return handle_.read(&message); }
  /// void(status, std::optional<Response>): a message; or OK without one at the end; or why there is none. Cancellation
  /// is as above: whoever is CANCELLED by it can read on.
  template <completion_token<void(status, std::optional<Response>), Response> Token>
  auto read(Token&& token) {
    return handle_.start<read_operation<Response>, void(status, std::optional<Response>), Token>(
        token, call_operation::kind::read);
  }
  /// void(status, bool), into a message that must live until then. False and OK at the end.
  template <completion_token<void(status, bool)> Token>
  auto read(Response& message, Token&& token) {
    return handle_.start<read_into_operation<Response>, void(status, bool), Token>(token, call_operation::kind::read,
                                                                                   &message);
  }
  /// Takes a message that is here already. Only on the channel's own executor (channel_options::single_threaded).
  bool try_read(Response& message) { return handle_.try_read(&message); }

 protected:
  using streaming_call::streaming_call;
};

}  // namespace detail

/// One request, many responses.
template <class Request, class Response>
class server_streaming_call : public detail::call_reading<Response> {
 public:
  /// `request` is serialised here and not needed any more.
  server_streaming_call(stub const& self, server_streaming_method<Request, Response> const& method,
                        Request const& request, call_options options = call_options())
      : detail::call_reading<Response>(self, method, options, &request) {}
};

/// Many requests, one response.
template <class Request, class Response>
class client_streaming_call : public detail::streaming_call {
 public:
  client_streaming_call(stub const& self, client_streaming_method<Request, Response> const& method,
                        call_options options = call_options())
      : detail::streaming_call(self, method, options, nullptr) {}

  /// Queues a message; suspends while much is queued. False when the call is over: finish() says why. Throws rpc_error
  /// RESOURCE_EXHAUSTED for a message above the limit. Any cancellation type ends the wait with CANCELLED thrown; the
  /// message is sent all the same.
  asio::awaitable<bool> write(Request const& message, write_options how = write_options()) {
    return handle_.write(&message, how);
  }
  /// void(status, bool): whether the call took the message; false with OK when it is over.
  template <completion_token<void(status, bool)> Token>
  auto write(Request message, Token&& token) {
    return write(std::move(message), write_options(), std::forward<Token>(token));
  }
  template <completion_token<void(status, bool)> Token>
  auto write(Request message, write_options how, Token&& token) {
    return handle_.start<detail::write_operation<Request>, void(status, bool), Token>(
        token, detail::call_operation::kind::write, std::move(message), how);
  }
  /// No more messages. finish() implies it. Never waits, so that cancellation has no effect.
  asio::awaitable<void> writes_done() { return handle_.writes_done(); }
  /// void(status), always OK.
  template <completion_token<void(status)> Token>
  auto writes_done(Token&& token) {
    return handle_.start<detail::writes_done_operation, void(status), Token>(token,
                                                                             detail::call_operation::kind::writes_done);
  }
  /// Waits for the answer. Throws rpc_error unless the status is OK. Any cancellation type cancels the call.
  asio::awaitable<Response> finish() {
    Response response;
    co_await handle_.finish(&response);
    co_return response;
  }
  /// void(status, Response).
  template <completion_token<void(status, Response)> Token>
  auto finish(Token&& token) {
    return handle_.start<detail::finish_operation<Response>, void(status, Response), Token>(
        token, detail::call_operation::kind::finish);
  }
};

/// Many requests, many responses, in any order.
template <class Request, class Response>
class bidi_streaming_call : public detail::call_reading<Response> {
 public:
  bidi_streaming_call(stub const& self, bidi_streaming_method<Request, Response> const& method,
                      call_options options = call_options())
      : detail::call_reading<Response>(self, method, options, nullptr) {}

  /// As in client_streaming_call; read() says why the call is over.
  asio::awaitable<bool> write(Request const& message, write_options how = write_options()) {
    return this->handle_.write(&message, how);
  }
  template <completion_token<void(status, bool)> Token>
  auto write(Request message, Token&& token) {
    return write(std::move(message), write_options(), std::forward<Token>(token));
  }
  template <completion_token<void(status, bool)> Token>
  auto write(Request message, write_options how, Token&& token) {
    return this->handle_.template start<detail::write_operation<Request>, void(status, bool), Token>(
        token, detail::call_operation::kind::write, std::move(message), how);
  }
  asio::awaitable<void> writes_done() { return this->handle_.writes_done(); }
  template <completion_token<void(status)> Token>
  auto writes_done(Token&& token) {
    return this->handle_.template start<detail::writes_done_operation, void(status), Token>(
        token, detail::call_operation::kind::writes_done);
  }

 protected:
  /// Of a method that lives as long as its calls.
  bidi_streaming_call(stub const& self, std::shared_ptr<bidi_streaming_method<Request, Response> const> const& method,
                      call_options const& options)
      : detail::call_reading<Response>(self, *method, options, nullptr, method) {}
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/calls.ipp>
#endif
