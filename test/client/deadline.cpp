// Deadlines, from the caller's option to the handler's cancellation.
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

}  // namespace

TEST_CASE("a call ends at its deadline, on both sides") {
  world w(GENERATE(values(both)));
  int cancelled = 0, started = 0;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    ++started;
    CHECK(context.time_left() == 5s);
    CHECK(context.deadline() == w.clock.now() + 5s);
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      ++cancelled;
      CHECK(context.cancelled());
      CHECK(context.time_left() == 0s);
    }
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(w.client().unary(request, call_options().timeout(5s)));
    CHECK(to_string(s) ==
          "DEADLINE_EXCEEDED: the deadline has passed while the call waited for the answer (/lab.Echo/Unary at memory, "
          "call_options::timeout())");
  };
  task const t = w.start(body);
  w.clock.advance(5s - 1ns);
  CHECK(!t.done());
  CHECK(cancelled == 0);
  w.clock.advance(1ns);
  t.get();
  w.clock.settle();
  CHECK(started == 1);
  CHECK(cancelled == 1);
}

TEST_CASE("a call without a deadline has none") {
  world w;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    CHECK(context.deadline() == never);
    CHECK(!context.time_left().has_value());
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await w.client().unary(request);
    co_await w.client().unary(request, call_options().timeout(duration::max()));
  };
  w.run(body);
}

TEST_CASE("a deadline that has passed opens no stream") {
  world w(GENERATE(values(both)));
  int started = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    ++started;
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (duration const timeout : {duration(0), duration(-1s), duration::min()}) {
      Text const request;
      status const s = co_await status_of(w.client().unary(request, call_options().timeout(timeout)));
      CHECK(to_string(s) ==
            "DEADLINE_EXCEEDED: the timeout was over before the call began (/lab.Echo/Unary, call_options::timeout())");
    }
  };
  w.run(body);
  CHECK(started == 0);
  CHECK(w.connections == 0);
}

TEST_CASE("the deadline is what is left when the request leaves, never rounded up beyond a unit") {
  world w;
  std::vector<duration> seen;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    seen.push_back(*context.time_left());
    co_return request;
  };
  std::vector<duration> const given = {1ns, 99999999ns, 100000000ns, 123456789ns, 3s, 1h, 100000h};
  auto const body = [&]() -> asio::awaitable<void> {
    for (duration const d : given) {
      Text const request;
      co_await w.client().unary(request, call_options().timeout(d));
    }
  };
  w.run(body);
  REQUIRE(seen.size() == given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    INFO(given[i].count() << " became " << seen[i].count());
    CHECK(seen[i] >= given[i]);
    CHECK(seen[i] <= given[i] + given[i] / 10000 + 1us);
  }
}

TEST_CASE("a deadline counts while there is no connection") {
  world w(GENERATE(values(both)));
  channel_options co;
  co.use_clock(w.clock).use_connector([](connect_request const&, connect_handler) {
    return std::make_unique<connection_attempt>();  // never answers
  });
  channel deaf(w.context, "ipv4:192.0.2.1:1", co);
  lab::echo::client client(deaf);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(client.unary(request, call_options().timeout(3s)));
    CHECK(to_string(s) ==
          "DEADLINE_EXCEEDED: the deadline has passed while the call waited for a connection: connecting to "
          "192.0.2.1:1 (/lab.Echo/Unary, call_options::timeout())");
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
}

TEST_CASE("a call that gets its stream when its time is over does not open it") {
  http2::limits one;
  one.max_concurrent_streams = 1;
  world w(GENERATE(values(both)), server_options().limits(one));
  std::vector<std::int64_t> started;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    started.push_back(request.number());
    co_await w.clock.sleep_for(5s);
    co_return request;
  };
  auto const call = [&](std::int64_t number, call_options options) -> asio::awaitable<status> {
    Text const request = text("", number);
    co_return co_await status_of(w.client().unary(request, options));
  };
  auto const first = [&]() -> asio::awaitable<void> {
    status const s = co_await call(1, call_options());
    CHECK(s.is_ok());
  };
  auto const second = [&]() -> asio::awaitable<void> {
    status const s = co_await call(2, call_options().timeout(5s));
    CHECK(s.code() == status_code::deadline_exceeded);
  };
  task const a = w.start(first);
  w.clock.settle();
  task const b = w.start(second);
  w.clock.advance(5s);
  w.clock.settle();
  a.get();
  b.get();
  w.clock.advance(5s);
  CHECK(started == std::vector<std::int64_t>{1});
}

TEST_CASE("streams end at their deadline, with their messages") {
  world w(GENERATE(values(both)));
  int cancelled = 0;
  auto const give_up = [&]() -> asio::awaitable<void> {
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      ++cancelled;
    }
  };
  w.service.on_chat = [&](server_context&, stream<Text, Text>& out) -> reply<void> {
    co_await out.write(text("first"));
    co_await give_up();
    co_return ok;
  };
  w.service.on_upload = [&](server_context&, reader<Text>&) -> reply<Text> {
    co_await give_up();
    co_return Text();
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat(call_options().timeout(2s));
    auto const first = co_await chat.read();
    CHECK(first);
    status s = co_await status_of(chat.read());
    CHECK(s.code() == status_code::deadline_exceeded);
    auto upload = w.client().upload(call_options().timeout(2s));
    Text const big = text(std::string(100000, 'x'));
    while (co_await upload.write(big)) {
    }
    s = co_await status_of(upload.finish());
    CHECK(s.code() == status_code::deadline_exceeded);
  };
  task const t = w.start(body);
  w.clock.advance(5s);
  t.get();
  CHECK(cancelled == 2);
}

TEST_CASE("many deadlines, in any order") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(std::chrono::milliseconds(request.number()));
    co_return request;
  };
  std::vector<task> tasks;
  int late = 0, answered = 0;
  for (int i = 0; i < 90; ++i) {
    int const deadline = (i * 37) % 90 + 10, work = (i * 53) % 90 + 10;
    auto const call = [&w, &late, &answered, deadline, work]() -> asio::awaitable<void> {
      time_point const start = w.clock.now();
      Text const request = text("", work);
      auto const options = call_options().timeout(std::chrono::milliseconds(deadline));
      status const s = co_await status_of(w.client().unary(request, options));
      if (s.is_ok()) {
        ++answered;
        CHECK(work <= deadline);
        CHECK(w.clock.now() == start + std::chrono::milliseconds(work));
      } else {
        ++late;
        CHECK(s.code() == status_code::deadline_exceeded);
        CHECK(work >= deadline);
        CHECK(w.clock.now() == start + std::chrono::milliseconds(deadline));
      }
    };
    tasks.push_back(w.start(call));
  }
  w.clock.advance(1s);
  for (task const& t : tasks) t.get();
  CHECK(late > 10);
  CHECK(answered > 10);
}
