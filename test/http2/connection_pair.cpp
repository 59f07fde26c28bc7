// Two engines back to back, with a third party on the wire that keeps RFC 9113's books of its own.
#include <deque>
#include <random>
#include <set>

#include "http2/support.hpp"

using namespace heddle::test;
using heddle::as_text;
using heddle::bytes_view;
using heddle::header_list;
using heddle::http2::connection;
using heddle::http2::limits;
using heddle::http2::role;
using heddle::http2::setting;
using heddle::http2::setting_id;
using heddle::http2::stream;

namespace {

// Reads what one side sends, and complains about every byte that it had no credit for.
class auditor {
 public:
  explicit auditor(bool client) : preface_left_(client ? heddle::http2::client_preface.size() : 0) {}
  auditor* other = nullptr;
  std::string complaints;

  void see(std::string_view bytes) {
    std::size_t const skipped = std::min(preface_left_, bytes.size());
    preface_left_ -= skipped;
    buffer_.append(bytes.substr(skipped));
    while (buffer_.size() >= heddle::http2::frame_header_size) {
      auto const h = heddle::http2::frame_header::parse(buffer_.data());
      if (buffer_.size() < heddle::http2::frame_header_size + h.length) break;
      frame(h, buffer_.view().subspan(heddle::http2::frame_header_size, h.length));
      buffer_.consume(heddle::http2::frame_header_size + h.length);
    }
  }
  std::int64_t connection_window() const { return connection_; }

 private:
  void frame(heddle::http2::frame_header const& h, bytes_view payload) {
    if (h.length > 16384) complain("a frame that is too large", h.id);
    switch (h.type) {
      case frame_type::data:
        connection_ -= h.length;
        if (connection_ < 0) complain("DATA beyond the connection's window", h.id);
        if ((window(h.id) -= h.length) < 0 && h.length > 0) complain("DATA beyond the stream's window", h.id);
        [[fallthrough]];
      case frame_type::headers:
        if (ended_.count(h.id) != 0) complain("a frame behind the end", h.id);
        if (h.has(flag::end_stream)) ended_.insert(h.id);
        break;
      case frame_type::rst_stream:
        if (!reset_.insert(h.id).second) complain("RST_STREAM twice", h.id);
        ended_.insert(h.id);
        break;
      case frame_type::window_update:
        (h.id == 0 ? other->connection_ : other->window(h.id)) += heddle::http2::read_u32(payload.data());
        if (reset_.count(h.id) != 0) complain("WINDOW_UPDATE behind a reset", h.id);
        break;
      case frame_type::settings:
        if (h.has(flag::ack)) {
          for (auto& entry : windows_) entry.second += announced_ - initial_;
          initial_ = announced_;
        }
        for (; payload.size() >= setting::size; payload = payload.subspan(setting::size)) {
          setting const s = setting::parse(payload.data());
          if (s.id == setting_id::initial_window_size) other->announced_ = s.value;
        }
        break;
      case frame_type::goaway: complain("GOAWAY " + std::string(as_text(payload.subspan(8))), 0); break;
      default: break;
    }
  }
  std::int64_t& window(stream_id id) { return windows_.emplace(id, initial_).first->second; }
  void complain(std::string const& what, stream_id id) { complaints += what + " on " + std::to_string(id) + "; "; }

  std::size_t preface_left_;
  heddle::byte_buffer buffer_;
  std::int64_t connection_ = 65535, initial_ = 65535, announced_ = 65535;
  std::map<stream_id, std::int64_t> windows_;
  std::set<stream_id> ended_, reset_;
};

std::string body(unsigned seed, std::size_t n) {
  std::string text(n, '\0');
  for (std::size_t i = 0; i < n; ++i) text[i] = static_cast<char>((seed + i) * 2654435761u >> 13);
  return text;
}

struct call {
  stream* handle = nullptr;
  unsigned seed = 0;
  std::string to_send, received;
  std::size_t sent = 0, unread = 0;
  bool head_sent = false, end_sent = false, ended = false, reset = false, waiting = false, answers_late = false;
};

// One engine and an application that reads, writes and dawdles at random.
class side final : private heddle::http2::sink {
 public:
  side(role who, limits const& l, std::mt19937& random) : who_(who), random_(random), engine(who, l, *this, now_) {}

  std::size_t completed = 0, wrong = 0, cancelled = 0;
  std::deque<call> calls;

  void open(unsigned seed, std::size_t request, std::size_t answer) {
    call& c = calls.emplace_back();
    c.seed = seed;
    c.to_send = body(seed, request);
    c.head_sent = true;
    std::string const path = std::to_string(seed) + "/" + std::to_string(request) + "/" + std::to_string(answer);
    c.handle = &engine.open(request_fields(path), false, &c);
  }

  void act() {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      call& c = calls[i];
      if (c.handle == nullptr || random_() % 3 == 0) continue;
      read(c);
      write(c);
      finish(c);
    }
  }

  std::string take() {
    heddle::http2::output out;
    engine.take_output(out, now_);
    return text_of(out);
  }
  void tick() { now_ += std::chrono::milliseconds(1); }
  void written() { engine.output_written(now_); }
  void receive(std::string_view bytes) {
    input_.append(bytes);
    input_.consume(engine.receive(input_.view(), now_));
  }
  bool idle() const {
    for (call const& c : calls)
      if (c.handle != nullptr) return false;
    return true;
  }

 private:
  void read(call& c) {
    if (c.unread == 0) return;
    std::size_t const n = random_() % 2 == 0 ? c.unread : 1 + random_() % c.unread;
    engine.consume(*c.handle, n);
    c.unread -= n;
  }
  void write(call& c) {
    if (c.end_sent || c.waiting || (c.answers_late && !c.ended)) return;
    if (!c.head_sent) engine.send_headers(*c.handle, response_fields(), false);
    c.head_sent = true;
    for (int i = 0; i < 4 && c.sent < c.to_send.size(); ++i) {
      if (engine.should_wait(*c.handle)) {
        c.waiting = true;
        return engine.notify_writable(*c.handle);
      }
      std::size_t const n =
          std::min<std::size_t>(c.to_send.size() - c.sent, 1 + random_() % (random_() % 4 == 0 ? 40000 : 50));
      std::memcpy(engine.prepare_data(*c.handle, n), c.to_send.data() + c.sent, n);
      engine.commit_data(*c.handle, n);
      c.sent += n;
    }
    if (c.sent < c.to_send.size()) return;
    c.end_sent = true;
    if (who_ == role::client)
      engine.end_data(*c.handle);
    else
      engine.send_trailers(*c.handle, fields({{"grpc-status", "0"}}));
  }
  void finish(call& c) {
    bool const give_up = who_ == role::client && random_() % 500 == 0;
    bool const done = c.reset || (c.end_sent && (c.ended || who_ == role::server)) || (c.ended && who_ == role::client);
    if (!done && !give_up) return;
    if (c.reset || !done) ++cancelled;
    if (c.ended && !c.reset) {
      ++completed;
      if (c.received != expected_[&c]) ++wrong;
    }
    engine.release(*c.handle);
    c.handle = nullptr;
  }

  void on_headers(stream& s, header_list const& list, bool, heddle::http2::block_size) override {
    if (who_ == role::client) {
      auto& c = *static_cast<call*>(s.user);
      expected_[&c] = body(c.seed + 1, answer_size_of(c));
      return;
    }
    call& c = calls.emplace_back();
    c.handle = &s;
    s.user = &c;
    std::size_t request = 0, answer = 0;
    REQUIRE(std::sscanf(std::string(list.get(heddle::header_name::path)).c_str(), "%u/%zu/%zu", &c.seed, &request,
                        &answer) == 3);
    c.to_send = body(c.seed + 1, answer);
    c.answers_late = c.seed % 4 != 0;
    expected_[&c] = body(c.seed, request);
  }
  void on_data(stream& s, bytes_view bytes, bool end) override {
    auto& c = *static_cast<call*>(s.user);
    c.received.append(as_text(bytes));
    c.unread += bytes.size();
    if (end) c.ended = true;
  }
  void on_trailers(stream& s, header_list const&, heddle::http2::block_size) override {
    static_cast<call*>(s.user)->ended = true;
  }
  void on_reset(stream& s, heddle::http2::stream_reset const&) override { static_cast<call*>(s.user)->reset = true; }
  void on_writable(stream& s) override { static_cast<call*>(s.user)->waiting = false; }
  void on_room() override {}
  void on_goaway(stream_id, error_code, std::string_view) override {}
  void on_ping_ack(std::uint64_t) override {}
  void on_failure(heddle::http2::failure const& what) override { FAIL(std::string(what.why)); }

  static std::size_t answer_size_of(call const& c) { return answer_size(c.seed); }

  role const who_;
  std::mt19937& random_;
  heddle::time_point now_{std::chrono::hours(1)};
  heddle::byte_buffer input_;
  std::map<call*, std::string> expected_;

 public:
  static std::size_t answer_size(unsigned seed) { return seed % 5 == 0 ? seed * 37 % 90000 : seed * 13 % 300; }
  connection engine;
};

limits random_limits(std::mt19937& random) {
  limits l;
  std::uint32_t const windows[] = {1, 100, 5000, 16384, 65535, 100000, 256 * 1024};
  l.stream_window = windows[random() % std::size(windows)];
  l.adaptive_windows = random() % 2 == 0;
  l.connection_window = 65535 + random() % 2 * 100000;
  l.max_concurrent_streams = 1 + random() % 20;
  l.output_batch = 1000 + random() % 100000;
  l.max_queued_output = 4 * l.output_batch;
  l.header_table_size = random() % 3 * 2048;
  return l;
}

/// Whether a window has grown.
bool converse(unsigned seed) {
  INFO("seed " << seed);
  std::mt19937 random(seed);
  limits const client_limits = random_limits(random), server_limits = random_limits(random);
  side c(role::client, client_limits, random), s(role::server, server_limits, random);
  auditor to_server(true), to_client(false);
  to_server.other = &to_client;
  to_client.other = &to_server;
  std::string wires[2];  // to the server, to the client
  bool const tiny = std::min(client_limits.stream_window, server_limits.stream_window) < 5000;
  std::size_t const calls = 30;
  std::size_t opened = 0;
  for (int round = 0; round < 200000; ++round) {
    if (opened < calls && c.engine.can_open() && random() % 4 == 0) {
      unsigned const id = static_cast<unsigned>(random() % (tiny ? 40 : 4000)) * 5 + (tiny ? 1 : opened % 5);
      c.open(id, tiny ? random() % 200 : random() % (random() % 3 == 0 ? 100000 : 100), side::answer_size(id));
      ++opened;
    }
    c.act();
    s.act();
    c.tick();
    s.tick();
    for (int direction = 0; direction < 2; ++direction) {
      side& from = direction == 0 ? c : s;
      side& to = direction == 0 ? s : c;
      std::string& wire = wires[direction];
      if (wire.size() < 50000 && random() % 2 == 0) {
        std::string const bytes = from.take();
        (direction == 0 ? to_server : to_client).see(bytes);
        wire += bytes;
        from.written();
      }
      std::size_t const n = std::min<std::size_t>(wire.size(), random() % 3 == 0 ? random() % 40 : random() % 30000);
      to.receive(std::string_view(wire).substr(0, n));
      wire.erase(0, n);
    }
    bool const quiet = wires[0].empty() && wires[1].empty() && !c.engine.has_output() && !s.engine.has_output();
    if (opened == calls && c.idle() && s.idle() && quiet) break;
    if (round == 199999) FAIL("the conversation does not come to its end");
  }
  CHECK(to_server.complaints == "");
  CHECK(to_client.complaints == "");
  CHECK(c.wrong == 0);
  CHECK(s.wrong == 0);
  CHECK(c.completed + c.cancelled == calls);
  CHECK(c.engine.live_streams() == 0);
  CHECK(s.engine.live_streams() == 0);
  // Whatever was held has been returned, but for the half of a window that is not worth announcing.
  CHECK(to_server.connection_window() * 2 > std::int64_t{s.engine.connection_window()});
  CHECK(to_client.connection_window() * 2 > std::int64_t{c.engine.connection_window()});
  CHECK(to_server.connection_window() <= std::int64_t{s.engine.connection_window()});
  CHECK(to_client.connection_window() <= std::int64_t{c.engine.connection_window()});
  return s.engine.stream_window() > server_limits.stream_window ||
         c.engine.stream_window() > client_limits.stream_window;
}

}  // namespace

TEST_CASE("two engines understand each other whatever the windows, sizes and splits") {
  int grown = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) grown += converse(seed) ? 1 : 0;
  CHECK(grown > 0);
}
