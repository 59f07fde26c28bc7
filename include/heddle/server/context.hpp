// What a handler knows of its call beside the messages.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/rpc/write_options.hpp>
#include <heddle/server/stream_operation.hpp>
#include <heddle/transport/auth.hpp>
#include <heddle/transport/call_scope.hpp>

namespace heddle {

namespace asio = boost::asio;

/// Lives as long as its handler, also when the client is long gone or the server has stopped. Used on the executor that
/// the handler was started on; a handler that went elsewhere must come back first.
class server_context {
 public:
  explicit server_context(detail::server_call& call) noexcept : call_(call) {}
  server_context(server_context const&) = delete;
  server_context& operator=(server_context const&) = delete;

  method_descriptor const& method() const noexcept;
  /// Of the client, as a target: "ipv4:192.0.2.7:50112".
  std::string_view peer() const noexcept;
  /// Who the client has proved to be; null on a connection without TLS.
  std::shared_ptr<auth_info const> auth() const;
  std::string_view authority() const noexcept;
  metadata const& request_headers() const noexcept;

  /// The time by which the client wants the answer; `never` if it set none.
  time_point deadline() const noexcept;
  /// What is left of it now, never below zero; nothing if there is none.
  std::optional<duration> time_left() const noexcept;
  /// The client has gone, the deadline has passed, or the server was stopped: nobody hears the answer. The handler's
  /// cancellation slot fired (terminal) when this became true.
  bool cancelled() const noexcept;

  /// For calls made on behalf of this one: `stub.call(request, call_options().parent(context))`. It ends when the
  /// handler is cancelled, and when it has returned.
  std::shared_ptr<call_scope> scope();

  /// Initial metadata. It leaves with the first message, with send_headers() or with the end: what is added later is
  /// lost.
  metadata& headers() noexcept;
  /// Sends the initial metadata now. Does nothing when it was sent. Throws rpc_error CANCELLED when the call is over.
  asio::awaitable<void> send_headers();
  /// void(status), on the token's associated executor, by default the connection's. To be started on the handler's
  /// executor. Never waits, so that cancellation has no effect.
  template <completion_token<void(status)> Token>
  auto send_headers(Token&& token);

  /// What this answer's messages are compressed with: the name of one of server_options::compressors(), or "identity".
  /// False: they leave as they are, since that was asked for, the client does not take it, or the head has left. Throws
  /// std::invalid_argument when the server has no such compressor.
  bool compression(std::string_view name);
  /// The request message that was read last came compressed.
  bool request_compressed() const noexcept;
  /// What the client compresses with; empty: nothing.
  std::string_view request_encoding() const noexcept;

  /// What followed `application/grpc+` in the request's content-type, as it was written there, and follows it in the
  /// answer's: the form of the messages. Empty: nothing did, which means "proto".
  std::string_view content_subtype() const noexcept;

  /// Trailing metadata. It leaves with the status.
  metadata& trailers() noexcept;

  /// An empty message that an earlier call on this connection left behind, with its memory, or a new one. Give it back
  /// by answering with it.
  template <class Response>
  Response new_reply() {
    Response fresh;
    using std::swap;
    swap(fresh, *static_cast<Response*>(kept_reply(*ops_of<Response>)));
    return fresh;
  }

 private:
  void* kept_reply(message_ops const& ops);
  detail::server_call& call_;
};

namespace detail {

/// How typed code reaches the erased call, whose class needs sockets and timers that handlers need not see.
struct call_access {
  static server_context& context(server_call& call) noexcept;
  static void* single_request(server_call& call, message_ops const& ops);
  static status request_error(server_call& call);
  static status single_response(server_call& call, void const* message, message_ops const& ops);
  static void* lent_reply(server_call& call, message_ops const& ops) noexcept;
  static status checked_error(status const& error);
  static constexpr std::size_t stream_room = 2 * sizeof(void*);
  static void* room_for_stream(server_call& call) noexcept;
  static asio::any_io_executor const& executor(server_call const& call) noexcept;
  static std::shared_ptr<server_call> share(server_call& call);
  static asio::awaitable<bool> read(server_call& call, void* message, message_ops const& ops);
  static bool try_read(server_call& call, void* message, message_ops const& ops);
  static asio::awaitable<void> write(server_call& call, void const* message, message_ops const& ops, write_options how);
};

}  // namespace detail

template <completion_token<void(status)> Token>
auto server_context::send_headers(Token&& token) {
  return detail::start_operation<detail::send_headers_operation, void(status), Token>(
      token, detail::call_access::executor(call_), detail::call_access::share(call_));
}

}  // namespace heddle
