// Everything may be destroyed at any time: what hangs in the library then is destroyed too, once, and says nothing.
// Built with AddressSanitizer these tests find leaks and dangling pointers; without, they still run.
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

/// Says when a frame that it lives in is destroyed.
struct witness {
  explicit witness(int& n) : living(n) { ++living; }
  witness(witness const&) = delete;
  ~witness() { --living; }
  int& living;
};

/// Calls of all kinds, each with a handler that parks in another way.
struct hanging {
  int handlers = 0, callers = 0;
  std::vector<status> ends;

  void serve(world& w) {
    w.service.on_unary = [this, &w](server_context&, Text& request) -> reply<Text> {
      witness const here(handlers);
      co_await w.clock.sleep_for(1h);
      co_return request;
    };
    w.service.on_download = [this](server_context&, Text&, writer<Text>& out) -> reply<void> {
      witness const here(handlers);
      Text const big = text(std::string(50000, 'x'));
      for (;;) co_await out.write(big);
    };
    w.service.on_upload = [this, &w](server_context&, reader<Text>& in) -> reply<Text> {
      witness const here(handlers);
      while (co_await in.read()) {
      }
      co_await w.clock.sleep_for(1h);
      co_return Text();
    };
    w.service.on_chat = [this, &w](server_context&, stream<Text, Text>& peer) -> reply<void> {
      witness const here(handlers);
      auto const reading = co_await (status_of(peer.read()) || w.clock.sleep_for(1h));
      CHECK(reading.index() == 0);
      co_return ok;
    };
  }
  void call(world& w) {
    auto const unary = [this, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      Text const request;
      ends.push_back(co_await status_of(client.unary(request)));
    };
    auto const queued = [this, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      Text const request;
      ends.push_back(co_await status_of(client.unary(request, call_options().wait_for_ready(true).timeout(1h))));
    };
    auto const download = [this, &w, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      auto call = client.download(Text());
      auto const first = co_await call.read();
      CHECK(first);
      co_await w.clock.sleep_for(1h);
    };
    auto const upload = [this, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      auto call = client.upload();
      co_await call.write(text("x"));
      ends.push_back(co_await status_of(call.finish()));
    };
    auto const chat = [this, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      auto call = client.chat();
      auto const headers = [&]() -> asio::awaitable<void> { co_await call.headers(); };
      auto const messages = [&]() -> asio::awaitable<void> { ends.push_back(co_await status_of(call.read())); };
      co_await (headers() && messages());
    };
    auto const writes = [this, client = w.client()]() -> asio::awaitable<void> {
      witness const here(callers);
      auto call = client.chat();
      Text const big = text(std::string(50000, 'x'));
      while (co_await call.write(big)) {
      }
    };
    auto const waits = [this, &w]() -> asio::awaitable<void> {
      witness const here(callers);
      if (w.channel) co_await w.channel->wait_for_change(connectivity::ready);
      if (w.channel) co_await w.channel->wait_for_change(connectivity::ready);
    };
    auto const runs = [this, &w]() -> asio::awaitable<void> {
      witness const here(callers);
      if (w.server) co_await w.server->run();
    };
    tasks = {w.start(unary), w.start(queued), w.start(download), w.start(upload),
             w.start(chat),  w.start(writes), w.start(waits),    w.start(runs)};
  }
  std::vector<task> tasks;
};

}  // namespace

TEST_CASE("a channel that is destroyed cancels its calls") {
  world w(GENERATE(values(both)));
  hanging h;
  h.serve(w);
  h.call(w);
  w.clock.settle();
  CHECK(h.handlers == 5);
  w.channel.reset();
  w.clock.settle();
  REQUIRE(h.ends.size() == 4);
  for (status const& s : h.ends) CHECK(to_string(s).starts_with("CANCELLED: the channel was destroyed (/lab.Echo/"));
  CHECK(h.handlers == 0);
}

TEST_CASE("a server that is destroyed resets its calls") {
  world w(GENERATE(values(both)));
  hanging h;
  h.serve(w);
  h.call(w);
  w.clock.settle();
  CHECK(h.handlers == 5);
  w.server.reset();
  w.channel.reset();
  w.clock.settle();
  CHECK(h.handlers == 0);
  REQUIRE(h.ends.size() == 4);
  for (status const& s : h.ends) CHECK(!s.is_ok());
}

TEST_CASE("a context may go at any point, with all that hangs in it") {
  auto const s = GENERATE(values(both));
  for (int steps = 0; steps < 400; steps += steps < 100 ? 1 : 7) {
    INFO(steps);
    hanging h;
    {
      world w(s);
      h.serve(w);
      h.call(w);
      for (int i = 0; i < steps; ++i)
        if (w.context.poll_one() == 0) break;
      h.tasks.clear();
      if (steps % 3 == 1) {
        w.channel.reset();
        w.server.reset();
      } else if (steps % 3 == 2) {
        w.server.reset();
        w.channel.reset();
      }
      for (int i = 0; i < steps % 17; ++i)
        if (w.context.poll_one() == 0) break;
    }
    CHECK(h.handlers == 0);
    CHECK(h.callers == 0);
  }
}

TEST_CASE("a context may go before its server and its channel do") {
  auto const s = GENERATE(values(both));
  for (int steps = 0; steps < 300; steps += 3) {
    INFO(steps);
    hanging h;
    {
      auto context = std::make_unique<asio::io_context>(1);
      testing::manual_clock clock(*context);
      scripted_echo service;
      int living = 0;
      service.on_chat = [&](server_context&, stream<Text, Text>& peer) -> reply<void> {
        witness const here(living);
        while (co_await peer.read()) {
        }
        co_return ok;
      };
      server_options so;
      so.single_threaded(s == strands::none).use_clock(clock);
      // Owned by coroutines that the context owns.
      auto const serve = [&]() -> asio::awaitable<void> {
        witness const here(living);
        heddle::server server(*context, so);
        server.add(service);
        auto const accept = [&server](std::unique_ptr<byte_stream> stream) { server.serve(std::move(stream)); };
        channel_options co;
        co.single_threaded(s == strands::none)
            .use_clock(clock)
            .use_connector(testing::connect_memory(context->get_executor(), accept));
        heddle::channel channel(*context, "ipv4:192.0.2.1:1", co);
        lab::echo::client client(channel);
        auto const use = [&]() -> asio::awaitable<void> {
          witness const caller(living);
          auto chat = client.chat();
          while (co_await chat.read()) {
          }
        };
        co_await (server.run() && use());
      };
      asio::co_spawn(*context, serve, asio::detached);
      for (int i = 0; i < steps; ++i)
        if (context->poll_one() == 0) break;
      context.reset();
      CHECK(living == 0);
    }
  }
}

TEST_CASE("a call object may outlive its channel") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  std::optional<decltype(w.client().chat())> chat;
  auto const body = [&]() -> asio::awaitable<void> {
    chat.emplace(w.client().chat());
    co_await chat->write(text("x"));
    auto const answer = co_await chat->read();
    CHECK(answer);
    w.channel.reset();
    status const s = co_await status_of(chat->read());
    CHECK(s.code() == status_code::cancelled);
    bool const goes = co_await chat->write(text("x"));
    CHECK(!goes);
    co_await chat->writes_done();
  };
  w.run(body);
  chat.reset();
  w.clock.settle();
}
