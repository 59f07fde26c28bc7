// TLS for servers.
#pragma once

#include <functional>
#include <memory>

#include <heddle/base/config.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/tls_context.hpp>

namespace heddle {

/// For listen_options::filter(): server.listen("[::]:443", listen_options().filter(tls_server(std::move(context)))).
/// server_options::handshake_timeout() bounds the handshake.
HEDDLE_DECL std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)> tls_server(
    tls_context_source contexts);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/tls.ipp>
#endif
