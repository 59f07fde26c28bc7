// The other end of a connection, whose bytes a test writes one by one and reads as text: http2/support.hpp on a stream.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>

#include <heddle/transport/memory.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

namespace heddle::test {

class raw_peer {
 public:
  explicit raw_peer(std::unique_ptr<byte_stream> stream) : state_(std::make_shared<state>()) {
    state_->stream = std::move(stream);
    state_->read();
  }
  ~raw_peer() {
    if (state_ != nullptr) state_->stream->close();
  }
  raw_peer(raw_peer&&) noexcept = default;

  void send(std::string_view bytes) {
    boost::system::error_code ec;
    std::size_t const n = state_->stream->write_some(asio::buffer(bytes), asio::const_buffer(), ec);
    CHECK(!ec);
    CHECK(n == bytes.size());
  }
  void send(std::initializer_list<std::string> pieces) {
    for (std::string const& piece : pieces) send(std::string_view(piece));
  }
  /// The bytes that came since the last call.
  std::string bytes() { return std::exchange(state_->received, {}); }
  /// The same as text; frames must be whole.
  std::string received() {
    std::vector<std::string> lines;
    for (parsed_frame const& f : frames.parse(bytes())) lines.push_back(f.text);
    return joined(lines);
  }
  /// The other side has said its last word.
  bool ended() const noexcept { return state_->ended; }
  void half_close() { state_->stream->shut_down_write(); }
  void close() { state_->stream->close(); }

  scripted_peer frames;

 private:
  struct state final : byte_stream_user {
    void read() { stream->read_some(asio::buffer(buffer), shared_from_this()); }
    void on_read(boost::system::error_code ec, std::size_t n) override {
      ended = static_cast<bool>(ec);
      if (ended) return;
      received.append(buffer, n);
      read();
    }
    void on_writable(boost::system::error_code) override {}

    std::unique_ptr<byte_stream> stream;
    std::string received;
    bool ended = false;
    char buffer[16 * 1024];
  };
  std::shared_ptr<state> state_;
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

inline header_list grpc_request(std::string_view path = "/lab.Echo/Unary") {
  return fields({{":method", "POST"},
                 {":scheme", "http"},
                 {":path", path},
                 {":authority", "host"},
                 {"te", "trailers"},
                 {"content-type", "application/grpc"}});
}

/// With its five bytes in front.
inline std::string framed(Text const& message) {
  std::string const body = message.SerializeAsString();
  return std::string(1, '\0') + u32(static_cast<std::uint32_t>(body.size())) + body;
}

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
