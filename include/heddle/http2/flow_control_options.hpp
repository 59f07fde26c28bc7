// What a peer may send before it has to wait for us (RFC 9113 §5.2): memory for throughput.
#pragma once

#include <cstdint>
#include <utility>

#include <heddle/http2/limits.hpp>

namespace heddle {

/// For server_options::flow_control() and channel_options::flow_control(). Sizes are in bytes, and unread data never
/// takes more memory than the connection's window, apart from one message a call that is being waited for.
///
/// By default windows are adaptive: they begin with 256 KiB a stream and 1 MiB a connection, and grow while they are
/// what holds a sender back and handlers read what comes, up to max_window(). Setting a size turns that off, as in
/// other gRPC implementations.
class flow_control_options {
 public:
  flow_control_options() noexcept {}

  /// Of each stream, up to 2^31-1. Below 65,535 it is in force once the peer has acknowledged it, and never grows,
  /// whatever adaptive() says.
  flow_control_options& stream_window(std::uint32_t bytes) & noexcept {
    stream_ = bytes;
    adaptive_ = false;
    return *this;
  }
  flow_control_options&& stream_window(std::uint32_t bytes) && noexcept { return std::move(stream_window(bytes)); }
  /// Of all streams of a connection together, 65,535 (what HTTP/2 begins with) up to 2^31-1.
  flow_control_options& connection_window(std::uint32_t bytes) & noexcept {
    connection_ = bytes;
    adaptive_ = false;
    return *this;
  }
  flow_control_options&& connection_window(std::uint32_t bytes) && noexcept {
    return std::move(connection_window(bytes));
  }
  /// Whether the windows grow; to be set after their sizes. Default: true, unless a size was set.
  flow_control_options& adaptive(bool yes) & noexcept {
    adaptive_ = yes;
    return *this;
  }
  flow_control_options&& adaptive(bool yes) && noexcept { return std::move(adaptive(yes)); }
  /// How far the connection's window may grow, a stream's half as far. Default: 16 MiB.
  flow_control_options& max_window(std::uint32_t bytes) & noexcept {
    max_ = bytes;
    return *this;
  }
  flow_control_options&& max_window(std::uint32_t bytes) && noexcept { return std::move(max_window(bytes)); }

  std::uint32_t stream_window() const noexcept { return stream_; }
  std::uint32_t connection_window() const noexcept { return connection_; }
  bool adaptive() const noexcept { return adaptive_; }
  std::uint32_t max_window() const noexcept { return max_; }

  void apply_to(http2::limits& l) const noexcept {
    l.stream_window = stream_;
    l.connection_window = connection_;
    l.adaptive_windows = adaptive_;
    l.max_window = max_;
  }

 private:
  std::uint32_t stream_ = http2::limits().stream_window, connection_ = http2::limits().connection_window;
  std::uint32_t max_ = http2::limits().max_window;
  bool adaptive_ = true;
};

}  // namespace heddle
