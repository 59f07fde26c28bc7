// Two ends of a connection inside the process: the real codec without sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/transport/byte_stream.hpp>

namespace heddle {

class memory_stream_options {
 public:
  memory_stream_options() noexcept {}
  /// Bytes that one direction holds before its writer must wait. Default 64 KiB.
  memory_stream_options& capacity(std::size_t bytes) noexcept {
    capacity_ = bytes;
    return *this;
  }
  /// The most that one read returns, to split input. Default: no limit.
  memory_stream_options& max_read(std::size_t bytes) noexcept {
    max_read_ = bytes;
    return *this;
  }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t max_read() const noexcept { return max_read_; }

 private:
  std::size_t capacity_ = 64 * 1024;
  std::size_t max_read_ = static_cast<std::size_t>(-1);
};

/// A connected pair, one end for each executor (which may be the same). The ends may be used from different threads.
HEDDLE_DECL std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>> make_memory_streams(
    asio::any_io_executor first, asio::any_io_executor second,
    memory_stream_options const& options = memory_stream_options());

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/memory.ipp>
#endif
