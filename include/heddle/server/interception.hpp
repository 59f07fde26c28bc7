// A server's call between its interceptors and its handler.
#pragma once

#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/transport/interceptor.hpp>

namespace heddle::detail {

class server_call;

/// Belongs to its call, and is used where that is.
class server_interception final : public interception {
 public:
  explicit server_interception(server_call& call) noexcept : call_(call) {}

  void begin(std::vector<interceptor const*> const& interceptors);

  call_side side() const noexcept override { return call_side::server; }
  method_descriptor const& method() const noexcept override;
  std::string_view peer() const noexcept override;
  std::string_view authority() const noexcept override;
  metadata& request_headers() noexcept override;
  metadata& response_headers() noexcept override;
  metadata& trailers() noexcept override;
  time_point deadline() const noexcept override;
  void set_deadline(time_point at) override;
  std::optional<duration> time_left() const noexcept override;
  bool cancelled() const noexcept override;
  bool committed() const noexcept override;

 private:
  asio::awaitable<status> innermost() override;
  void answer(void const* response) override;
  status on_return() override;
  void on_exception(std::exception_ptr error) override;

  server_call& call_;
  bool handler_ran_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/call.hpp>  // which includes the bodies
#endif
