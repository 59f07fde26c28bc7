// From an address to a connected stream: TCP, or what a test or a tunnel puts in its place.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/endpoint.hpp>

namespace heddle {

/// One attempt to connect. Destroying it cancels: `done` is not called then.
class connection_attempt {
 public:
  virtual ~connection_attempt() = default;
};

/// Connects on `executor` and calls `done` there, never from inside the call.
using connector = std::function<std::unique_ptr<connection_attempt>(
    endpoint const& where, asio::any_io_executor executor,
    std::function<void(error_code, std::unique_ptr<byte_stream>)> done)>;

/// Plain TCP.
HEDDLE_DECL std::unique_ptr<connection_attempt> connect_tcp(
    endpoint const& where, asio::any_io_executor executor,
    std::function<void(error_code, std::unique_ptr<byte_stream>)> done);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/connector.ipp>
#endif
