// The ways a client has to give up a call, and what they do to the handler.
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

std::unique_ptr<connection_attempt> never_connects(connect_request const&, connect_handler) {
  return std::make_unique<connection_attempt>();
}

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
    CHECK(to_string(s) == "CANCELLED: the call was cancelled here (/lab.Echo/Chat at memory)");
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
    CHECK(to_string(s) == "CANCELLED: the call was cancelled here (/lab.Echo/Unary at memory)");
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

// ---- each operation × each type × each point at which it can be cancelled

namespace {

constexpr auto types = {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                        asio::cancellation_type::total};

/// What the rows work on.
struct bench {
  explicit bench(world& used) : w(used), client(used.client()), chat(client.chat()), upload(client.upload()) {
    w.service.on_unary = [this](server_context& context, Text& request) -> reply<Text> {
      co_await sleep(context);
      co_return request;
    };
    w.service.on_chat = [this](server_context& context, stream<Text, Text>& peer) -> reply<void> {
      co_await sleep(context);
      context.headers().add("late", "1");
      co_await peer.write(text("later", 1));
      co_return ok;
    };
    w.service.on_upload = [this](server_context& context, reader<Text>& in) -> reply<Text> {
      co_await sleep(context);
      Text sum;
      while (co_await in.read()) sum.set_number(sum.number() + 1);
      co_return sum;
    };
  }
  asio::awaitable<void> sleep(server_context& context) {
    try {
      co_await w.clock.sleep_for(10s);
    } catch (boost::system::system_error const&) {
      cancelled += context.cancelled();
      throw;
    }
  }
  world& w;
  lab::echo::client client;
  decltype(client.chat()) chat;
  decltype(client.upload()) upload;
  Text const big = text(std::string(100000, 'x'));
  Text into;
  int cancelled = 0;
};

using on_end = std::function<void(status)>;

auto handler(asio::cancellation_slot slot, on_end end) {
  return asio::bind_cancellation_slot(slot, [end](status s, auto&&...) { end(std::move(s)); });
}

struct row {
  char const* name;
  void (*start)(bench&, asio::cancellation_slot, on_end);
  asio::awaitable<status> (*await)(bench&);
  bool ends_its_call;
};

row const rows[] = {
    {"unary", [](bench& b, asio::cancellation_slot s, on_end e) { b.client.unary(b.into, handler(s, e)); },
     [](bench& b) { return status_of(b.client.unary(b.into)); }, true},
    {"read", [](bench& b, asio::cancellation_slot s, on_end e) { b.chat.read(handler(s, e)); },
     [](bench& b) { return status_of(b.chat.read()); }, false},
    {"read into", [](bench& b, asio::cancellation_slot s, on_end e) { b.chat.read(b.into, handler(s, e)); },
     [](bench& b) { return status_of(b.chat.read(b.into)); }, false},
    {"headers", [](bench& b, asio::cancellation_slot s, on_end e) { b.chat.headers(handler(s, e)); },
     [](bench& b) { return status_of(b.chat.headers()); }, false},
    {"finish", [](bench& b, asio::cancellation_slot s, on_end e) { b.upload.finish(handler(s, e)); },
     [](bench& b) { return status_of(b.upload.finish()); }, true},
};

/// The call goes on as if nothing had been, and no message is lost.
asio::awaitable<void> goes_on(bench& b) {
  metadata const headers = co_await b.chat.headers();
  CHECK(headers.get("late") == "1");
  auto const message = co_await b.chat.read();
  REQUIRE(message);
  CHECK(message->number() == 1);
  auto const end = co_await b.chat.read();
  CHECK(!end);
}

}  // namespace

TEST_CASE("cancelling an operation with a token, at each point and by each type") {
  auto const type = GENERATE(values(types));
  auto const r = GENERATE(from_range(std::begin(rows), std::end(rows)));
  bool const waiting = GENERATE(false, true);  // or before anything has run
  world w(GENERATE(values(both)));
  bench b(w);
  INFO(r.name << (waiting ? ", waiting" : ", at once"));
  asio::cancellation_signal signal;
  int calls = 0;
  status why;
  auto const end = [&](status s) {
    ++calls;
    why = std::move(s);
  };
  if (waiting) w.clock.settle();
  r.start(b, signal.slot(), end);
  if (waiting) w.clock.settle();
  CHECK(calls == 0);
  signal.emit(asio::cancellation_type::none);
  signal.emit(type);
  CHECK(calls == 0);
  w.clock.settle();
  CHECK(calls == 1);
  CHECK(why.code() == status_code::cancelled);
  signal.emit(type);  // nobody is there any more
  CHECK(b.cancelled == (r.ends_its_call && waiting ? 1 : 0));
  auto const rest = [&]() -> asio::awaitable<void> {
    co_await goes_on(b);
    status const s = co_await status_of(b.upload.finish());
    CHECK(s.code() == (std::string(r.name) == "finish" ? status_code::cancelled : status_code::ok));
  };
  task const t = w.start(rest);
  w.clock.advance(20s);
  t.get();
  CHECK(calls == 1);
}

TEST_CASE("cancelling an awaited operation, by each type") {
  auto const type = GENERATE(values(types));
  auto const r = GENERATE(from_range(std::begin(rows), std::end(rows)));
  world w(GENERATE(values(both)));
  bench b(w);
  INFO(r.name);
  status why;
  auto const one = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    why = co_await r.await(b);
  };
  task operation = w.start(one);
  w.clock.settle();
  CHECK(!operation.done());
  operation.cancel(type);
  w.clock.settle();
  operation.get();
  CHECK(why.code() == status_code::cancelled);
  CHECK(b.cancelled == (r.ends_its_call ? 1 : 0));
  auto const rest = [&]() -> asio::awaitable<void> { co_await goes_on(b); };
  task const t = w.start(rest);
  w.clock.advance(20s);
  t.get();
}

TEST_CASE("an operation that is about to complete is too late to be cancelled, and loses nothing") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  asio::io_context elsewhere;  // where completed operations lie until they are run
  auto client = w.client();
  auto chat = client.chat();
  asio::cancellation_signal reading, writing, calling, ending;
  int completed = 0;
  auto const when_ok = [&](asio::cancellation_signal& signal) {
    return asio::bind_executor(elsewhere, asio::bind_cancellation_slot(signal.slot(), [&](status s, auto&&...) {
                                 CHECK(s == ok);
                                 ++completed;
                               }));
  };
  chat.write(text("x"), when_ok(writing));
  chat.read(when_ok(reading));
  client.unary(text("x"), when_ok(calling));
  w.clock.settle();
  chat.writes_done(when_ok(ending));
  w.clock.settle();
  for (auto* const signal : {&reading, &writing, &calling, &ending}) signal->emit(type);
  w.clock.settle();
  elsewhere.run();
  CHECK(completed == 4);
}

TEST_CASE("a write that waits is cancelled by each type, and its message is sent all the same") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  bench b(w);
  asio::cancellation_signal signal;
  status why;
  int written = 0;
  bool waits = false;
  while (!waits) {
    waits = true;
    ++written;
    b.upload.write(b.big, asio::bind_cancellation_slot(signal.slot(), [&](status s, bool) {
                     waits = false;
                     why = std::move(s);
                   }));
    w.clock.settle();
    REQUIRE(written < 100);
  }
  signal.emit(type);
  w.clock.settle();
  CHECK(!waits);
  CHECK(why.code() == status_code::cancelled);
  Text sum;
  b.upload.finish([&](status s, Text answer) {
    CHECK(s == ok);
    sum = std::move(answer);
  });
  w.clock.advance(20s);
  CHECK(sum.number() == written);
}

TEST_CASE("cancelling connect() and wait_for_change() ends the wait and not the attempt, by each type") {
  auto const type = GENERATE(values(types));
  world w(GENERATE(values(both)));
  asio::cancellation_signal connecting, watching;
  std::vector<std::string> ends;
  bool const waiting = GENERATE(false, true);
  auto const end = [&](status s, auto&&...) { ends.push_back(to_string(s)); };
  w.channel->connect(asio::bind_cancellation_slot(connecting.slot(), end));
  w.channel->wait_for_change(connectivity::connecting, asio::bind_cancellation_slot(watching.slot(), end));
  if (waiting) w.context.poll_one();
  connecting.emit(type);
  watching.emit(type);
  CHECK(ends.empty());
  w.clock.settle();
  REQUIRE(ends.size() == 2);
  CHECK(ends.front() == "CANCELLED: the wait for a connection was cancelled");
  CHECK(ends.back() == "CANCELLED: the wait for a change of state was cancelled");
  auto const body = [&]() -> asio::awaitable<void> {
    co_await w.channel->connect();
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    status const s = co_await status_of(w.channel->wait_for_change(connectivity::ready));
    CHECK(to_string(s) == "CANCELLED: the wait for a change of state was cancelled");
  };
  task t = w.start(body);
  w.clock.settle();
  CHECK(w.connections == 1);
  CHECK(!t.done());
  t.cancel(type);
  w.clock.settle();
  t.get();
}

TEST_CASE("calls without a connection are cancelled where they wait, by each type") {
  auto const type = GENERATE(values(types));
  asio::io_context context;
  testing::manual_clock clock(context);
  channel_options co;
  co.use_clock(clock).use_connector(never_connects);
  heddle::channel channel(context, "ipv4:192.0.2.1:1", std::move(co));
  lab::echo::client client(channel);
  asio::cancellation_signal signals[4];
  std::vector<status> ends;
  auto const end = [&](asio::cancellation_signal& signal) {
    return asio::bind_cancellation_slot(signal.slot(), [&](status s, auto&&...) { ends.push_back(std::move(s)); });
  };
  auto chat = client.chat();
  auto upload = client.upload();
  asio::post(context, [&] {
    client.unary(Text(), call_options().wait_for_ready(true), end(signals[0]));
    chat.read(end(signals[1]));
    chat.headers(end(signals[2]));
    upload.finish(end(signals[3]));
    for (auto& signal : signals) signal.emit(type);
  });
  context.poll_one();
  context.poll_one();
  context.poll_one();
  clock.settle();
  REQUIRE(ends.size() == 4);
  for (status const& s : ends) CHECK(s.code() == status_code::cancelled);
}

// ---- a cancellation that is faster than its operation

TEST_CASE("a cancellation on the channel's executor is not lost when its operation is still on the way there") {
  world w(strands::everywhere);
  w.service.on_chat = [&w](server_context&, stream<Text, Text>& peer) -> reply<void> {
    co_await w.clock.sleep_for(1h);
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return ok;
  };
  w.service.on_upload = [&w](server_context&, reader<Text>&) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return Text();
  };
  lab::echo::client client = w.client();
  asio::any_io_executor const home = heddle::detail::executor_of(*client.heddle_core_());
  auto chat = client.chat();
  auto upload = client.upload();
  w.clock.settle();
  Text const big = text(std::string(1000000, 'x'));
  for (auto const &start : std::initializer_list<std::function<void(asio::cancellation_slot, status&)>>{
           [&](asio::cancellation_slot slot, status& end) {
             chat.read(asio::bind_cancellation_slot(slot, [&end](status s, std::optional<Text>) { end = s; }));
           },
           [&](asio::cancellation_slot slot, status& end) {
             chat.headers(asio::bind_cancellation_slot(slot, [&end](status s, metadata) { end = s; }));
           },
           [&](asio::cancellation_slot slot, status& end) {
             chat.write(big, asio::bind_cancellation_slot(slot, [&end](status s, bool) { end = s; }));
           },
           [&](asio::cancellation_slot slot, status& end) {
             w.channel->wait_for_change(
                 connectivity::ready, asio::bind_cancellation_slot(slot, [&end](status s, connectivity) { end = s; }));
           },
           [&](asio::cancellation_slot slot, status& end) {
             client.unary(Text(), asio::bind_cancellation_slot(slot, [&end](status s, Text) { end = s; }));
           },
           [&](asio::cancellation_slot slot, status& end) {
             upload.finish(asio::bind_cancellation_slot(slot, [&end](status s, Text) { end = s; }));
           }}) {
    asio::cancellation_signal signal;
    status end;
    asio::post(home, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    start(signal.slot(), end);
    w.clock.settle();
    CHECK(end.code() == status_code::cancelled);
  }
  // The call itself goes on, with the message that was written, and nobody is cancelled in another's place.
  status answered(status_code::unknown, "");
  std::size_t size = 0;
  chat.read([&](status s, std::optional<Text> message) {
    answered = s;
    if (message) size = message->text().size();
  });
  w.clock.settle();
  CHECK(answered.code() == status_code::unknown);
  w.clock.advance(1h);
  CHECK(to_string(answered) == to_string(ok));
  CHECK(size == big.text().size());
}

TEST_CASE("a coroutine elsewhere is cancelled, too, when the signal is faster than its operation") {
  world w(strands::everywhere);
  w.service.on_chat = [&w](server_context&, stream<Text, Text>&) -> reply<void> {
    co_await w.clock.sleep_for(1h);
    co_return ok;
  };
  lab::echo::client client = w.client();
  asio::any_io_executor const home = heddle::detail::executor_of(*client.heddle_core_());
  auto chat = client.chat();
  w.clock.settle();
  status end;
  std::optional<task> t;
  bool const headers = GENERATE(false, true);
  auto const body = [&]() -> asio::awaitable<void> {
    asio::post(home, [&t] { t->cancel(); });
    if (headers)
      end = co_await status_of(chat.headers());
    else
      end = co_await status_of(chat.read());
  };
  t.emplace(w.start(body));
  w.clock.settle();
  CHECK(end.code() == status_code::cancelled);
}
