// A client's call between its interceptors and its attempts.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <heddle/transport/interceptor.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::detail {

class client_call;

/// Belongs to its call. The interceptors run in a coroutine of their own on the channel's executor, beside the
/// caller's; should they not come back, the caller does not wait for them.
class client_interception final : public interception {
 public:
  explicit client_interception(client_call& call) noexcept : call_(call) {}

  /// Starts the outermost one. The call is not recycled before the last one has returned.
  void begin();
  bool running() const noexcept { return running_; }
  /// Its coroutine is not gone yet.
  bool alive() const noexcept { return alive_; }
  /// The attempts are over, or the call is: lets `next` return, once.
  void resume();
  bool waits_in_next() const noexcept { return ended_.waiting(); }
  /// The call is over and they wait for something else.
  void cancel() { signal_.emit(asio::cancellation_type::terminal); }
  void drop() noexcept { ended_.drop(); }

  call_side side() const noexcept override { return call_side::client; }
  HEDDLE_DECL method_descriptor const& method() const noexcept override;
  HEDDLE_DECL std::string_view peer() const noexcept override;
  HEDDLE_DECL std::string_view authority() const noexcept override;
  HEDDLE_DECL metadata& request_headers() noexcept override;
  HEDDLE_DECL metadata& response_headers() noexcept override;
  HEDDLE_DECL metadata& trailers() noexcept override;
  HEDDLE_DECL time_point deadline() const noexcept override;
  HEDDLE_DECL void set_deadline(time_point at) override;
  HEDDLE_DECL std::optional<duration> time_left() const noexcept override;
  HEDDLE_DECL bool cancelled() const noexcept override;
  HEDDLE_DECL bool committed() const noexcept override;

 private:
  static asio::awaitable<void> run_all(std::shared_ptr<client_call> call);
  HEDDLE_DECL asio::awaitable<status> innermost() override;
  HEDDLE_DECL void answer(void const* response) override;

  client_call& call_;
  waiter ended_;
  asio::cancellation_signal signal_;
  bool running_ = false, alive_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/call.hpp>  // which includes the bodies
#endif
