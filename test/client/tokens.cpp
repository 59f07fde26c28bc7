// Every operation of a client with every kind of completion token.
#include <coroutine>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "support/client_operations.hpp"
#include "support/completions.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

std::unique_ptr<connection_attempt> never_connects(connect_request const&, connect_handler) {
  return std::make_unique<connection_attempt>();
}

}  // namespace

TEST_CASE("every operation takes a callback, and never calls it from inside") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  each_operation(w, [&w](char const* name, auto operation) {
    INFO(name);
    completion end;
    bool inside = true;
    operation(move_only(end, [&inside] { CHECK(!inside); }));
    CHECK(end.calls == 0);
    inside = false;
    w.clock.settle();
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
  });
}

TEST_CASE("every operation started on the channel's own executor completes later all the same") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  each_operation(w, [&w](char const* name, auto operation) {
    INFO(name);
    completion end;
    bool inside = false;
    auto const start = [&] {
      inside = true;
      operation(move_only(end, [&inside] { CHECK(!inside); }));
      CHECK(end.calls == 0);
      inside = false;
    };
    asio::post(w.context, start);
    w.clock.settle();
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
  });
}

TEST_CASE("every operation takes use_future") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  each_operation(w, [&w](char const* name, auto operation) {
    INFO(name);
    auto future = operation(asio::use_future);
    w.clock.settle();
    REQUIRE(future.wait_for(0s) == std::future_status::ready);
    auto const result = future.get();
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(result)>, status>)
      CHECK(result == ok);
    else
      CHECK(std::get<0>(result) == ok);
  });
}

TEST_CASE("every operation takes deferred, use_awaitable and as_tuple") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  int n = 0;
  each_operation(w, [&](char const* name, auto operation) {
    INFO(name);
    auto const body = [&]() -> asio::awaitable<void> {
      if (n % 2 == 0) {
        auto const result = co_await operation(asio::as_tuple(asio::use_awaitable));
        CHECK(std::get<0>(result) == ok);
      } else {
        auto deferred = operation(asio::as_tuple(asio::deferred));
        auto const result = co_await std::move(deferred);
        CHECK(std::get<0>(result) == ok);
      }
    };
    w.run(body);
    ++n;
  });
}

TEST_CASE("what is awaited comes as values, and no status is thrown") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> {
    co_return status(status_code::not_found, "no such thing");
  };
  w.service.on_download = [](server_context&, Text&, writer<Text>& out) -> reply<void> {
    co_await out.write(text("one"));
    co_return status(status_code::data_loss, "that was all");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    std::tuple<status, Text> const answer = co_await w.client().unary(text("x"), asio::use_awaitable);
    CHECK(to_string(std::get<0>(answer)) == "NOT_FOUND: no such thing");
    CHECK(std::get<1>(answer).text() == "");
    auto download = w.client().download(Text());
    std::tuple<status, std::optional<Text>> const first = co_await download.read(asio::use_awaitable);
    CHECK(std::get<0>(first) == ok);
    REQUIRE(std::get<1>(first));
    CHECK(std::get<1>(first)->text() == "one");
    std::tuple<status, std::optional<Text>> const last = co_await download.read(asio::use_awaitable);
    CHECK(to_string(std::get<0>(last)) == "DATA_LOSS: that was all");
    CHECK(!std::get<1>(last));
    auto chat = w.client().chat();
    status const closed = co_await chat.writes_done(asio::use_awaitable);
    CHECK(closed == ok);
    Text message;
    std::tuple<status, bool> const end = co_await chat.read(message, asio::use_awaitable);
    CHECK(std::get<0>(end) == ok);
    CHECK(!std::get<1>(end));
    std::tuple<status, bool> const late = co_await chat.write(message, asio::use_awaitable);
    CHECK(std::get<0>(late) == ok);
    CHECK(!std::get<1>(late));
    result<Text> const without = co_await w.client().unary(text("x"), as_result);
    CHECK(without.error().code() == status_code::not_found);
  };
  w.run(body);
}

TEST_CASE("a message that is too large is refused with a status") {
  channel_options co;
  world w(GENERATE(values(both)), server_options(), std::move(co.max_send_message_size(10)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const large = text("longer than ten bytes");
    auto const answer = co_await w.client().unary(large, asio::use_awaitable);
    CHECK(std::get<0>(answer).code() == status_code::resource_exhausted);
    auto chat = w.client().chat();
    auto const wrote = co_await chat.write(large, asio::use_awaitable);
    CHECK(std::get<0>(wrote).code() == status_code::resource_exhausted);
    CHECK(!std::get<1>(wrote));
  };
  w.run(body);
}

TEST_CASE("call_info is filled before the handler is called") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [](server_context& context, Text& request) -> reply<Text> {
    context.headers().add("seen", "1");
    co_return request;
  };
  call_info info;
  int calls = 0;
  w.client().unary(text("x"), call_options().info(info), [&](status s, Text answer) {
    ++calls;
    CHECK(s == ok);
    CHECK(answer.text() == "x");
    CHECK(info.headers().get("seen") == "1");
  });
  w.clock.settle();
  CHECK(calls == 1);
}

TEST_CASE("operators join and race token operations") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(std::chrono::seconds(request.number()));
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    auto const two =
        co_await (client.unary(text("a", 1), asio::use_awaitable) && client.unary(text("b", 2), asio::use_awaitable));
    CHECK(std::get<1>(two).text() == "a");  // && takes the first tuple apart
    CHECK(std::get<1>(std::get<2>(two)).text() == "b");
    auto const race = co_await (client.unary(text("slow", 60), asio::use_awaitable) || w.clock.sleep_for(3s));
    CHECK(race.index() == 1);
    auto const group = co_await asio::experimental::make_parallel_group(client.unary(text("fast", 1), asio::deferred),
                                                                        client.unary(text("slow", 60), asio::deferred))
                           .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    CHECK(std::get<0>(group)[0] == 0);
    CHECK(std::get<1>(group) == ok);
    CHECK(std::get<2>(group).text() == "fast");
    CHECK(std::get<3>(group).code() == status_code::cancelled);
  };
  task const t = w.start(body);
  w.clock.advance(7s);
  t.get();
}

TEST_CASE("a hundred thousand reads that are ready do not recurse") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto download = w.client().download(text("", 100000));
  int messages = 0, ends = 0, depth = 0;
  bool deep = false;
  std::function<void()> next = [&] {
    ++depth;
    download.read([&](status s, std::optional<Text> message) {
      deep = deep || depth > 0;
      if (!message) {
        CHECK(s == ok);
        ++ends;
        return;
      }
      CHECK(message->number() == messages);
      ++messages;
      next();
    });
    --depth;
  };
  next();
  w.clock.settle();
  CHECK(messages == 100000);
  CHECK(ends == 1);
  CHECK(!deep);
}

TEST_CASE("memory comes from the handler's allocator, and is back before the handler is called") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  each_operation(w, [&w](char const* name, auto operation) {
    INFO(name);
    arena memory;
    completion end;
    int living = -1;
    operation(
        asio::bind_allocator(arena_allocator<std::byte>(memory), move_only(end, [&] { living = memory.living; })));
    CHECK(memory.allocations >= 1);
    w.clock.settle();
    CHECK(end.calls == 1);
    CHECK(living == 0);
    CHECK(memory.living == 0);
  });
}

TEST_CASE("handlers run on their associated executor") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  asio::io_context elsewhere;
  auto const strand = asio::make_strand(elsewhere);
  each_operation(w, [&](char const* name, auto operation) {
    INFO(name);
    completion end;
    bool there = false;
    elsewhere.restart();
    operation(asio::bind_executor(strand, move_only(end, [&] { there = strand.running_in_this_thread(); })));
    w.clock.settle();
    CHECK(end.calls == 0);
    elsewhere.run();  // as long as there is something to come
    CHECK(end.calls == 1);
    CHECK(there);
  });
}

TEST_CASE("an operation that is deferred has not begun, and keeps its request") {
  world w(GENERATE(values(both)));
  int served = 0;
  w.service.on_unary = [&served](server_context&, Text& request) -> reply<Text> {
    ++served;
    co_return request;
  };
  std::optional<Text> request = text("kept");
  auto operation = w.client().unary(*request, asio::deferred);
  request.reset();
  w.clock.settle();
  CHECK(served == 0);
  std::string answer;
  std::move(operation)([&answer](status, Text message) { answer = message.text(); });
  w.clock.settle();
  CHECK(served == 1);
  CHECK(answer == "kept");
}

TEST_CASE("a call object that is destroyed ends what is pending on it") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [&](server_context&, stream<Text, Text>&) -> reply<void> {
    co_await w.clock.sleep_for(1h);
    co_return ok;
  };
  w.service.on_upload = [&](server_context&, reader<Text>&) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return Text();
  };
  bool const settled = GENERATE(true, false);
  asio::io_context elsewhere;
  completion read, headers, finish;
  {
    auto chat = w.client().chat();
    auto upload = w.client().upload();
    if (settled) w.clock.settle();
    chat.read(std::ref(read));
    chat.headers(asio::bind_executor(elsewhere, std::ref(headers)));
    upload.finish(std::ref(finish));
    if (settled) w.clock.settle();
    CHECK(read.calls + headers.calls + finish.calls == 0);
  }
  w.clock.settle();
  elsewhere.run();
  CHECK(read.calls == 1);
  CHECK(to_string(read.why).rfind("CANCELLED: the call was cancelled here (/lab.Echo/", 0) == 0);
  CHECK(headers.calls == 1);
  CHECK(headers.why == ok);  // there are none: the call has ended
  CHECK(finish.calls == 1);
  CHECK(finish.why.code() == status_code::cancelled);
  // What was recycled is none the worse for it.
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 4; ++i) {
      auto chat = w.client().chat();
      co_await chat.write(text("x"));
      auto const answer = co_await chat.read();
      CHECK(answer);
    }
  };
  w.run(body);
}

TEST_CASE("a write that waits when its call object is destroyed is told that the message was taken") {
  world w(GENERATE(values(both)));
  w.service.on_upload = [&](server_context&, reader<Text>&) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return Text();
  };
  std::deque<completion> ends;
  {
    auto upload = w.client().upload();
    do {
      upload.write(text(std::string(100000, 'x')), std::ref(ends.emplace_back()));
      w.clock.settle();
    } while (ends.back().calls == 1 && ends.size() < 100);
    CHECK(ends.back().calls == 0);
  }
  w.clock.settle();
  CHECK(ends.size() > 1);
  for (completion const& end : ends) {
    CHECK(end.calls == 1);
    CHECK(end.why == ok);
  }
}

TEST_CASE("a call object that is moved to the channel's thread and destroyed there is none that began") {
  asio::io_context context;
  channel_options co;
  heddle::channel channel(context, "ipv4:192.0.2.1:1", std::move(co.use_connector(never_connects)));
  lab::echo::client client(channel);
  completion read;
  auto chat = std::make_unique<decltype(client.chat())>(client.chat());
  asio::post(context, [&chat] { chat.reset(); });  // ahead of what the next lines send there
  chat->read(std::ref(read));
  std::thread other([&] {
    for (int i = 0; i < 3; ++i) context.run_one();
  });
  other.join();
  context.run_for(100ms);
  CHECK(read.calls == 1);
  CHECK(read.why.code() == status_code::cancelled);
}

TEST_CASE("a context that goes destroys the handlers of what is pending, without calling them") {
  auto const s = GENERATE(values(both));
  for (int steps = 0; steps < 120; ++steps) {
    INFO(steps);
    auto const living = std::make_shared<int>(0);
    {
      world w(s);
      echo_everything(w.service);
      w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
        co_await w.clock.sleep_for(1h);
        co_return request;
      };
      std::vector<std::shared_ptr<void>> calls;
      auto const unwanted = [living](status, auto&&...) {};
      w.client().unary(text("x"), unwanted);
      auto const chat = std::make_shared<decltype(w.client().chat())>(w.client().chat());
      auto const upload = std::make_shared<decltype(w.client().upload())>(w.client().upload());
      chat->read([living, chat](status, std::optional<Text>) {});  // owns what it waits in
      chat->headers(unwanted);
      upload->write(text("x"), unwanted);
      upload->finish([living, upload](status, Text) {});
      w.channel->connect(unwanted);
      w.channel->wait_for_change(connectivity::ready, unwanted);
      for (int i = 0; i < steps; ++i)
        if (w.context.poll_one() == 0) break;
    }
    CHECK(living.use_count() == 1);
  }
}

TEST_CASE("wait_for_change() follows the channel to its end") {
  world w(GENERATE(values(both)));
  std::vector<connectivity> seen;
  std::function<void(connectivity)> watch = [&](connectivity now) {
    w.channel->wait_for_change(now, [&](status s, connectivity next) {
      CHECK(s == ok);
      seen.push_back(next);
      if (next != connectivity::shutdown) watch(next);
    });
  };
  watch(connectivity::idle);
  completion connected, late;
  w.channel->connect(std::ref(connected));
  w.clock.settle();
  CHECK(connected.why == ok);
  auto last = w.channel->wait_for_change(connectivity::ready, asio::use_future);
  w.channel.reset();
  w.clock.settle();
  CHECK(std::get<1>(last.get()) == connectivity::shutdown);
  CHECK(seen == std::vector<connectivity>{connectivity::connecting, connectivity::ready, connectivity::shutdown});
}

TEST_CASE("a pending operation is work for its executor") {
  asio::io_context context;
  channel_options co;
  testing::manual_clock clock(context);
  heddle::channel channel(context, "ipv4:192.0.2.1:1", std::move(co.use_clock(clock)));
  int calls = 0;
  asio::cancellation_signal signal;
  channel.wait_for_change(connectivity::idle, asio::bind_cancellation_slot(signal.slot(), [&](status s, connectivity) {
                            ++calls;
                            CHECK(s.code() == status_code::cancelled);
                          }));
  context.poll();
  CHECK(!context.stopped());
  signal.emit(asio::cancellation_type::total);
  context.run();
  CHECK(calls == 1);
}

// ---- a coroutine type that is none of Asio's

namespace {

/// Starts at once, destroys itself at its end, and awaits deferred operations through async_result of its own token.
struct fire {
  struct promise_type {
    fire get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct await_here_t {};
constexpr await_here_t await_here;

/// The awaiter that an operation turns into with `await_here`.
template <class Initiation, class... Results>
class await_here_awaiter {
 public:
  explicit await_here_awaiter(Initiation initiation) : initiation_(std::move(initiation)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    std::move(initiation_)([this, self](Results... results) {
      results_.emplace(std::move(results)...);
      self.resume();
    });
  }
  std::tuple<Results...> await_resume() { return std::move(*results_); }

 private:
  Initiation initiation_;
  std::optional<std::tuple<Results...>> results_;
};

}  // namespace

template <class... Results>
struct boost::asio::async_result<await_here_t, void(Results...)> {
  template <class Initiation, class... Args>
  static auto initiate(Initiation initiation, await_here_t, Args... args) {
    auto start = [initiation = std::move(initiation), ... args = std::move(args)](auto handler) mutable {
      std::move(initiation)(std::move(handler), std::move(args)...);
    };
    return await_here_awaiter<decltype(start), Results...>(std::move(start));
  }
};

TEST_CASE("another library's coroutines get along through async_result") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  bool done = false;
  auto const body = [&w, &done]() -> fire {
    auto client = w.client();
    auto const answer = co_await client.unary(text("x"), await_here);
    CHECK(std::get<0>(answer) == ok);
    CHECK(std::get<1>(answer).text() == "x");
    auto download = client.download(text("y", 3));
    for (int i = 0; i < 3; ++i) {
      auto const message = co_await download.read(await_here);
      CHECK(std::get<1>(message)->number() == i);
    }
    auto const end = co_await download.read(await_here);
    CHECK(std::get<0>(end) == ok);
    CHECK(!std::get<1>(end));
    done = true;
  };
  body();
  w.clock.settle();
  CHECK(done);
}
