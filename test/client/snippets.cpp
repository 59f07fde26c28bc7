// What docs/ shows, run.
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <heddle/sync_wait.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

std::ostringstream out;

void show(Text const& message) { out << message.text() << message.number() << ' '; }
void show(status const& why) { out << to_string(why) << ' '; }
void shut_down() { out << "down "; }

//[callback
void greet(lab::echo::client client) {
  Text request;  // copied: it may go before the call ends
  request.set_text("hello");
  client.unary(request, call_options().timeout(5s), [](status s, Text const& reply) {
    if (s.is_ok())
      show(reply);
    else
      show(s);
  });
}
//]

//[future
Text ask(lab::echo::client client, Text const& request) {  // on a thread that does not run the channel's executor
  auto [s, reply] = client.unary(request, asio::use_future).get();
  if (!s.is_ok()) throw rpc_error(s);
  return reply;
}
//]

//[values
asio::awaitable<void> read_all(lab::echo::client client, Text query) {
  auto download = client.download(query);
  for (;;) {
    auto got = co_await download.read(asio::as_tuple(asio::use_awaitable));
    if (auto const& message = std::get<1>(got)) {
      show(*message);
      continue;
    }
    co_return show(std::get<0>(got));  // OK at the end
  }
}
//]

//[group
asio::awaitable<Text> first_of(lab::echo::client one, lab::echo::client other, Text request) {
  auto operations =
      asio::experimental::make_parallel_group(one.unary(request, asio::deferred), other.unary(request, asio::deferred));
  auto ends = co_await operations.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return std::get<0>(ends)[0] == 0 ? std::get<2>(ends) : std::get<4>(ends);  // the other one was cancelled
}
//]

//[race
using namespace boost::asio::experimental::awaitable_operators;

asio::awaitable<void> with_pauses(bidi_streaming_call<Text, Text>& chat, heddle::clock& clock) {
  for (;;) {
    // A read with a token gives its status as a value, so that an end of the call is the end of the race.
    auto const first = co_await (chat.read(asio::use_awaitable) || clock.sleep_for(30s));
    if (first.index() == 1) {
      out << "quiet ";  // the read was cancelled; no message is lost
      continue;
    }
    auto const& [why, message] = std::get<0>(first);
    if (!message) co_return show(why);
    show(*message);
  }
}
//]

//[drain
asio::awaitable<void> serve_until(heddle::server& server, asio::awaitable<void> stop) {
  auto const ended = co_await (server.run(asio::use_awaitable) || std::move(stop));
  if (ended.index() == 1) shut_down();  // run() was cancelled and has drained before || came back
}
//]

//[sync
Text blocking(heddle::channel& channel, asio::io_context& context, Text const& request) {
  lab::echo::client client(channel);
  return sync_wait(context, client.unary(request));  // runs the context here until the call has ended
}
//]

std::string shown() {
  std::string text = out.str();
  out.str("");
  return text;
}

}  // namespace

TEST_CASE("the pages of docs/ do what they say") {
  world w;
  echo_everything(w.service);
  auto const client = w.client();
  greet(client);
  w.clock.settle();
  CHECK(shown() == "hello0 ");

  auto const work = asio::make_work_guard(w.context);
  w.context.restart();
  std::thread runner([&w] { w.context.run(); });
  CHECK(ask(client, text("future")).text() == "future");
  w.context.stop();
  runner.join();

  auto const coroutines = [&]() -> asio::awaitable<void> {
    co_await read_all(client, text("n", 2));
    Text const request = text("first");
    Text const first = co_await first_of(client, client, request);
    show(first);
  };
  w.run(coroutines);
  CHECK(shown() == "n0 n1 OK first0 ");

  CHECK(blocking(*w.channel, w.context, text("sync")).text() == "sync");
}

TEST_CASE("a race of a read with a pause sees errors") {
  world w;
  w.service.on_chat = [&](server_context&, stream<Text, Text>& peer) -> reply<void> {
    co_await w.clock.sleep_for(40s);
    co_await peer.write(text("one"));
    co_await w.clock.sleep_for(10s);
    co_return status(status_code::data_loss, "gone");
  };
  auto chat = w.client().chat();
  auto const body = [&]() -> asio::awaitable<void> { co_await with_pauses(chat, w.clock); };
  task const t = w.start(body);
  w.clock.advance(1h);
  t.get();
  CHECK(shown() == "quiet one0 DATA_LOSS: gone ");
}

TEST_CASE("a server that is to stop drains first") {
  world w;
  auto const body = [&]() -> asio::awaitable<void> { co_await serve_until(*w.server, w.clock.sleep_for(1s)); };
  task const t = w.start(body);
  w.clock.advance(2s);
  t.get();
  CHECK(shown() == "down ");
}
