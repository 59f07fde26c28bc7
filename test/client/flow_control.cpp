// flow_control_options, as peers see them.
#include "support/scripted_channel.hpp"

namespace heddle::test {

namespace {

//[windows
heddle::server_options narrow_server() {
  return heddle::server_options().flow_control(heddle::flow_control_options().max_window(4 << 20));
}
heddle::channel_options fixed_channel() {
  return heddle::channel_options().flow_control(
      heddle::flow_control_options().stream_window(64 << 10).connection_window(1 << 20));
}
//]

/// INITIAL_WINDOW_SIZE of the last SETTINGS that came, and the room of the whole connection.
struct told {
  explicit told(raw_peer& peer) {
    for (parsed_frame const& f : peer.heard()) {
      auto const* p = as_bytes(f.payload).data();
      if (f.head.type == frame_type::window_update && f.head.id == 0) connection += http2::read_u32(p);
      if (f.head.type == frame_type::ping && !f.head.has(flag::ack)) pings.push_back(f.payload);
      if (f.head.type != frame_type::settings) continue;
      for (std::size_t at = 0; at < f.payload.size(); at += http2::setting::size) {
        auto const s = http2::setting::parse(p + at);
        if (s.id == http2::setting_id::initial_window_size) stream = s.value;
      }
    }
  }
  std::uint32_t stream = 65535, connection = 65535;
  std::vector<std::string> pings;
};

}  // namespace

TEST_CASE("the windows of a channel are what flow_control says") {
  bool const fixed = GENERATE(false, true);
  scripted_channel s(fixed ? fixed_channel() : channel_options());
  task const t = s.start(call_kind::download);
  s.w.clock.settle();
  told const first(s.last());
  CHECK(first.stream == (fixed ? 64 : 256) * 1024);
  CHECK(first.connection == 1024 * 1024);
}

TEST_CASE("a server's windows grow with an upload that fills them, as far as flow_control says") {
  world w(strands::none, narrow_server());
  w.service.on_upload = [](server_context&, reader<Text>& in) -> reply<Text> {
    Text one;
    while (co_await in.read(one)) {
    }
    co_return one;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(peer.frames.headers(1, grpc_request("/lab.Echo/Upload")));
  std::string const message = framed(text(std::string(16000, 'x')));
  std::uint32_t stream = 256 * 1024;
  for (int i = 0; i < 20; ++i) {
    std::vector<std::string> pings;
    for (int n = 0; n < 200; ++n) {
      peer.send(data(1, message));
      w.clock.settle();
      told const now(peer);
      if (now.stream != 65535) stream = now.stream;
      pings.insert(pings.end(), now.pings.begin(), now.pings.end());
    }
    w.clock.advance(10ms);
    for (std::string const& payload : pings) peer.send(ping(payload, flag::ack));
    w.clock.settle();
  }
  CHECK(stream == 2 << 20);
}

}  // namespace heddle::test
