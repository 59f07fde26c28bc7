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
  HEDDLE_DECL asio::awaitable<status> innermost() override;
  HEDDLE_DECL void answer(void const* response) override;
  HEDDLE_DECL status on_return() override;
  HEDDLE_DECL void on_exception(std::exception_ptr error) override;

  server_call& call_;
  bool handler_ran_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/call.hpp>  // which includes the bodies
#endif
