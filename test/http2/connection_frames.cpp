// Every frame type with every length, and with all flags on streams in every state.
#include <bit>

#include "http2/support.hpp"

using namespace heddle::test;

namespace {

// A connection on which streams are in all states that a server's can be in.
struct populated : server {
  static constexpr stream_id open = 1, half_closed_remote = 3, finished = 5, reset_sent = 7, reset_received = 9,
                             skipped = 11, last = 13, idle = 15, even = 2, none = 0;
  static constexpr stream_id all[] = {
      none, open, half_closed_remote, finished, reset_sent, reset_received, skipped, last, idle, even};

  populated() {
    static std::string const setup = [] {
      engine_peer p;
      std::string bytes = std::string(heddle::http2::client_preface) + settings() + settings_ack();
      bytes += p.request(open);
      bytes += p.request(half_closed_remote, flag::end_stream);
      bytes += p.request(finished, flag::end_stream);
      bytes += p.request(reset_sent);
      bytes += p.request(reset_received) + rst_stream(reset_received, error_code::cancel);
      bytes += p.request(last);
      return bytes;
    }();
    receive(setup);
    respond(finished, true);
    engine.reset(stream(reset_sent), error_code::cancel);
    take();
    events();
  }
};

// No crash is the point; besides, whatever came, the engine is either well or has said goodbye.
bool survives(endpoint& e, std::string_view bytes) {
  e.receive(bytes);
  std::string const out = e.take();
  bool fine;
  if (e.engine.failed()) {
    fine = out.find(std::string("\7\0\0\0\0\0", 6)) != std::string::npos && !e.engine.wants_read();
  } else {
    e.receive(frame(frame_type::continuation, flag::end_headers, populated::idle));  // ends a block that was begun
    e.receive(ping("alive?!?"));
    fine = e.engine.failed() || e.take().find("alive?!?") != std::string::npos;
  }
  e.release_all();
  return fine && e.violations().empty() && (e.engine.failed() || e.engine.live_streams() == 0);
}

}  // namespace

TEST_CASE("frames of the wrong length get the RFC's answer") {
  struct row {
    char const* name;
    frame_type type;
    std::uint8_t flags;
    stream_id id;
    bool (*fits)(std::size_t);
    char const* answer;
  };
  char const* const size_error = "GOAWAY 13 FRAME_SIZE_ERROR";
  row const rows[] = {
      {"PRIORITY", frame_type::priority, 0, 1, [](std::size_t n) { return n == 5; }, "RST_STREAM 1 FRAME_SIZE_ERROR"},
      {"PRIORITY, idle", frame_type::priority, 0, 15, [](std::size_t n) { return n == 5; }, size_error},
      {"RST_STREAM", frame_type::rst_stream, 0, 1, [](std::size_t n) { return n == 4; }, size_error},
      {"SETTINGS", frame_type::settings, 0, 0, [](std::size_t n) { return n % 6 == 0; }, size_error},
      {"SETTINGS ACK", frame_type::settings, flag::ack, 0, [](std::size_t n) { return n == 0; }, size_error},
      {"PING", frame_type::ping, 0, 0, [](std::size_t n) { return n == 8; }, size_error},
      {"PING ACK", frame_type::ping, flag::ack, 0, [](std::size_t n) { return n == 8; }, size_error},
      {"GOAWAY", frame_type::goaway, 0, 0, [](std::size_t n) { return n >= 8; }, size_error},
      {"WINDOW_UPDATE", frame_type::window_update, 0, 0, [](std::size_t n) { return n == 4; }, size_error},
      {"WINDOW_UPDATE, stream", frame_type::window_update, 0, 1, [](std::size_t n) { return n == 4; }, size_error},
      {"HEADERS with priority", frame_type::headers, flag::priority, 15, [](std::size_t n) { return n >= 5; },
       size_error},
      {"DATA with padding", frame_type::data, flag::padded, 1, [](std::size_t n) { return n >= 1; },
       "GOAWAY 13 PROTOCOL_ERROR"},
  };
  for (row const& r : rows) {
    for (std::size_t n = 0; n <= 20; ++n) {
      INFO(r.name << " of " << n << " bytes");
      populated s;
      s.receive(frame(r.type, r.flags, r.id, std::string(n, '\0')));
      bool const refused = s.sent().find(r.answer) != std::string::npos;
      CHECK(refused == !r.fits(n));
    }
  }
}

TEST_CASE("a frame above 16,384 bytes is refused on its header alone") {
  for (int type = 0; type < 256; type += 3) {
    populated s;
    s.receive(frame(static_cast<frame_type>(type), no_flags, 1, "", 16385));
    if (s.sent() != "GOAWAY 13 FRAME_SIZE_ERROR [frame larger than MAX_FRAME_SIZE]") CHECK(type < 0);
  }
  populated s;
  s.receive(frame(static_cast<frame_type>(200), no_flags, 1, std::string(16384, 'x')));
  CHECK(s.sent().empty());
  CHECK_FALSE(s.engine.failed());
}

TEST_CASE("frame types that nobody knows are ignored, whatever their flags, stream and length") {
  populated s;
  for (int type = 10; type < 256; ++type)
    for (int bit = 0; bit <= 8; ++bit)
      for (stream_id id : populated::all)
        s.receive(frame(static_cast<frame_type>(type), static_cast<std::uint8_t>((1 << bit) >> 1), id,
                        std::string(static_cast<std::size_t>(type % 7), 'x')));
  // 22,140 of them are more than the budget for such things, which is the only thing that stops them.
  CHECK(s.events().find("failure ENHANCE_YOUR_CALM too_many_glitches") == 0);
  CHECK(s.engine.count(heddle::http2::reason::unknown_frame) == 10001);
}

TEST_CASE("every known frame type with all flags, lengths and stream states is survived") {
  engine_peer p;
  std::string const block = p.block(request_fields());
  std::string const payloads[] = {"",
                                  "\4",
                                  std::string(4, '\0'),
                                  u32(1) + "\1",
                                  std::string("\0\4\0\0\0\7", 6),
                                  std::string("\0\0\0\5\0\0\0\0", 8),
                                  block};
  constexpr std::uint8_t bits[] = {flag::end_stream, flag::end_headers, flag::padded, flag::priority, 0x40};
  int bad = 0;
  for (int type = 0; type <= 10; ++type)
    for (int set = 0; set < 32; ++set)
      for (stream_id id : populated::all)
        for (std::string const& payload : payloads) {
          if ((type + set + static_cast<int>(id) + static_cast<int>(payload.size())) % 3 != 0 &&
              std::popcount(static_cast<unsigned>(set)) > 2)
            continue;
          std::uint8_t flags = 0;
          for (int i = 0; i < 5; ++i)
            if ((set >> i & 1) != 0) flags |= bits[i];
          populated s;
          s.quiet = true;
          if (survives(s, frame(static_cast<frame_type>(type), flags, id, payload))) continue;
          ++bad;
          INFO("type " << type << " flags " << int(flags) << " stream " << id << " payload " << payload.size());
          CHECK(bad == 0);
        }
  CHECK(bad == 0);
}

TEST_CASE("a client survives every frame type on streams in every state") {
  for (int type = 0; type <= 10; ++type)
    for (int flags : {0x0, 0x1, 0x4, 0x5, 0x8, 0x20, 0x2d, 0xff})
      for (stream_id id = 0; id <= 12; ++id)
        for (std::size_t size : {0u, 1u, 4u, 5u, 8u, 30u}) {
          client c;
          c.quiet = true;
          c.handshake();
          for (int i = 0; i < 5; ++i) c.open(i % 2 == 0);  // 1, 5, 9: half closed; 3, 7: open
          c.receive({c.peer.response(5), c.peer.trailers(5), rst_stream(7, error_code::cancel)});
          c.engine.reset(c.stream(9), error_code::cancel);
          c.take();
          if (!survives(c, frame(static_cast<frame_type>(type), static_cast<std::uint8_t>(flags), id,
                                 std::string(size, '\1'))))
            CHECK("type " + std::to_string(type) + " flags " + std::to_string(flags) + " stream " +
                      std::to_string(id) ==
                  "");
        }
}

TEST_CASE("reserved bits, undefined flags and unknown codes mean nothing") {
  server s;
  s.handshake();
  constexpr stream_id reserved = 0x80000000;
  s.receive(frame(frame_type::ping, 0x7e, reserved, "12345678"));
  s.receive(frame(frame_type::settings, 0x7e, reserved));
  s.receive(frame(frame_type::headers, 0x52 | flag::end_headers, reserved | 1, s.peer.block(request_fields())));
  s.receive(frame(frame_type::data, 0x76, reserved | 1, "x"));
  s.receive(frame(frame_type::window_update, 0xff, reserved, u32(reserved | 1)));
  s.receive(frame(frame_type::rst_stream, 0xff, reserved | 1, u32(0xdeadbeef)));
  s.receive(goaway(reserved, static_cast<error_code>(0xff)));
  CHECK(s.events() == "headers 1 /s/m; data 1 [x]; reset 1 unknown error code peer; goaway 0 unknown error code []");
  CHECK(s.sent() == "PING ACK 12345678; SETTINGS ACK");
  CHECK_FALSE(s.engine.failed());
}
