// Random frames, good and bad, and random wishes of the application: nothing crashes, the sink's contract is kept, and
// everything is given back.
#include <random>

#include "http2/support.hpp"

using namespace heddle::test;
using heddle::http2::limits;
using heddle::http2::setting_id;

namespace {

class monkey {
 public:
  monkey(endpoint& e, bool is_server, unsigned seed) : e_(e), server_(is_server), random_(seed) {}

  void run(int steps) {
    if (pick(3) == 0) e_.meddle = [this] { meddle(); };
    if (pick(20) != 0) e_.handshake(pick(2) == 0 ? small() : std::vector<heddle::http2::setting>());
    for (int i = 0; i < steps; ++i) {
      std::string bytes;
      for (unsigned n = pick(4); n > 0; --n) bytes += random_frame();
      if (pick(30) == 0) bytes.resize(pick(static_cast<unsigned>(bytes.size()) + 1));
      if (pick(40) == 0 && !bytes.empty())
        bytes[pick(static_cast<unsigned>(bytes.size()))] = static_cast<char>(pick(256));
      e_.receive(bytes);
      for (unsigned n = pick(3); n > 0; --n) application();
      if (pick(3) == 0) e_.take_quietly();
      if (pick(10) == 0) e_.run_until(e_.now + std::chrono::milliseconds(pick(20000)));
    }
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::vector<heddle::http2::setting> small() {
    return {{setting_id::initial_window_size, pick(100)}, {setting_id::max_concurrent_streams, pick(10)}};
  }
  stream_id any_id() {
    unsigned const n = pick(10);
    if (n == 0) return pick(50);
    return 1 + 2 * pick(next_ / 2 + 1);
  }
  std::uint8_t any_flags() {
    return pick(4) == 0 ? static_cast<std::uint8_t>(pick(256)) : pick(3) == 0 ? flag::end_stream : no_flags;
  }

  std::string random_frame() {
    std::string const text(pick(3) == 0 ? pick(2000) : pick(20), 'x');
    switch (pick(22)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        if (!server_) return e_.peer.response(any_id(), any_flags() & 0x5);
        stream_id const id = next_;
        next_ += pick(20) == 0 ? 4 : 2;
        return e_.peer.request(id, any_flags() & 0x5);
      }
      case 5: return e_.peer.trailers(any_id());
      case 6: return e_.peer.headers(any_id(), fields({{pick(2) == 0 ? ":status" : "X", "100"}}), any_flags() & 0x5);
      case 7:
      case 8:
      case 9:
      case 10: return data(any_id(), text, any_flags() & 0x1);
      case 11:
        return frame(frame_type::data, flag::padded, any_id(), padded(text, static_cast<std::uint8_t>(pick(256))));
      case 12: return rst_stream(any_id(), static_cast<error_code>(pick(16)));
      case 13:
      case 14: return window_update(pick(3) == 0 ? 0 : any_id(), pick(10) == 0 ? random_() : pick(30000));
      case 15: return pick(3) == 0 ? settings(small()) : settings_ack();
      case 16: return ping("12345678", any_flags() & 0x1);
      case 17: return pick(5) == 0 ? goaway(any_id(), static_cast<error_code>(pick(14)), text) : "";
      case 18: return priority(any_id(), any_id());
      case 19: {
        std::string const block = e_.peer.block(server_ ? request_fields() : response_fields());
        stream_id const id = server_ ? next_ : any_id();
        if (server_) next_ += 2;
        std::size_t const cut = pick(static_cast<unsigned>(block.size()));
        return frame(frame_type::headers, no_flags, id, block.substr(0, cut)) +
               frame(frame_type::continuation, flag::end_headers, id, block.substr(cut));
      }
      case 20: return frame(static_cast<frame_type>(pick(256)), any_flags(), any_id(), text);
      default: return pick(8) == 0 ? frame(static_cast<frame_type>(pick(10)), any_flags(), any_id(), text) : ping();
    }
  }

  // All that a sink may do while it is called.
  void meddle() {
    auto const ids = e_.known();
    if (ids.empty() || pick(3) != 0) return;
    stream_id const id = ids[pick(static_cast<unsigned>(ids.size()))];
    switch (pick(3)) {
      case 0: return e_.engine.consume(e_.stream(id), pick(3000));
      case 1: return e_.engine.reset(e_.stream(id), error_code::cancel);
      default: return e_.release(id);
    }
  }

  void application() {
    if (!server_ && e_.engine.can_open() && pick(3) == 0) {
      e_.open(pick(2) == 0);
      next_ = std::max<stream_id>(next_, 2 * ++opened_ + 1);
    }
    auto const ids = e_.known();
    if (ids.empty()) return;
    stream_id const id = ids[pick(static_cast<unsigned>(ids.size()))];
    switch (pick(12)) {
      case 0:
      case 1: return e_.engine.consume(e_.stream(id), pick(3000));
      case 2: return e_.engine.reset(e_.stream(id), static_cast<error_code>(pick(14)));
      case 3:
      case 4: return e_.release(id);
      case 5: return e_.respond(id, pick(4) == 0);
      case 6:
      case 7: return e_.write(id, std::string(pick(5) == 0 ? pick(100000) : pick(100), 'y'));
      case 8: return e_.engine.end_data(e_.stream(id));
      case 9: return e_.send_trailers(id);
      case 10: return e_.engine.notify_writable(e_.stream(id));
      default:
        if (pick(40) == 0) e_.engine.shut_down(e_.now);
        if (pick(200) == 0) e_.engine.fail(error_code::internal_error, "test");
        if (pick(200) == 0) e_.engine.lost("test");
    }
  }

  endpoint& e_;
  bool const server_;
  std::mt19937 random_;
  stream_id next_ = 1;
  stream_id opened_ = 0;
};

limits small_limits(unsigned seed) {
  limits l;
  if (seed % 2 == 0) return l;
  l.max_concurrent_streams = 1 + seed % 7;
  l.stream_window = seed % 5 * 500;
  l.connection_window = 65535;
  l.output_batch = 5000;
  l.max_queued_output = 20000;
  l.max_induced_frames = 5;
  l.reset_burst = 20;
  return l;
}

void let_loose(bool is_server, unsigned seed) {
  endpoint e(is_server ? heddle::http2::role::server : heddle::http2::role::client, small_limits(seed));
  e.quiet = true;
  e.consume_at_once = seed % 3 == 0;
  e.release_at_end = seed % 5 == 0;
  monkey(e, is_server, seed).run(25);
  e.meddle = nullptr;
  bool const was_failed = e.engine.failed();
  if (seed % 4 == 0) e.engine.lost("the end");
  e.release_all();
  e.take_quietly();
  // A finished answer may outlive its handler as long as the connection does.
  if (e.engine.live_streams() != 0 && !e.engine.failed()) e.engine.lost("the end");
  if (e.engine.live_streams() == 0 && e.engine.open_streams() == 0 && e.violations().empty()) return;
  INFO((is_server ? "server" : "client") << " seed " << seed << (was_failed ? " failed" : ""));
  CHECK(e.engine.live_streams() == 0);
  CHECK(e.engine.open_streams() == 0);
  CHECK(e.violations() == "");
}

}  // namespace

TEST_CASE("a server survives a monkey") {
  for (unsigned seed = 1; seed <= 1000; ++seed) let_loose(true, seed);
}

TEST_CASE("a client survives a monkey") {
  for (unsigned seed = 1; seed <= 1000; ++seed) let_loose(false, seed);
}
