// Where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace heddle {

class endpoint {
 public:
  endpoint() noexcept {}
  endpoint(std::string address, std::uint16_t port) noexcept : address_(std::move(address)), port_(port) {}

  /// Literal, without brackets.
  std::string const& address() const noexcept { return address_; }
  std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:50051" or "[::1]:50051": what a client's channel takes as its target.
  std::string to_string() const {
    bool const v6 = address_.find(':') != std::string::npos;
    return (v6 ? "[" + address_ + "]" : address_) + ":" + std::to_string(port_);
  }

 private:
  std::string address_;
  std::uint16_t port_ = 0;
};

}  // namespace heddle
