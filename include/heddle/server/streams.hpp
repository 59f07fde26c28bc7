// The streams that handlers read from and write to.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>

#include <heddle/rpc/method.hpp>
#include <heddle/server/context.hpp>
#include <heddle/server/stream_operation.hpp>

namespace heddle {

namespace detail {

template <class Request>
class reading {
 public:
  /// The next message; nothing after the last one. Throws rpc_error: CANCELLED once the call is over, INTERNAL for what
  /// is no such message, RESOURCE_EXHAUSTED for one above the limit. Any cancellation type ends the wait with CANCELLED
  /// thrown; no message is lost and the stream can be read on.
  asio::awaitable<std::optional<Request>> read() {
    std::optional<Request> message(std::in_place);
    bool const more = co_await call_access::read(*call_, &*message, *ops_of<Request>);
    if (!more) message.reset();
    co_return message;
  }
  /// The same into a message that is used again, for loops without allocation. False after the last one.
  asio::awaitable<bool> read(Request& message) { return call_access::read(*call_, &message, *ops_of<Request>); }
  /// void(status, std::optional<Request>): a message; or OK without one after the last; or why there is none. To be
  /// started on the handler's executor; completes on the token's associated executor, by default the connection's, and
  /// never inside of read(). Pending when the handler ends: CANCELLED. Cancellation is as above.
  template <completion_token<void(status, std::optional<Request>), Request> Token>
  auto read(Token&& token) {
    return start_operation<stream_read_operation<Request>, void(status, std::optional<Request>), Token>(
        token, call_access::executor(*call_), call_access::share(*call_));
  }
  /// void(status, bool), into a message that must live until then. False and OK after the last one.
  template <completion_token<void(status, bool)> Token>
  auto read(Request& message, Token&& token) {
    return start_operation<stream_read_into_operation<Request>, void(status, bool), Token>(
        token, call_access::executor(*call_), call_access::share(*call_), &message);
  }
  /// Takes a message that is here already. False: none is, now or any more.
  bool try_read(Request& message) { return call_access::try_read(*call_, &message, *ops_of<Request>); }

 protected:
  explicit reading(server_call& call) noexcept : call_(&call) {}

 private:
  server_call* call_;
};

template <class Response>
class writing {
 public:
  /// Queues a message, and suspends only while much is queued already: then any cancellation type ends the wait with
  /// CANCELLED thrown, and the message is sent all the same. `message` is needed until the co_await ends. Throws
  /// rpc_error CANCELLED once the call is over.
  asio::awaitable<void> write(Response const& message, write_options how = write_options()) {
    return call_access::write(*call_, &message, *ops_of<Response>, how);
  }
  /// void(status), with a message of its own; otherwise as read() with a token. Cancellation is as above.
  template <completion_token<void(status)> Token>
  auto write(Response message, Token&& token) {
    return write(std::move(message), write_options(), std::forward<Token>(token));
  }
  template <completion_token<void(status)> Token>
  auto write(Response message, write_options how, Token&& token) {
    return start_operation<stream_write_operation<Response>, void(status), Token>(
        token, call_access::executor(*call_), call_access::share(*call_), std::move(message), how);
  }

 protected:
  explicit writing(server_call& call) noexcept : call_(&call) {}

 private:
  server_call* call_;
};

}  // namespace detail

/// Client streaming: what the client sends. Reading and writing may overlap; two reads, or two writes, may not.
template <class Request>
class reader : public detail::reading<Request> {
 public:
  explicit reader(detail::server_call& call) noexcept : detail::reading<Request>(call) {}
};

/// Server streaming: what the client receives.
template <class Response>
class writer : public detail::writing<Response> {
 public:
  explicit writer(detail::server_call& call) noexcept : detail::writing<Response>(call) {}
};

/// Bidirectional streaming.
template <class Request, class Response>
class stream : public detail::reading<Request>, public detail::writing<Response> {
 public:
  explicit stream(detail::server_call& call) noexcept
      : detail::reading<Request>(call), detail::writing<Response>(call) {}
};

}  // namespace heddle
