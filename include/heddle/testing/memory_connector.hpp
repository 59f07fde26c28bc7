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

/// For channel_options::use_connector(): every attempt fails with `why`.
inline connector fail_to_connect(status why) {
  return [why = std::move(why)](connect_request const& request, connect_handler done) {
    struct attempt final : connection_attempt {
      std::shared_ptr<bool> alive = std::make_shared<bool>(true);
      ~attempt() override { *alive = false; }
    };
    auto made = std::make_unique<attempt>();
    asio::post(request.get_executor(), [alive = made->alive, why, done = std::move(done)] {
      if (*alive) done(why);
    });
    return std::unique_ptr<connection_attempt>(std::move(made));
  };
}

/// For channel_options::use_connector(): each attempt gets one end of a memory stream, and `accept` the other, which is
/// made for `accept_on`. Attempts fail with UNAVAILABLE while `accept` is empty.
inline connector connect_memory(asio::any_io_executor accept_on,
                                std::function<void(std::unique_ptr<byte_stream>)> accept,
                                memory_stream_options options = memory_stream_options()) {
  return [accept_on = std::move(accept_on), accept = std::move(accept), options](connect_request const& request,
                                                                                 connect_handler done) {
    struct attempt final : connection_attempt {
      std::shared_ptr<bool> alive = std::make_shared<bool>(true);
      ~attempt() override { *alive = false; }
    };
    auto made = std::make_unique<attempt>();
    auto const executor = request.get_executor();
    asio::post(executor, [alive = made->alive, executor, accept_on, accept, options, done = std::move(done)] {
      if (!*alive) return;
      if (!accept) return done(status(status_code::unavailable, "nobody accepts memory streams here"));
      auto ends = make_memory_streams(executor, accept_on, options);
      accept(std::move(ends.second));
      done(std::move(ends.first));
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
