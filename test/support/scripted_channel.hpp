// A channel whose servers are the test: it writes their bytes, and shuts the way to them.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/raw_peer.hpp"

namespace heddle::test {

inline std::vector<http2::setting> streams(std::uint32_t most) {
  return {{http2::setting_id::max_concurrent_streams, most}};
}

/// One call of each kind, which ends when the server answers.
enum class call_kind { unary, download, upload, chat };
inline auto const all_kinds = {call_kind::unary, call_kind::download, call_kind::upload, call_kind::chat};

/// A transport that takes `room` bytes and then makes its writer wait.
class gated_stream final : public byte_stream {
 public:
  gated_stream(std::unique_ptr<byte_stream> under, std::size_t& room) : under_(std::move(under)), room_(room) {}
  asio::any_io_executor get_executor() override { return under_->get_executor(); }
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    under_->read_some(into, std::move(user));
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, boost::system::error_code& ec) override {
    std::vector<asio::const_buffer> allowed;
    for (asio::const_buffer const part : parts) {
      std::size_t const n = std::min(part.size(), room_);
      if (n != 0) allowed.push_back(asio::buffer(part, n));
      room_ -= n;
    }
    if (!allowed.empty()) return under_->write_some(allowed, ec);
    ec = asio::error::would_block;
    return 0;
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override {
    if (room_ != 0) under_->wait_writable(std::move(user));
  }
  void shut_down_write() noexcept override { under_->shut_down_write(); }
  void close() noexcept override { under_->close(); }
  std::string peer() const override { return under_->peer(); }

 private:
  std::unique_ptr<byte_stream> under_;
  std::size_t& room_;
};

/// A channel to servers whose bytes the test writes.
struct scripted_channel {
  explicit scripted_channel(channel_options co = channel_options()) {
    auto const accept = [this](std::unique_ptr<byte_stream> s) { peers.emplace_back(std::move(s)); };
    auto const plain = testing::connect_memory(w.context.get_executor(), accept);
    auto const gated = [this, plain](connect_request const& request, connect_handler done) {
      return plain(request, [this, done](result<std::unique_ptr<byte_stream>> made) {
        done(std::make_unique<gated_stream>(std::move(*made), room));
      });
    };
    co.use_clock(w.clock).single_threaded(true).use_random(std::make_shared<fixed_random>(1)).use_connector(gated);
    channel.emplace(w.context, "ipv4:192.0.2.1:1", co);
  }

  asio::awaitable<void> one(call_kind what, Text request, call_options options) {
    lab::echo::client client(*channel);
    Text reply;
    switch (what) {
      case call_kind::unary: reply = co_await client.unary(request, options); break;
      case call_kind::download: {
        auto in = client.download(request, options);
        while (auto message = co_await in.read()) reply = *message;
        break;
      }
      case call_kind::upload: {
        auto out = client.upload(options);
        co_await out.write(request);
        reply = co_await out.finish();
        break;
      }
      case call_kind::chat: {
        auto both = client.chat(options);
        co_await both.write(request);
        co_await both.writes_done();
        while (auto message = co_await both.read()) reply = *message;
        break;
      }
    }
    answers.push_back(reply.text());
  }
  task start(call_kind what, std::string words = "question", call_options options = call_options()) {
    auto const body = [this, what, words, options]() -> asio::awaitable<void> {
      Text const request = text(words);
      end = co_await status_of(one(what, request, options));
      ++ended;
    };
    return w.start(body);
  }

  raw_peer& last() {
    REQUIRE(!peers.empty());
    return peers.back();
  }
  /// SETTINGS of the newest server.
  void greet(std::vector<http2::setting> const& entries = {}) {
    w.clock.settle();
    last().send(settings(entries) + settings_ack());
    w.clock.settle();
  }
  void send(std::initializer_list<std::string> pieces) {
    last().send(pieces);
    w.clock.settle();
  }
  void answer(stream_id id) { answer(last(), id); }
  void answer(raw_peer& peer, stream_id id) {
    // Encoded one after the other: both leave entries in the compression table.
    std::string bytes = peer.frames.headers(id, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
    bytes += data(id, framed(text("answer")));
    bytes += peer.frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream);
    peer.send(bytes);
    w.clock.settle();
  }

  world w;
  std::size_t room = static_cast<std::size_t>(-1);  // of the transport, whichever connection it is
  std::vector<raw_peer> peers;
  std::optional<heddle::channel> channel;
  std::vector<std::string> answers;
  status end;
  int ended = 0;
};

}  // namespace heddle::test
