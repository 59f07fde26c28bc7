// Where a server listens, and what a client connects to: an IP address and a port, or a Unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace heddle {

class endpoint {
 public:
  enum class family : std::uint8_t { ip, unix_path, unix_abstract };

  endpoint() noexcept {}
  endpoint(std::string address, std::uint16_t port) noexcept : address_(std::move(address)), port_(port) {}
  /// A Unix socket in the file system. The empty path is that of a socket without a name.
  static endpoint at_path(std::string path) noexcept { return endpoint(std::move(path), family::unix_path); }
  /// A Unix socket in Linux's abstract namespace; `name` is without the NUL in front.
  static endpoint at_abstract(std::string name) noexcept { return endpoint(std::move(name), family::unix_abstract); }

  family kind() const noexcept { return kind_; }
  bool is_unix() const noexcept { return kind_ != family::ip; }
  /// IP: literal, without brackets. Unix: the path or the name.
  std::string const& address() const noexcept { return address_; }
  /// 0 for Unix sockets.
  std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:50051", "[::1]:50051", "unix:/run/greeter", "unix-abstract:greeter": what a client's channel takes as
  /// its target, and a server's listen() as its address.
  std::string to_string() const {
    if (kind_ == family::unix_path) return "unix:" + address_;
    if (kind_ == family::unix_abstract) return "unix-abstract:" + address_;
    return (is_v6() ? "[" + address_ + "]" : address_) + ":" + std::to_string(port_);
  }
  /// The same with a scheme in every case: "ipv4:127.0.0.1:50051". This is how peers are named.
  std::string to_target() const { return is_unix() ? to_string() : (is_v6() ? "ipv6:" : "ipv4:") + to_string(); }

  friend bool operator==(endpoint const&, endpoint const&) = default;

 private:
  endpoint(std::string address, family kind) noexcept : address_(std::move(address)), kind_(kind) {}
  bool is_v6() const noexcept { return address_.find(':') != std::string::npos; }

  std::string address_;
  std::uint16_t port_ = 0;
  family kind_ = family::ip;
};

}  // namespace heddle
