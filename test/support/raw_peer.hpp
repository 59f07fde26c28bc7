// The scripted peer of the library as our own tests use it, in either role.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/testing/scripted_peer.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

namespace heddle::test {

/// The scripted peer of the library, saying nothing by itself.
class raw_peer : public testing::scripted_peer {
 public:
  explicit raw_peer(std::unique_ptr<byte_stream> stream, http2::role who = http2::role::client)
      : testing::scripted_peer(who, std::move(stream), testing::manners::none), frames(codec()) {}

  testing::frame_codec& frames;
};

/// A client without manners at the world's server.
inline raw_peer raw_client(world& w) {
  asio::any_io_executor const executor = w.context.get_executor();
  auto ends = make_memory_streams(executor, executor, memory_stream_options().capacity(1 << 20));
  w.server->serve(std::move(ends.second));
  return raw_peer(std::move(ends.first));
}

/// Preface and SETTINGS of a client; forgets the server's.
inline void handshake(world& w, raw_peer& peer) {
  peer.send(std::string(http2::client_preface) + settings() + settings_ack());
  w.clock.settle();
  peer.received();
}

/// What has come on one stream since the peer was asked last: frames without DATA as text, and all DATA.
struct stream_frames {
  std::string heads;
  std::string bytes;
};

inline stream_frames frames_of(raw_peer& peer, stream_id id) {
  stream_frames of;
  for (parsed_frame const& f : peer.heard()) {
    if (f.head.id != id) continue;
    if (f.head.type == http2::frame_type::data)
      of.bytes += f.payload;
    else
      of.heads += f.text + "; ";
  }
  return of;
}

inline header_list grpc_request(std::string_view path = "/lab.Echo/Unary") {
  return fields({{":method", "POST"},
                 {":scheme", "http"},
                 {":path", path},
                 {":authority", "host"},
                 {"te", "trailers"},
                 {"content-type", "application/grpc"}});
}

/// With its five bytes in front.
inline std::string framed(Text const& message) { return message_of(message); }

/// Streams that the channel connects to come here, for the test to be their server.
class raw_servers {
 public:
  heddle::connector connector(world& w) {
    return testing::connect_memory(
        w.context.get_executor(), [this](std::unique_ptr<byte_stream> s) { peers.emplace_back(std::move(s)); },
        memory_stream_options().capacity(1 << 20));
  }
  raw_peer& last() {
    REQUIRE(!peers.empty());
    return peers.back();
  }
  std::vector<raw_peer> peers;
};

}  // namespace heddle::test
