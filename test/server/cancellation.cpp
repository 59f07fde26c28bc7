// Awaited operations of a handler that are cancelled one by one, by every type; with tokens they are in tokens.cpp.
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};
constexpr auto types = {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                        asio::cancellation_type::total};

}  // namespace

TEST_CASE("an awaited read() is cancelled by every type, and takes no message with it") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  bool const into = GENERATE(false, true);
  int points = 0;
  w.service.on_upload = [&](server_context& context, reader<Text>& in) -> reply<Text> {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    status why;
    Text got;
    auto const read = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      try {
        if (into) {
          bool const more = co_await in.read(got);
          CHECK(more);
        } else {
          auto message = co_await in.read();
          CHECK(message);
          if (message) got = std::move(*message);
        }
        why = ok;
      } catch (rpc_error const& e) {
        why = e.status();
      }
    };
    // while it waits
    task first(executor, read);
    co_await w.clock.sleep_for(1s);
    CHECK(!first.done());
    first.cancel(type);
    co_await w.clock.sleep_for(1ms);
    CHECK(first.done());
    CHECK(to_string(why) == "CANCELLED: read() was cancelled (/lab.Echo/Upload)");
    CHECK(!context.cancelled());
    ++points;
    // once more, and when a message has come: too late
    task second(executor, read);
    co_await w.clock.sleep_for(9s);
    CHECK(second.done());
    CHECK(why == ok);
    CHECK(got.number() == 1);
    second.cancel(type);
    ++points;
    Text last;
    bool more = true;
    int n = 1;
    while (more) {
      more = co_await in.read(last);
      if (more) CHECK(last.number() == ++n);
    }
    CHECK(n == 3);
    ++points;
    co_return text("", n);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto upload = w.client().upload();
    co_await w.clock.sleep_for(5s);
    for (int i = 1; i <= 3; ++i) co_await upload.write(text("x", i));
    Text const answer = co_await upload.finish();
    CHECK(answer.number() == 3);
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
  CHECK(points == 3);
}

TEST_CASE("an awaited write() is cancelled by every type, and its message is sent all the same") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  int written = 0;
  bool done = false;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    status why;
    auto const write_on = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      while (why.is_ok()) {
        Text const big = text(std::string(50000, 'x'), ++written);
        why = co_await status_of(peer.write(big));
      }
    };
    for (int i = 0; i < 2; ++i) {  // what waited once may wait again
      why = ok;
      int const before = written;
      task writing(executor, write_on);
      co_await w.clock.sleep_for(1s);
      CHECK(!writing.done());
      writing.cancel(type);
      co_await w.clock.sleep_for(1ms);
      CHECK(writing.done());
      CHECK(to_string(why) == "CANCELLED: write() was cancelled (/lab.Echo/Chat)");
      CHECK(written > before);
    }
    // The other direction knows nothing of it, nor does the call.
    auto const message = co_await peer.read();
    CHECK(message);
    CHECK(!context.cancelled());
    ++written;
    co_await peer.write(text("last", written));
    done = true;
    co_return ok;
  };
  int received = 0;
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    co_await chat.write(text("x"));
    co_await w.clock.sleep_for(10s);
    Text message;
    while (co_await chat.read(message)) CHECK(message.number() == ++received);
    CHECK(message.text() == "last");
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
  CHECK(done);
  CHECK(received == written);
}

TEST_CASE("reading and writing at once, each is cancelled for itself") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  bool const read_first = GENERATE(false, true);
  bool done = false;
  w.service.on_chat = [&](server_context&, stream<Text, Text>& peer) -> reply<void> {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    status read_end, write_end;
    auto const read_on = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      read_end = co_await status_of(peer.read());
    };
    auto const write_on = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      Text const big = text(std::string(50000, 'x'));
      while (write_end.is_ok()) write_end = co_await status_of(peer.write(big));
    };
    task reading(executor, read_on), writing(executor, write_on);
    co_await w.clock.sleep_for(1s);
    CHECK(!reading.done());
    CHECK(!writing.done());
    (read_first ? reading : writing).cancel(type);
    co_await w.clock.sleep_for(1s);
    CHECK(reading.done() == read_first);
    CHECK(writing.done() == !read_first);
    (read_first ? writing : reading).cancel(type);
    co_await w.clock.sleep_for(1ms);
    CHECK(reading.done());
    CHECK(writing.done());
    CHECK(read_end.code() == status_code::cancelled);
    CHECK(write_end.code() == status_code::cancelled);
    done = true;
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    co_await w.clock.sleep_for(10s);
    Text message;
    while (co_await chat.read(message)) {
    }
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
  CHECK(done);
}
