// Channels to a server in the same process: the real codec, without ports.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/connector.hpp>
#include <heddle/server/server.hpp>
#include <heddle/transport/memory.hpp>

namespace heddle::testing {

/// For channel_options::use_connector(): each attempt gets one end of a memory stream, and `accept` the other, which is
/// made for `accept_on`. Attempts fail with connection_refused while `accept` is empty.
inline connector connect_memory(asio::any_io_executor accept_on,
                                std::function<void(std::unique_ptr<byte_stream>)> accept,
                                memory_stream_options options = memory_stream_options()) {
  return [accept_on = std::move(accept_on), accept = std::move(accept), options](
             endpoint const&, asio::any_io_executor executor,
             std::function<void(error_code, std::unique_ptr<byte_stream>)> done) {
    struct attempt final : connection_attempt {
      std::shared_ptr<bool> alive = std::make_shared<bool>(true);
      ~attempt() override { *alive = false; }
    };
    auto made = std::make_unique<attempt>();
    asio::post(executor, [alive = made->alive, executor, accept_on, accept, options, done = std::move(done)] {
      if (!*alive) return;
      if (!accept) return done(asio::error::connection_refused, nullptr);
      auto ends = make_memory_streams(executor, accept_on, options);
      accept(std::move(ends.second));
      done(error_code(), std::move(ends.first));
    });
    return std::unique_ptr<connection_attempt>(std::move(made));
  };
}

/// The same, to a server of ours. The server must outlive the channel. Every connection is served on `executor`.
inline connector connect_memory(server& to, asio::any_io_executor executor,
                                memory_stream_options options = memory_stream_options()) {
  return connect_memory(
      std::move(executor), [&to](std::unique_ptr<byte_stream> stream) { to.serve(std::move(stream)); }, options);
}

}  // namespace heddle::testing
