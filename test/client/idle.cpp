// A channel that nobody needs lets go of its connection.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

void call(world& w) {
  auto const body = [&w]() -> asio::awaitable<void> {
    Text const request = text("x");
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "x");
  };
  w.run(body);
}

bool is_idle(world& w) {
  bool changed = false;
  auto const body = [&]() -> asio::awaitable<void> {
    try {
      co_await w.channel->wait_for_change(connectivity::idle);
      changed = true;
    } catch (rpc_error const&) {
    }
  };
  task t = w.start(body);
  w.clock.settle();
  t.cancel();
  w.clock.settle();
  t.get();
  return !changed;
}

}  // namespace

TEST_CASE("a channel without calls lets go of its connection, and makes another for the next call") {
  bool const by_default = GENERATE(true, false);
  channel_options co;
  if (!by_default) co.idle_timeout(1min);
  duration const timeout = by_default ? 30min : 1min;
  world w(GENERATE(strands::none, strands::everywhere), server_options(), co);
  echo_everything(w.service);
  call(w);
  w.clock.advance(timeout - 1ns);
  CHECK(!is_idle(w));
  w.clock.advance(timeout + 1ns);  // the call came after the timer was set
  CHECK(is_idle(w));
  CHECK(w.connections == 1);
  call(w);
  CHECK(w.connections == 2);
  CHECK(!is_idle(w));
}

TEST_CASE("a channel that is connected for nobody is idle, too") {
  world w(strands::none, server_options(), channel_options().idle_timeout(1min));
  auto const body = [&]() -> asio::awaitable<void> { co_await w.channel->connect(); };
  w.run(body);
  CHECK(!is_idle(w));
  w.clock.advance(1min);
  CHECK(is_idle(w));
}

TEST_CASE("calls keep the connection, those that last and those that come again and again") {
  world w(strands::none, server_options(), channel_options().idle_timeout(1min));
  echo_everything(w.service);
  for (int i = 0; i < 100; ++i) {
    call(w);
    w.clock.advance(59s);
  }
  CHECK(w.connections == 1);
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("x");
    co_await w.client().unary(request);
  };
  task const t = w.start(body);
  w.clock.advance(1h);
  t.get();
  CHECK(w.connections == 1);
  w.clock.advance(1min);
  CHECK(is_idle(w));
}

namespace {

struct throwing_codec final : codec {
  std::string_view name() const noexcept override { return "none"; }
  status serialize(void const*, message_ops const&, std::string&) const override { throw std::runtime_error("no"); }
  status parse(void*, message_ops const&, bytes_view) const override { return ok; }
};

}  // namespace

TEST_CASE("a call that could not even be made does not keep the connection") {
  world w(GENERATE(strands::none, strands::everywhere), server_options(), channel_options().idle_timeout(1min));
  echo_everything(w.service);
  call(w);
  call_options const options = call_options().codec(std::make_shared<throwing_codec>());
  try {
    auto const download = w.client().download(text("x"), options);
  } catch (std::runtime_error const&) {
  }
  w.clock.settle();
  call(w);
  w.clock.advance(2min);
  CHECK(is_idle(w));
  CHECK(w.connections == 1);
}

TEST_CASE("an idle channel says goodbye") {
  world w;
  raw_servers servers;
  channel_options co;
  co.single_threaded(true).use_clock(w.clock).use_connector(servers.connector(w)).idle_timeout(1min);
  w.channel.emplace(w.context, "ipv4:192.0.2.1:50051", std::move(co));
  auto const body = [&]() -> asio::awaitable<void> { co_await w.channel->connect(); };
  task const t = w.start(body);
  w.clock.settle();
  servers.last().send(settings() + settings_ack());
  w.clock.settle();
  t.get();
  servers.last().received();
  w.clock.advance(1min);
  CHECK(servers.last().received() == "GOAWAY 0 NO_ERROR [graceful]");
  CHECK(servers.last().ended());
}

TEST_CASE("an infinite idle timeout is none") {
  world w(strands::none, server_options(), channel_options().idle_timeout(infinite));
  echo_everything(w.service);
  call(w);
  w.clock.advance(24h * 365);
  CHECK(!is_idle(w));
  CHECK(w.connections == 1);
}
