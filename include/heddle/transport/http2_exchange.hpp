// A stream of HTTP/2 as the call that goes over it sees it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <heddle/base/config.hpp>
#include <heddle/http2/connection.hpp>
#include <heddle/rpc/exchange.hpp>

namespace heddle::transport {

class http2_driver;

/// A stream of a driver, seen as an exchange. Recycled by its driver.
class http2_exchange final : public rpc::exchange {
 public:
  explicit http2_exchange(http2_driver& driver) noexcept : driver_(driver) {}

  HEDDLE_DECL void send_head(header_list const& fields) override;
  HEDDLE_DECL void send_head_and_end(header_list const& fields) override;
  HEDDLE_DECL std::uint8_t* prepare(std::size_t n) override;
  HEDDLE_DECL bool commit(std::size_t n) override;
  HEDDLE_DECL void send_end() override;
  HEDDLE_DECL void send_trailers(header_list const& fields) override;
  HEDDLE_DECL void cancel() override;
  HEDDLE_DECL void consumed(std::size_t n) override;
  HEDDLE_DECL bool should_wait() const override;
  HEDDLE_DECL void notify_writable() override;
  HEDDLE_DECL bool is_held_back() const override;
  HEDDLE_DECL void release() override;

 private:
  friend class http2_driver;
  bool fits(header_list const& fields) const noexcept;

  http2_driver& driver_;
  http2::stream* stream_ = nullptr;
  rpc::exchange_events* events_ = nullptr;
  bool touched_ = false;  // lent bytes in this batch
};

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/http2_driver.hpp>
#endif
