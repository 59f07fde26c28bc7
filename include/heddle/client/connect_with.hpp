// A channel over one stream that is connected already: a socketpair, the pipes of a child process, a tunnel. Opt-in.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/connector.hpp>
#include <heddle/transport/any_stream.hpp>

namespace heddle {

/// For channel_options::use_connector(). The channel's name then only says what :authority is. Once the stream has
/// ended there is no other one: calls fail with UNAVAILABLE.
template <class Stream>
connector connect_with(Stream stream) {
  auto const kept = std::make_shared<std::optional<Stream>>(std::move(stream));
  return [kept](connect_request const& request, connect_handler done) -> std::unique_ptr<connection_attempt> {
    struct attempt final : connection_attempt {
      std::shared_ptr<bool> alive = std::make_shared<bool>(true);
      ~attempt() override { *alive = false; }
    };
    auto made = std::make_unique<attempt>();
    auto const connect = [alive = made->alive, kept, executor = request.get_executor(), done = std::move(done)] {
      if (!*alive) return;
      if (!*kept)
        return done(status(status_code::unavailable, "the one stream of this channel has ended (connect_with)",
                           status_origin::transport));
      Stream only(std::move(**kept));
      kept->reset();
      done(byte_stream_maker<Stream>::make(std::move(only), executor));
    };
    asio::post(request.get_executor(), connect);
    return made;
  };
}

}  // namespace heddle
