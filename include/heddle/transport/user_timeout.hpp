// TCP_USER_TIMEOUT, which Linux has and Asio has not (gRFC A18).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/system/error_code.hpp>

#include <heddle/base/time.hpp>

namespace heddle::detail {

/// An option to set and to get, as Asio wants them.
class user_timeout {
 public:
  explicit user_timeout(unsigned milliseconds = 0) noexcept : milliseconds_(milliseconds) {}
  unsigned milliseconds() const noexcept { return milliseconds_; }
  template <class Protocol>
  int level(Protocol const&) const noexcept {
    return IPPROTO_TCP;
  }
  template <class Protocol>
  int name(Protocol const&) const noexcept {
#ifdef TCP_USER_TIMEOUT
    return TCP_USER_TIMEOUT;
#else
    return -1;  // refused
#endif
  }
  template <class Protocol>
  unsigned const* data(Protocol const&) const noexcept {
    return &milliseconds_;
  }
  template <class Protocol>
  unsigned* data(Protocol const&) noexcept {
    return &milliseconds_;
  }
  template <class Protocol>
  std::size_t size(Protocol const&) const noexcept {
    return sizeof milliseconds_;
  }
  template <class Protocol>
  void resize(Protocol const&, std::size_t) noexcept {}

 private:
  unsigned milliseconds_;
};

/// Rounded up to milliseconds; 0 would be the system's default. Without effect on sockets that are not TCP's, and on
/// those that somebody has given a timeout before.
template <class Socket>
void set_user_timeout(Socket& socket, duration unacknowledged) noexcept {
  duration const bounded = std::clamp<duration>(unacknowledged, std::chrono::milliseconds(1), std::chrono::hours(500));
  auto const milliseconds = std::chrono::ceil<std::chrono::milliseconds>(bounded).count();
  user_timeout const option(static_cast<unsigned>(milliseconds));
  user_timeout before;
  boost::system::error_code ignored;
  socket.get_option(before, ignored);
  if (before.milliseconds() == 0) socket.set_option(option, ignored);
}

}  // namespace heddle::detail
