// Interceptors: coroutines around a call, on either side, for all kinds of calls.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/rpc/call_context.hpp>

namespace heddle {

namespace asio = boost::asio;

class next;

/// `asio::awaitable<status> f(call_context& call, next inner)`. What it returns is the status of the call; an rpc_error
/// that it throws is that status, too, and any other exception is UNKNOWN. One object serves many calls, at the same
/// time where connections or channels run on several threads.
///
/// It runs on the connection's executor (server) or the channel's (client). Cancelling the call, its deadline, and a
/// client or server that goes away fire its cancellation slot (terminal), unless it waits in `inner`, which then
/// returns. On a client the caller does not wait for it in these cases.
using interceptor = std::function<asio::awaitable<status>(call_context& call, next inner)>;

namespace detail {

/// The interceptors of one call, and where they have got to. Recycled with its call.
class interception : public call_context {
 public:
  /// The first of them, which runs the others; with the status that the last word gave.
  asio::awaitable<status> run(std::size_t depth = 0);

  std::vector<interceptor const*>& chain() noexcept { return chain_; }
  /// Forgets all hooks: they may refer to coroutines that have ended.
  void reset() noexcept;

  bool has_request_hooks() const noexcept { return !request_hooks_.empty(); }
  bool has_response_hooks() const noexcept { return !response_hooks_.empty(); }
  // With what the hooks return, or throw.
  status see_request(message_view& message);
  status see_response(message_view& message);
  status see_response_headers(metadata& headers);

 protected:
  ~interception() = default;
  /// The call itself: the handler, or the attempts.
  virtual asio::awaitable<status> innermost() = 0;
  /// `next` is about to return. Not OK: with this, unless it has a better reason.
  virtual status on_return() { return {}; }
  /// What is no rpc_error. Must not throw.
  virtual void on_exception(std::exception_ptr) {}

 private:
  friend class heddle::next;
  asio::awaitable<status> go_on(std::size_t depth);
  void forget_deeper(std::size_t depth);
  template <class F>
  status call_hooks(F f);

  std::vector<interceptor const*> chain_;
};

}  // namespace detail

/// The rest of the call, from an interceptor's view: `status s = co_await inner();`. Never throws an RPC's status. On a
/// client it returns when the caller has taken all response messages, on a server when the handler has returned. May be
/// called again as long as the call is not committed(): what inner interceptors had registered is gone then, and on a
/// server the handler runs again. Used within the call that it was given for.
class next {
 public:
  next(detail::interception& call, std::size_t depth) noexcept : call_(&call), depth_(depth) {}
  asio::awaitable<status> operator()() const { return call_->go_on(depth_); }

 private:
  detail::interception* call_;
  std::size_t depth_;
};

/// The interceptors of a channel or of a server, in the order of their registration.
class interceptor_list {
 public:
  /// `scope`: "" for all calls, "package.Service", or "/package.Service/Method".
  void add(std::string scope, interceptor f) { entries_.push_back({std::move(scope), std::move(f)}); }
  bool empty() const noexcept { return entries_.empty(); }
  /// Those of one method, outermost first. They live in this list.
  void collect(method_descriptor const& method, std::vector<interceptor const*>& into) const;

 private:
  struct entry {
    std::string scope;
    interceptor f;
  };
  std::vector<entry> entries_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/interceptor.ipp>
#endif
