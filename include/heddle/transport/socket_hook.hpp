// What an application may do to the library's sockets before they are used.
#pragma once

#include <functional>
#include <string_view>

#include <boost/system/error_code.hpp>

#include <heddle/transport/endpoint.hpp>

namespace heddle {

/// A socket as the system knows it: what setsockopt() takes. It stays the library's.
using native_socket = int;

/// Sees a socket that was just opened, before it is bound or connected to `where`: for DSCP, SO_BINDTODEVICE, SO_MARK,
/// TCP_USER_TIMEOUT (which then counts instead of keepalive_timeout), buffer sizes. An error ends the attempt and is
/// its cause.
using open_hook = std::function<boost::system::error_code(native_socket socket, endpoint const& where)>;

/// Sees a socket that was just accepted, before a byte is read. `peer` is what server_context::peer() will say. False
/// closes it.
using accept_hook = std::function<bool(native_socket socket, std::string_view peer)>;

}  // namespace heddle
