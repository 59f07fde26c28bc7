// What nobody reads is not paid for: a peer that sends on finds its window shut, or its call ended.
#include <tuple>

#include <boost/asio/use_awaitable.hpp>

#include "support/misbehaving.hpp"

using namespace heddle;
using namespace heddle::test;

TEST_CASE("a slow reader lets the server write a window ahead, and no more") {
  bool const tokens = GENERATE(false, true);
  strands const where = GENERATE(strands::none, strands::everywhere);
  constexpr int window = 64;  // KiB, as a message is one
  world w(where, server_options(),
          channel_options().flow_control(
              flow_control_options().stream_window(window * 1024).connection_window(1024 * 1024).adaptive(false)));
  int written = 0;
  w.service.on_download = [&written](server_context&, Text&, writer<Text>& out) -> reply<void> {
    Text const message = text(std::string(1024 - 8, 'x'));
    for (; written < 10000; ++written) co_await out.write(message);
    co_return ok;
  };
  constexpr int taken = 100;
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(Text());
    Text message;
    for (int i = 0; i < taken; ++i) {
      co_await w.clock.sleep_for(1ms);
      bool more = false;
      if (tokens) {
        auto const got = co_await call.read(message, asio::use_awaitable);
        more = std::get<1>(got);
      } else {
        more = co_await call.read(message);
      }
      CHECK(more);
    }
    co_await w.clock.sleep_for(1h);
  };
  task t = w.start(body);
  for (int i = 0; i <= taken; ++i) w.clock.advance(1ms);
  CHECK(written >= taken);
  CHECK(written <= taken + window + 64 + 64);  // what the server queues before write() waits, and what earns a window
  t.cancel();
  w.clock.settle();
}

TEST_CASE("a server that answers one more time than it may is not heard out") {
  kind const k = GENERATE(kind::unary, kind::upload);
  std::size_t const more = GENERATE(1, 5, 1000);  // bytes of a second message: part of its prefix, all of it, or more
  misbehaving_server s;
  s.begin_neighbour();
  outcome o;
  s.start(k, o);
  s.clock.settle();
  testing::scripted_peer p = s.peer();
  p.send_headers(3, grpc_head());
  p.send(data(3, message_of(text("answer"))));
  s.clock.settle();
  CHECK(!o.done);
  p.send(data(3, message_of(text(std::string(2000, 'x'))).substr(0, more)));
  s.clock.settle();
  CHECK(o.done);
  CHECK(o.end.code() == status_code::unimplemented);
  CHECK(has(o.end.message(), "more than the one message that is wanted"));
  s.check_neighbour();
}

TEST_CASE("one answer may be larger than every window") {
  kind const k = GENERATE(kind::unary, kind::upload);
  misbehaving_server s(testing::manners::good,
                       channel_options().flow_control(flow_control_options().stream_window(65535).adaptive(false)));
  outcome o;
  s.start(k, o);
  s.clock.settle();
  testing::scripted_peer p = s.peer();
  p.send_headers(1, grpc_head());
  std::string const message = message_of(text(std::string(1000000, 'x')));
  for (std::size_t at = 0; at < message.size(); at += 16000) {
    p.send(data(1, message.substr(at, 16000)));
    s.clock.settle();
  }
  p.send_headers(1, grpc_trailers(), flag::end_stream);
  s.clock.settle();
  INFO(heddle::to_string(o.end));
  CHECK(o.done);
  CHECK(o.end.is_ok());
  CHECK(o.messages == 1);
}
