// The ways a client has to give up a call, and what they do to the handler.
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

/// A handler that sleeps for an hour and notes how it was woken.
struct sleeper {
  int started = 0, cancelled = 0, finished = 0;
  bool context_knew = false;

  asio::awaitable<void> sleep(world& w, server_context& context) {
    ++started;
    try {
      co_await w.clock.sleep_for(1h);
      ++finished;
    } catch (boost::system::system_error const& e) {
      CHECK(e.code() == asio::error::operation_aborted);
      ++cancelled;
      context_knew = context.cancelled();
    }
  }
  void serve(world& w) {
    w.service.on_unary = [this, &w](server_context& context, Text& request) -> reply<Text> {
      CHECK(!context.cancelled());
      co_await sleep(w, context);
      co_return request;
    };
    w.service.on_download = [this, &w](server_context& context, Text&, writer<Text>& out) -> reply<void> {
      co_await out.write(text("first"));
      co_await sleep(w, context);
      co_return ok;
    };
    w.service.on_upload = [this, &w](server_context& context, reader<Text>&) -> reply<Text> {
      co_await sleep(w, context);
      co_return Text();
    };
    w.service.on_chat = [this, &w](server_context& context, stream<Text, Text>& out) -> reply<void> {
      co_await out.write(text("first"));
      co_await sleep(w, context);
      co_return ok;
    };
  }
};

}  // namespace

TEST_CASE("leaving the scope of a call cancels its handler") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const body = [&]() -> asio::awaitable<void> {
    {
      auto download = w.client().download(Text());
      auto const first = co_await download.read();
      CHECK(first);
    }
    {
      auto chat = w.client().chat();
      auto const first = co_await chat.read();
      CHECK(first);
    }
    {
      auto upload = w.client().upload();
      co_await upload.write(text("x"));
      co_await w.clock.sleep_for(1s);
    }
    { auto unused = w.client().upload(); }
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  t.get();
  w.clock.settle();
  CHECK(handler.cancelled == handler.started);
  CHECK(handler.started >= 3);
  CHECK(handler.finished == 0);
  CHECK(handler.context_knew);
}

TEST_CASE("cancel() ends a call and its handler") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const first = co_await chat.read();
    CHECK(first);
    chat.cancel();
    status s = co_await status_of(chat.read());
    CHECK(to_string(s) == "CANCELLED: the call was cancelled here");
    CHECK(s.origin() == status_origin::local);
    chat.cancel();
    s = co_await status_of(chat.read());
    CHECK(s.code() == status_code::cancelled);
    bool const goes = co_await chat.write(Text());
    CHECK(!goes);
    auto upload = w.client().upload();
    upload.cancel();
    s = co_await status_of(upload.finish());
    CHECK(s.code() == status_code::cancelled);
  };
  w.run(body);
  CHECK(handler.cancelled == handler.started);
  CHECK(handler.started >= 1);
}

TEST_CASE("cancel() wakes whoever waits") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const first = co_await chat.read();
    CHECK(first);
    auto const cancel_later = [&]() -> asio::awaitable<void> {
      co_await w.clock.sleep_for(1s);
      chat.cancel();
    };
    auto const write_on = [&]() -> asio::awaitable<void> {
      Text const big = text(std::string(100000, 'x'));
      while (co_await chat.write(big)) {
      }
    };
    auto const read_on = [&]() -> asio::awaitable<void> {
      status const s = co_await status_of(chat.read());
      CHECK(s.code() == status_code::cancelled);
    };
    co_await (cancel_later() && write_on() && read_on());
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  t.get();
  CHECK(handler.cancelled == 1);
}

TEST_CASE("the slot of a unary call resets it") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const type =
      GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total);
  bool ended = false;
  auto const body = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    Text const request;
    status const s = co_await status_of(w.client().unary(request));
    CHECK(to_string(s) == "CANCELLED: the call was cancelled here");
    ended = true;
  };
  task t = w.start(body);
  w.clock.settle();
  CHECK(handler.started == 1);
  t.cancel(type);
  w.clock.settle();
  CHECK(ended);
  CHECK(handler.cancelled == 1);
}

TEST_CASE("the loser of || is cancelled, and its handler with it") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    auto client = w.client();
    auto const winner = co_await (client.unary(request) || w.clock.sleep_for(1s));
    CHECK(winner.index() == 1);
    auto chat = client.chat();
    auto const first = co_await chat.read();
    CHECK(first);
    auto const second = co_await (chat.read() || w.clock.sleep_for(1s));
    CHECK(second.index() == 1);
  };
  task const t = w.start(body);
  w.clock.advance(2s);
  t.get();
  w.clock.settle();
  CHECK(handler.started == 2);
  CHECK(handler.cancelled == 2);
}

TEST_CASE("a cancelled read loses nothing, and the call goes on") {
  world w(GENERATE(values(both)));
  w.service.on_download = [&](server_context&, Text&, writer<Text>& out) -> reply<void> {
    for (int i = 0; i < 10; ++i) {
      co_await w.clock.sleep_for(1s);
      co_await out.write(text("", i));
    }
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(Text());
    int n = 0, timeouts = 0;
    Text message;
    for (;;) {
      auto const got = co_await (call.read(message) || w.clock.sleep_for(300ms));
      if (got.index() == 1) {
        ++timeouts;
        continue;
      }
      if (!std::get<0>(got)) break;
      CHECK(message.number() == n++);
    }
    CHECK(n == 10);
    CHECK(timeouts >= 29);
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
}

TEST_CASE("a cancelled headers() leaves the call as it is") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [&](server_context& context, stream<Text, Text>&) -> reply<void> {
    co_await w.clock.sleep_for(2s);
    context.headers().add("late", "1");
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    auto const first = co_await (call.headers() || w.clock.sleep_for(1s));
    CHECK(first.index() == 1);
    metadata const headers = co_await call.headers();
    CHECK(headers.get("late") == "1");
    auto const end = co_await call.read();
    CHECK(!end);
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
}

TEST_CASE("a cancelled write() says so, and its message is sent all the same") {
  world w(GENERATE(values(both)));
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    co_await w.clock.sleep_for(10s);
    std::int64_t sum = 0;
    Text message;
    while (co_await in.read(message)) sum += message.number();
    co_return text("", sum);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().upload();
    Text const big = text(std::string(100000, 'x'), 1);
    int sent = 0;
    for (;;) {
      ++sent;
      auto const got = co_await (status_of(call.write(big)) || w.clock.sleep_for(1s));
      if (got.index() == 1) break;
    }
    CHECK(sent > 1);
    Text const answer = co_await call.finish();
    INFO(sent);
    CHECK((answer.number() == sent || answer.number() == sent - 1));
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
}

TEST_CASE("finish() that is cancelled cancels the call") {
  world w(GENERATE(values(both)));
  sleeper handler;
  handler.serve(w);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().upload();
    auto const got = co_await (status_of(call.finish()) || w.clock.sleep_for(1s));
    CHECK(got.index() == 1);
    co_await w.clock.sleep_for(1s);
    CHECK(handler.cancelled == 1);
    status const s = co_await status_of(call.finish());
    CHECK(s.code() == status_code::cancelled);
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
}

TEST_CASE("a cancelled call leaves its connection to the others") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 500; ++i) {
      auto call = w.client().download(text(std::string(100, 'x'), 1000));
      if (i % 2 == 0) {
        auto const message = co_await call.read();
        CHECK(message);
      }
    }
    Text const answer = co_await w.client().unary(text("still here"));
    CHECK(answer.text() == "still here");
  };
  w.run(body);
  CHECK(w.connections == 1);
}
