// A call as interceptors see it, on either side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/metadata.hpp>
#include <heddle/base/rpc_error.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/rpc/message_view.hpp>
#include <heddle/rpc/method.hpp>

namespace heddle {

enum class call_side : std::uint8_t { client, server };

/// What a hook returns other than OK ends the call with that status, and so does an rpc_error that it throws; any other
/// exception is UNKNOWN, and on a server shown to server_options::on_exception(). Hooks do not wait, and do not call
/// back into the call that they are told about.
using message_hook = std::function<status(message_view& message)>;
/// Ends the call by what it throws, in the same way.
using headers_hook = std::function<void(metadata& headers)>;

/// Lives as long as the interceptor that it was given to. Used on the executor that the interceptor was started on.
class call_context {
 public:
  call_context(call_context const&) = delete;
  call_context& operator=(call_context const&) = delete;

  virtual call_side side() const noexcept = 0;
  virtual method_descriptor const& method() const noexcept = 0;
  /// The other end, as a target. On a client empty until a connection has taken the call.
  virtual std::string_view peer() const noexcept = 0;
  virtual std::string_view authority() const noexcept = 0;

  /// Client: what `next` is going to send, each time it is called. Server: what came.
  virtual metadata& request_headers() noexcept = 0;
  /// Client: what came, once `next` has returned; on_response_headers() sees it earlier. Server: what leaves with the
  /// first message of a stream, or with the end of the call.
  virtual metadata& response_headers() noexcept = 0;
  /// Client: what came, once `next` has returned. Server: what leaves with the status.
  virtual metadata& trailers() noexcept = 0;

  /// `never` if there is none.
  virtual time_point deadline() const noexcept = 0;
  /// Client: also what `next` tells the server. Setting it to the past ends the call soon.
  virtual void set_deadline(time_point at) = 0;
  /// What is left until the deadline, never below zero; nothing if there is none.
  virtual std::optional<duration> time_left() const noexcept = 0;
  /// The call is over whatever the interceptor does: cancelled, past its deadline, or nobody is there any more.
  virtual bool cancelled() const noexcept = 0;
  /// It can't be made again. Client: response headers have come, or more was sent than
  /// channel_options::replay_limit() keeps. Server: a stream was read from, or something was sent.
  virtual bool committed() const noexcept = 0;

  /// Sees every request message: first registered, first called. Register before `next`. Client: once, also when it is
  /// sent again. Server: a unary request again each time that `next` is called.
  void on_request(message_hook hook) { add(request_hooks_, std::move(hook)); }
  /// Sees every response message: last registered, first called, for responses come from within.
  void on_response(message_hook hook) { add(response_hooks_, std::move(hook)); }
  /// Sees the response headers before anybody else does (client), or just before they leave (server).
  void on_response_headers(headers_hook hook) { add(header_hooks_, std::move(hook)); }

  /// A response without `next`: return OK after it. Of the method's type; several times if the method streams
  /// responses. Throws rpc_error INTERNAL for a message of another type.
  template <class Response>
  void answer(Response const& response) {
    if (&method().response() != ops_of<Response>)
      throw rpc_error(status_code::internal, "an interceptor answered with a " +
                                                 std::string(ops_of<Response>->type_name()) + " instead of a " +
                                                 std::string(method().response().type_name()));
    answer(static_cast<void const*>(&response));
  }

 protected:
  template <class Hook>
  struct registered {
    Hook hook;
    std::size_t depth;  // of the interceptor
  };

  call_context() = default;
  ~call_context() = default;
  virtual void answer(void const* response) = 0;

  std::vector<registered<message_hook>> request_hooks_, response_hooks_;
  std::vector<registered<headers_hook>> header_hooks_;
  std::size_t depth_ = 0;  // of the interceptor that runs

 private:
  template <class Hook>
  void add(std::vector<registered<Hook>>& hooks, Hook hook) {
    hooks.push_back({std::move(hook), depth_});
  }
};

}  // namespace heddle
