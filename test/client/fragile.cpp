// Hooks and codecs that throw end their call with a status, and nobody else hears of it.
#include "support/fragile.hpp"

#include <string>

#include <boost/asio/deferred.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

bool is_request(breaks what) { return what == breaks::request_hook || what == breaks::serialize; }

asio::awaitable<status> read(bidi_streaming_call<Text, Text>& chat, Text& message, bool token) {
  if (!token) co_return co_await status_of(chat.read(message));
  auto got = co_await chat.read(asio::deferred);
  if (std::get<1>(got)) message = *std::get<1>(got);
  co_return std::get<0>(got);
}

asio::awaitable<status> write(bidi_streaming_call<Text, Text>& chat, Text message, bool token) {
  if (!token) co_return co_await status_of(chat.write(message));
  auto const sent = co_await chat.write(message, asio::deferred);
  co_return std::get<0>(sent);
}

}  // namespace

TEST_CASE("a client's hook or codec that throws ends its call with a status") {
  breaks const what = GENERATE(values(everything_that_breaks));
  bool const token = GENERATE(false, true), waiting = GENERATE(true, false);
  channel_options co;
  co.intercept(fragile_hooks(what)).codec(std::make_shared<fragile_codec>(what));
  world w(GENERATE(strands::none, strands::everywhere), server_options().add_codec(std::make_shared<fragile_codec>()),
          co);
  echo_everything(w.service);
  if (waiting) {
    w.service.on_chat = [&w](server_context&, stream<Text, Text>& both) -> reply<void> {
      Text one;
      while (co_await both.read(one)) {
        co_await w.clock.sleep_for(1s);
        co_await both.write(one);
      }
      co_return ok;
    };
  }
  auto const options = call_options().header("bad", "1");
  auto const check_end = [&](status const& end) {
    CHECK(to_string(end.code()) == (is_codec(what) ? "INTERNAL" : "UNKNOWN"));
    CHECK(end.message().find("threw an exception") != std::string::npos);
    CHECK(end.message().find("secret") == std::string::npos);
  };

  int ended = 0;
  auto const streams = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat(options);
    Text message;
    if (what != breaks::headers_hook) {
      status const sent = co_await write(chat, text("good"), token);
      CHECK(sent.is_ok());
      status const got = co_await read(chat, message, token);
      CHECK(got.is_ok());
      CHECK(message.text() == "good");
    }
    status end = co_await write(chat, text("bad"), token);
    if (!is_request(what)) {
      CHECK(end.is_ok());
      if (!waiting) co_await w.clock.sleep_for(1s);  // the answer is here when it is asked for
      end = co_await read(chat, message, token);
    }
    check_end(end);
    ++ended;
  };
  task const t = w.start(streams);
  w.clock.advance(5s);
  t.get();

  auto const single = [&]() -> asio::awaitable<void> {
    Text const bad = text("bad"), good = text("good");
    if (token) {
      auto const end = co_await w.client().unary(bad, options, asio::deferred);
      check_end(std::get<0>(end));
    } else {
      status const end = co_await status_of(w.client().unary(bad, options));
      check_end(end);
    }
    Text const answer = co_await w.client().unary(good);
    CHECK(answer.text() == "good");
    ++ended;
  };
  w.run(single);
  CHECK(ended == 2);
  CHECK(w.connections == 1);
}
