// How a server opens a port, and what lies between its sockets and HTTP/2.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <heddle/transport/byte_stream.hpp>

namespace heddle {

/// Wraps an accepted stream: TLS, or anything else that reads and writes bytes. Called on the server's own executor.
using stream_filter = std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)>;

class listen_options {
 public:
  listen_options() {}

  /// What every connection of this port goes through. Default: nothing.
  listen_options& filter(stream_filter f) & {
    filter_ = std::move(f);
    return *this;
  }
  listen_options&& filter(stream_filter f) && { return std::move(filter(std::move(f))); }
  stream_filter const& filter() const noexcept { return filter_; }

 private:
  stream_filter filter_;
};

}  // namespace heddle
