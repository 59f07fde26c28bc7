// One connection between bytes and exchanges: what the tests of channels and servers do not reach.
#include <heddle/transport/http2_driver.hpp>

#include <string>
#include <vector>

#include "support/raw_peer.hpp"

namespace heddle::test {

namespace {

struct quiet_user final : transport::http2_driver_user {
  rpc::exchange_events& on_request(transport::http2_exchange&) override { std::terminate(); }
  void on_room() override { ++rooms; }
  void on_retired(status const&) override { ++retired; }
  void on_closed(status const& why) override {
    ++closed;
    last = why;
  }
  int rooms = 0, retired = 0, closed = 0;
  status last;
};

struct quiet_call final : rpc::exchange_events {
  void on_head(header_list const&, bool, bool) override { ++heads; }
  void on_body(bytes_view bytes, bool) override { body += bytes.size(); }
  void on_trailers(header_list const&, bool) override { ++trailers; }
  void on_abort(rpc::exchange_abort const& why) override {
    ++aborts;
    last = why;
    if (why.connection_lost && exchange != nullptr) std::exchange(exchange, nullptr)->release();
  }
  void on_writable() override { ++writables; }
  std::size_t on_settled() override {
    ++settled;
    return missing;
  }
  rpc::exchange* exchange = nullptr;
  int heads = 0, trailers = 0, aborts = 0, writables = 0, settled = 0;
  std::size_t body = 0, missing = 0;
  rpc::exchange_abort last;
};

/// Takes note of what it is told of its reads.
class attentive_stream final : public byte_stream {
 public:
  attentive_stream(std::unique_ptr<byte_stream> under, std::vector<std::size_t>& told, bool const& can_wait)
      : under_(std::move(under)), told_(told), can_wait_(can_wait) {}
  asio::any_io_executor get_executor() override { return under_->get_executor(); }
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    under_->read_some(into, std::move(user));
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, boost::system::error_code& ec) override {
    return under_->write_some(parts, ec);
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override { under_->wait_writable(std::move(user)); }
  void shut_down_write() noexcept override { under_->shut_down_write(); }
  void close() noexcept override { under_->close(); }
  bool receive_low_watermark(std::size_t bytes) noexcept override {
    told_.push_back(bytes);
    return can_wait_;
  }
  std::string peer() const override { return under_->peer(); }

 private:
  std::unique_ptr<byte_stream> under_;
  std::vector<std::size_t>& told_;
  bool const& can_wait_;
};

/// A client's driver with the test at the other end.
struct rig {
  explicit rig(memory_stream_options o = memory_stream_options(), http2::limits const& l = http2::limits()) {
    asio::any_io_executor const e = w.context.get_executor();
    auto ends = make_memory_streams(e, e, o);
    peer.emplace(std::move(ends.second));
    driver = std::make_shared<transport::http2_driver>(
        http2::role::client, std::make_unique<attentive_stream>(std::move(ends.first), told, can_wait), l, w.clock,
        20s);
    driver->start(user);
  }
  ~rig() {
    driver->detach();
    driver->close(status(status_code::cancelled, "the end"));
  }
  void greet() {
    w.clock.settle();
    peer->send(settings() + settings_ack());
    w.clock.settle();
  }
  void open(quiet_call& call) { call.exchange = driver->open(grpc_request(), call); }
  std::vector<std::size_t> told;
  bool can_wait = true;
  world w;
  std::optional<raw_peer> peer;
  quiet_user user;
  std::shared_ptr<transport::http2_driver> driver;
};

}  // namespace

TEST_CASE("a client's driver is ready when the peer's SETTINGS are here") {
  rig r;
  r.w.clock.settle();
  CHECK(!r.driver->is_ready());
  CHECK(!r.driver->can_open());
  quiet_call call;
  r.open(call);
  CHECK(call.exchange == nullptr);
  r.greet();
  CHECK(r.driver->is_ready());
  CHECK(r.user.rooms >= 1);
  r.w.clock.advance(1min);
  CHECK(r.user.closed == 0);
}

TEST_CASE("what is sent outside of a batch leaves in one write soon") {
  rig r;
  r.greet();
  r.peer->received();
  quiet_call a, b;
  r.open(a);
  r.open(b);
  std::copy_n("12345", 5, a.exchange->prepare(5));
  a.exchange->commit(5);
  a.exchange->send_end();
  CHECK(r.peer->received().empty());
  r.w.clock.settle();
  std::string const sent = r.peer->received();
  INFO(sent);
  CHECK(has(sent, "HEADERS 1"));
  CHECK(has(sent, "HEADERS 3"));
  CHECK(has(sent, "DATA 1 [12345] END"));
  a.exchange->release();
  b.exchange->release();
}

TEST_CASE("bytes that are lent are settled when the batch is over") {
  rig r;
  r.greet();
  quiet_call a;
  r.open(a);
  std::string bytes = r.peer->frames.headers(1, response_fields());
  bytes += data(1, "abc") + data(1, "def");
  r.peer->send(bytes);
  r.w.clock.settle();
  CHECK(a.heads == 1);
  CHECK(a.body == 6);
  CHECK(a.settled == 1);
  a.exchange->release();
}

TEST_CASE("a read waits for the rest of a large message, for as long as it keeps coming") {
  rig r;
  r.greet();
  quiet_call a;
  r.open(a);
  a.missing = 40000;
  std::string const part(1000, 'x');
  r.peer->send(r.peer->frames.headers(1, response_fields()) + data(1, part) + data(1, part).substr(0, 100));
  r.w.clock.settle();
  CHECK(r.told == std::vector<std::size_t>{40000 + 2 * 9 - 100});
  r.w.clock.advance(transport::low_watermark::patience);
  CHECK(r.told.size() == 1);
  r.w.clock.advance(transport::low_watermark::patience);
  CHECK(r.told.back() == 1);
  r.peer->send(data(1, part).substr(100) + data(1, part));
  r.w.clock.settle();
  CHECK(a.body == 3000);
  CHECK(r.told.size() == 2);
  a.exchange->release();
}

TEST_CASE("a stream that can't wait is not asked twice") {
  rig r;
  r.can_wait = false;
  r.greet();
  quiet_call a;
  r.open(a);
  a.missing = 40000;
  r.peer->send(r.peer->frames.headers(1, response_fields()) + data(1, "x"));
  r.w.clock.settle();
  r.peer->send(data(1, "x"));
  r.w.clock.settle();
  r.w.clock.advance(transport::low_watermark::patience * 3);
  CHECK(r.told.size() == 1);
  CHECK(a.body == 2);
  a.exchange->release();
}

TEST_CASE("a read does not wait for what the peer's windows don't let through") {
  rig r;
  r.greet();
  quiet_call a;
  r.open(a);
  a.missing = 1 << 20;
  std::size_t const window = r.driver->connection().stream_window();
  std::string bytes = r.peer->frames.headers(1, response_fields());
  for (std::size_t sent = 0; sent + 20000 < window; sent += 10000) bytes += data(1, std::string(10000, 'x'));
  r.peer->send(bytes);
  r.w.clock.settle();
  CHECK(a.body + 20000 >= window);
  REQUIRE(!r.told.empty());
  CHECK(r.told.back() <= window - a.body + 9);
  a.missing = 0;
  r.peer->send(data(1, "x"));
  r.w.clock.settle();
  CHECK(r.told.back() == 1);
  a.exchange->release();
}

TEST_CASE("a stream that takes little at a time gets everything in the end") {
  rig r(memory_stream_options().capacity(100).max_read(7));
  r.greet();
  r.peer->received();
  quiet_call a;
  r.open(a);
  std::size_t const size = 20000;
  std::fill_n(a.exchange->prepare(size), size, std::uint8_t('x'));
  a.exchange->commit(size);
  a.exchange->send_end();
  r.w.clock.settle();
  std::size_t sent = 0;
  for (parsed_frame const& f : r.peer->heard())
    if (f.head.type == frame_type::data) sent += f.head.length;
  CHECK(sent == size);
  a.exchange->release();
}

TEST_CASE("GOAWAY without calls ends the connection, and says so at once") {
  rig r;
  r.greet();
  r.peer->send(goaway(0, error_code::no_error));
  r.w.clock.settle();
  CHECK(r.user.retired == 1);
  CHECK(!r.driver->can_open());
  CHECK(r.peer->ended());
  CHECK(r.user.closed == 0);
  r.peer->close();
  r.w.clock.settle();
  CHECK(r.user.closed == 1);
  CHECK(r.user.retired == 1);
}

TEST_CASE("after the last word a peer that does not close is waited for briefly") {
  rig r;
  r.greet();
  r.peer->send(std::string(9, '\xff'));
  r.w.clock.settle();
  CHECK(has(r.peer->received(), "GOAWAY"));
  CHECK(r.user.retired == 1);
  CHECK(r.user.closed == 0);
  r.w.clock.advance(1s);
  CHECK(r.user.closed == 1);
  CHECK(r.user.last.code() == status_code::unavailable);
}

TEST_CASE("close() ends exchanges before it returns, and nobody hears of the driver after it") {
  rig r;
  r.greet();
  quiet_call a;
  r.open(a);
  r.driver->close(status(status_code::cancelled, "enough"));
  CHECK(a.aborts == 1);
  CHECK(a.exchange == nullptr);
  CHECK(a.last.connection_lost);
  CHECK(to_string(a.last.status) == "CANCELLED: enough");
  CHECK(r.user.closed == 1);
  r.driver->close(status(status_code::cancelled, "again"));
  r.driver->shut_down();
  r.w.clock.advance(1min);
  CHECK(r.user.closed == 1);
}

TEST_CASE("shut_down() waits for the calls under way") {
  rig r;
  r.greet();
  quiet_call a;
  r.open(a);
  r.driver->shut_down();
  r.w.clock.settle();
  CHECK(!r.driver->can_open());
  CHECK(!r.peer->ended());
  std::string bytes = r.peer->frames.headers(1, response_fields());
  bytes += r.peer->frames.headers(1, fields({{"grpc-status", "0"}}), flag::end_stream);
  r.peer->send(bytes);
  r.w.clock.settle();
  CHECK(a.trailers == 1);
  a.exchange->release();
  r.w.clock.advance(20s);
  CHECK(r.peer->ended());
  CHECK(r.user.closed == 1);
}

}  // namespace heddle::test
