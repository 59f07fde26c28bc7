// Windows that fit: the estimator by itself, in a connection, and on a simulated way of known length and width.
#include <heddle/http2/bdp.hpp>

#include <deque>
#include <set>

#include <heddle/http2/flow_control_options.hpp>

#include "http2/support.hpp"

using namespace heddle::test;
using heddle::duration;
using heddle::flow_control_options;
using heddle::time_point;
using heddle::http2::bdp_estimator;
using heddle::http2::limits;
using heddle::http2::setting;
using heddle::http2::setting_id;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kib = 1024, mib = 1024 * 1024;
std::string const other_ping = "12345678";

/// One sample of the estimator.
bool sample(bdp_estimator& e, time_point& now, std::uint32_t bytes, duration rtt, std::int64_t unread = 0) {
  while (!e.received(1024)) {
  }
  e.began(now);
  e.received(bytes);
  now += rtt;
  return e.answered(now, unread);
}

limits windows(flow_control_options const& f) {
  limits l;
  f.apply_to(l);
  return l;
}

std::string letters(std::size_t n) { return std::string(n, 'x'); }

/// A client that downloads, whose server's frames the test writes.
struct download : client {
  explicit download(limits const& l = {}) : client(l) {
    handshake();
    open(true);
    receive(peer.response(1));
    take_quietly();
    quiet = true;
  }
  /// DATA, in frames of 16,000 bytes, and what the client said to it.
  std::string feed(std::size_t n) {
    std::vector<std::string> said;
    for (; n != 0;) {
      std::size_t const part = std::min<std::size_t>(n, 16000);
      receive(data(1, letters(part)));
      n -= part;
      for (parsed_frame const& f : peer.parse(take())) {
        if (f.head.type == frame_type::ping) ping_payload = f.payload;
        if (f.head.type != frame_type::window_update) said.push_back(f.text);
      }
    }
    return joined(said);
  }
  void pong() { receive(heddle::test::ping(ping_payload, flag::ack)); }

  std::string ping_payload;
};

/// Bytes on their way: `rate` bytes a millisecond and `delay` milliseconds.
class wire {
 public:
  wire(std::size_t rate, int delay) : rate_(rate), delay_(delay) {}
  void send(std::string bytes) { waiting_ += bytes; }
  std::string tick() {
    std::size_t const n = std::min(rate_, waiting_.size());
    way_.push_back(waiting_.substr(0, n));
    waiting_.erase(0, n);
    if (way_.size() <= static_cast<std::size_t>(delay_)) return {};
    std::string const arrived = std::move(way_.front());
    way_.pop_front();
    return arrived;
  }
  std::size_t queued() const { return waiting_.size(); }

 private:
  std::size_t const rate_;
  int const delay_;
  std::string waiting_;
  std::deque<std::string> way_;
};

struct outcome {
  double share;  // of the way's bandwidth that was used in the last second
  std::uint32_t stream_window, connection_window;
};

/// A server sends for ten seconds what it can.
outcome transfer(std::size_t rate, int delay, limits const& l = {}, int streams = 1) {
  limits socket;
  socket.output_batch = 16 * kib;
  client c(l);
  server s(socket);
  s.quiet = c.quiet = true;
  std::set<stream_id> answered;
  wire up(100000, delay), down(rate, delay);
  up.send(c.take());
  for (int i = 0; i < streams; ++i) c.open(true);
  std::string const part = letters(16 * kib);
  std::uint64_t before = 0;
  for (int ms = 0; ms < 10000; ++ms) {
    if (ms == 9000) before = c.data_bytes;
    for (endpoint* e : {static_cast<endpoint*>(&c), static_cast<endpoint*>(&s)}) e->advance(1ms);
    s.receive(up.tick());
    for (stream_id const id : s.known()) {
      if (answered.insert(id).second) s.respond(id);
      while (!s.engine.should_wait(s.stream(id))) s.write(id, part);
    }
    if (down.queued() < rate) down.send(s.take());
    c.receive(down.tick());
    up.send(c.take());
  }
  CHECK(s.violations().empty());
  CHECK(!s.engine.failed());
  CHECK(!c.engine.failed());
  double const share = static_cast<double>(c.data_bytes - before) / (1000.0 * static_cast<double>(rate));
  return {share, c.engine.stream_window(), c.engine.connection_window()};
}

}  // namespace

// ---- the estimator

TEST_CASE("the estimate doubles while the window is full and the bandwidth grows") {
  time_point now{};
  bdp_estimator e(64 * kib, 16 * mib);
  CHECK(e.estimate() == 64 * kib);
  CHECK(sample(e, now, 60 * kib, 100ms));
  CHECK(e.estimate() == 128 * kib);
  CHECK(sample(e, now, 120 * kib, 100ms));
  CHECK(e.estimate() == 256 * kib);
  CHECK_FALSE(sample(e, now, 90 * kib, 10ms));    // it did not need all of it
  CHECK_FALSE(sample(e, now, 256 * kib, 400ms));  // it needed all, but the way brought no more a second
  CHECK(e.estimate() == 256 * kib);
}

TEST_CASE("more than the estimate came: that is the new measure") {
  time_point now{};
  bdp_estimator e(64 * kib, 16 * mib);
  CHECK(sample(e, now, mib, 100ms));
  CHECK(e.estimate() == 2 * mib);
}

TEST_CASE("an estimate stops at its most, and so do the PINGs") {
  time_point now{};
  bdp_estimator e(64 * kib, 100 * kib);
  CHECK(sample(e, now, 60 * kib, 100ms));
  CHECK(e.estimate() == 100 * kib);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(e.received(mib));
  bdp_estimator off(64 * kib, 0);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(off.received(mib));
}

TEST_CASE("slow readers and time that stands still teach nothing") {
  time_point now{};
  bdp_estimator e(64 * kib, 16 * mib);
  CHECK_FALSE(sample(e, now, 64 * kib, 100ms, 20 * kib));
  CHECK_FALSE(sample(e, now, 64 * kib, 0ms));
  CHECK(e.estimate() == 64 * kib);
}

TEST_CASE("an answer to nothing is nothing") {
  bdp_estimator e(64 * kib, 16 * mib);
  e.received(10 * mib);
  CHECK_FALSE(e.answered(time_point(1s), 0));
  CHECK(e.estimate() == 64 * kib);
}

TEST_CASE("PINGs are rare, and rarer the less they teach") {
  time_point now{};
  bdp_estimator e(256 * kib, 16 * mib);
  int pings = 0;
  for (int i = 0; i < 64 * 1024; ++i) {  // 64 MiB in messages of 1 KiB
    if (!e.received(kib)) continue;
    ++pings;
    e.began(now);
    now += 1ms;
    e.answered(now, 0);
  }
  CHECK(pings >= 64);
  CHECK(pings <= 70);
}

// ---- in a connection

TEST_CASE("a sender that fills the windows gets wider ones") {
  download d;
  CHECK(d.feed(64 * kib - 1).empty());
  CHECK(d.feed(1) == "PING " + std::string("heddleBD"));
  CHECK(d.feed(200 * kib).empty());
  d.advance(50ms);
  d.pong();
  CHECK(d.sent() == "SETTINGS");  // the connection's window is larger from the start
  CHECK(d.engine.stream_window() == 512 * kib);
  CHECK(d.feed(128 * kib) == "PING heddleBD");
  d.feed(512 * kib);
  d.advance(50ms);
  d.pong();
  CHECK(d.sent() == "WINDOW_UPDATE 0 +1048576; SETTINGS");
  CHECK(d.engine.stream_window() == mib);
}

TEST_CASE("no PING without data") {
  download d;
  for (int i = 0; i < 100; ++i) {
    d.advance(1min);
    d.run_until(d.now);
    d.receive({settings(), ping(other_ping)});
  }
  for (parsed_frame const& f : d.peer.parse(d.take()))
    CHECK((f.head.type != frame_type::ping || f.head.has(flag::ack)));
}

TEST_CASE("windows do not grow for those who do not read") {
  download d;
  d.consume_at_once = false;
  d.feed(256 * kib);
  d.advance(50ms);
  d.pong();
  CHECK(d.sent().empty());
  CHECK(d.engine.stream_window() == 256 * kib);
}

TEST_CASE("windows that were set stay as they are, unless they may grow") {
  bool const adaptive = GENERATE(false, true);
  auto f = flow_control_options().stream_window(100 * kib).connection_window(200 * kib);
  if (adaptive) f.adaptive(true);
  download d(windows(f));
  CHECK(d.engine.connection_window() == 200 * kib);
  bool const pinged = !d.feed(50 * kib).empty();
  CHECK(pinged == adaptive);
  d.feed(90 * kib);
  d.advance(50ms);
  if (pinged) d.pong();
  CHECK((d.engine.stream_window() > 100 * kib) == adaptive);
}

TEST_CASE("a window that is smaller than HTTP/2's first one is never probed") {
  download d(windows(flow_control_options().stream_window(60000).adaptive(true)));
  CHECK(d.feed(mib).empty());
}

TEST_CASE("windows stop at max_window, a stream's at half of it") {
  download d(windows(flow_control_options().max_window(2 * mib)));
  for (int i = 0; i < 10; ++i) {
    d.feed(mib);
    d.advance(duration(1s) / (i + 1) / (i + 1));
    if (!d.ping_payload.empty()) d.pong();
    d.ping_payload.clear();
  }
  CHECK(d.engine.connection_window() == 2 * mib);
  CHECK(d.engine.stream_window() == mib);
  CHECK(d.feed(10 * mib).empty());
}

TEST_CASE("open streams and new ones get the wider window, and may use it") {
  download d(windows(flow_control_options().stream_window(65535).connection_window(65535).adaptive(true)));
  d.open(true);
  d.receive(d.peer.response(3));
  d.feed(20000);
  d.feed(60000);
  d.advance(50ms);
  d.pong();
  REQUIRE(d.engine.stream_window() == 131070);
  d.open(true);
  d.receive(d.peer.response(5));
  d.take_quietly();
  d.consume_at_once = false;
  for (stream_id const id : {3u, 5u}) {
    for (int i = 0; i < 8; ++i) d.receive(data(id, letters(16000)));
    CHECK_FALSE(d.stream(id).closed());
  }
  CHECK_FALSE(d.engine.failed());
}

TEST_CASE("a server probes, too, and a peer's answer of no use is ignored") {
  server s;
  s.handshake();
  s.quiet = true;
  s.receive(s.peer.request(1));
  s.receive(ping("heddleBD", flag::ack));
  for (int i = 0; i < 5; ++i) s.receive(data(1, letters(16000)));
  std::string const said = s.sent();
  CHECK(said.find("PING heddleBD") != std::string::npos);
}

// ---- on the way

TEST_CASE("a long fat pipe is filled, and not overfilled") {
  // 10 MB/s and 100 ms: a megabyte is under way when it is full; 256 KiB fill a quarter.
  outcome const fixed = transfer(10000, 50, windows(flow_control_options().stream_window(256 * kib)));
  CHECK(fixed.share < 0.3);
  outcome const fits = transfer(10000, 50);
  INFO(fits.stream_window << " " << fits.connection_window);
  CHECK(fits.share > 0.95);
  CHECK(fits.stream_window >= mib);
  CHECK(fits.stream_window <= 4 * mib);
  outcome const shared = transfer(10000, 50, {}, 8);
  CHECK(shared.share > 0.95);
  CHECK(shared.connection_window <= 8 * mib);
}

TEST_CASE("a short thin pipe needs no more than it has") {
  outcome const thin = transfer(1000, 5);
  CHECK(thin.share > 0.95);
  CHECK(thin.stream_window == 256 * kib);
  CHECK(thin.connection_window == mib);
}
