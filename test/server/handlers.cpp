// What handlers can do: the context, streams, cancellation, methods of one lambda.
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/thread_pool.hpp>

#include "support/raw_peer.hpp"

namespace heddle::test {

using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

}  // namespace

TEST_CASE("a method that a lambda is added for need not live longer than that") {
  world w;
  {
    auto const echo = [](server_context& context, raw_message& request) -> reply<raw_message> {
      request.bytes() += context.method().name();
      co_return request;
    };
    w.server->add(unary_method<raw_message, raw_message>("/made.Here/Echo"), echo);
    auto const method = std::make_unique<unary_method<raw_message, raw_message>>("/made.Here/Other");
    w.server->add(*method, echo);
  }
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    raw_message const request("I am ");
    raw_message const first = co_await any.unary("/made.Here/Echo", request);
    CHECK(first.bytes() == "I am Echo");
    raw_message const second = co_await any.unary("/made.Here/Other", request);
    CHECK(second.bytes() == "I am Other");
    status const unknown = co_await status_of(any.unary("/made.Here/Ecko", request));
    CHECK(unknown.message().find("did you mean Echo?") != std::string::npos);
  };
  w.run(body);
}

TEST_CASE("methods of one lambda each, of every kind") {
  world w;
  scripted_echo const unused;
  heddle::server server(w.context, server_options().single_threaded(true).use_clock(w.clock));
  auto const unary = [](server_context& context, Text& request) -> reply<Text> {
    CHECK(context.method().path() == "/lab.Echo/Unary");
    co_return request;
  };
  auto const download = [](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    co_await out.write(request);
    co_return ok;
  };
  auto const upload = [](server_context&, reader<Text>& in) -> reply<Text> {
    std::int64_t n = 0;
    while (co_await in.read()) ++n;
    co_return text("", n);
  };
  int chats = 0;
  auto const chat = [&chats](server_context&, stream<Text, Text>& peer) mutable -> reply<void> {
    ++chats;
    while (auto const message = co_await peer.read()) co_await peer.write(*message);
    co_return ok;
  };
  using methods = lab::echo::methods;
  server.add(methods::unary, unary)
      .add(methods::download, download)
      .add(methods::upload, upload)
      .add(methods::chat, chat);
  channel_options co;
  co.use_clock(w.clock).single_threaded(true).use_connector(testing::connect_memory(server, w.context.get_executor()));
  heddle::channel channel(w.context, "ipv4:192.0.2.1:1", co);
  lab::echo::client client(channel);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("a", 1);
    Text const answer = co_await client.unary(request);
    CHECK(answer.number() == 1);
    auto d = client.download(request);
    auto const first = co_await d.read();
    CHECK(first);
    auto const end = co_await d.read();
    CHECK(!end);
    auto u = client.upload();
    co_await u.write(request);
    co_await u.write(request);
    Text const sum = co_await u.finish();
    CHECK(sum.number() == 2);
    auto c = client.chat();
    co_await c.write(request);
    auto const pong = co_await c.read();
    CHECK(pong);
    co_await c.writes_done();
    auto const over = co_await c.read();
    CHECK(!over);
  };
  w.run(body);
  CHECK(chats == 1);
}

TEST_CASE("new_reply() is empty whatever the call before put into it") {
  world w;
  int n = 0;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    Text answer = context.new_reply<Text>();
    CHECK(answer.ByteSizeLong() == 0);
    if (++n % 2 == 0) co_return status(status_code::aborted, "not sent");
    answer.set_text(request.text());
    co_return answer;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 6; ++i) {
      Text const request = text("round " + std::to_string(i));
      auto const r = co_await w.client().unary(request, as_result);
      CHECK(r.has_value() == (i % 2 == 0));
      if (r) CHECK(r->text() == request.text());
    }
  };
  w.run(body);
}

TEST_CASE("headers and trailers leave when they are due") {
  world w;
  w.service.on_download = [&](server_context& context, Text&, writer<Text>& out) -> reply<void> {
    context.headers().add("early", "1");
    co_await out.write(text("x"));
    context.headers().add("late", "1");
    context.trailers().add("end", "1");
    co_return ok;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(peer.frames.headers(1, grpc_request("/lab.Echo/Download")) + data(1, framed(Text()), flag::end_stream));
  w.clock.settle();
  std::string const answer = peer.received();
  INFO(answer);
  CHECK(answer.find("early=1") != std::string::npos);
  CHECK(answer.find("late=1") == std::string::npos);
  CHECK(answer.find("grpc-status=0 end=1 END") != std::string::npos);
  // The early header and the message before the trailers, in two HEADERS frames.
  CHECK(answer.find("DATA 1") > answer.find("early=1"));
  CHECK(answer.find("end=1") > answer.find("DATA 1"));
}

TEST_CASE("a handler that throws in a stream ends it with its status") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [](server_context&, stream<Text, Text>& peer) -> reply<void> {
    auto const message = co_await peer.read();
    co_await peer.write(*message);
    if (message->number() == 0) throw std::runtime_error("secret");
    throw rpc_error(status_code::permission_denied, "not you");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto chat = w.client().chat();
      co_await chat.write(text("", i));
      auto const first = co_await chat.read();
      CHECK(first);
      status const s = co_await status_of(chat.read());
      CHECK(to_string(s) == (i == 0 ? "UNKNOWN: the handler threw an exception" : "PERMISSION_DENIED: not you"));
    }
  };
  w.run(body);
}

TEST_CASE("operations of a handler whose client has gone throw, and cannot spin") {
  world w(GENERATE(values(both)));
  std::vector<std::string> said;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    co_await peer.write(text("hello"));
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    status s = co_await status_of(peer.read());
    said.push_back(to_string(s));
    CHECK(context.cancelled());
    s = co_await status_of(peer.write(text("x")));
    said.push_back(to_string(s));
    s = co_await status_of(context.send_headers());
    said.push_back(to_string(s));
    Text message;
    CHECK_THROWS_AS(peer.try_read(message), rpc_error);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const first = co_await chat.read();
    CHECK(first);
  };
  w.run(body);
  w.clock.settle();
  std::string const over = "CANCELLED: the call is over: the client has gone, or its deadline has passed";
  CHECK(said == std::vector<std::string>{over, over, over});
}

TEST_CASE("one call's cancellation, and its filters, are not the next one's") {
  world w;
  int woken = 0, waited = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    if (request.number() == 1) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (request.number() == 2) co_await asio::this_coro::throw_if_cancelled(false);
    try {
      co_await w.clock.sleep_for(1s);
      ++waited;
    } catch (boost::system::system_error const&) {
      ++woken;
    }
    co_return request;
  };
  auto const call = [&](int number, duration timeout) {
    auto const body = [&w, number, timeout]() -> asio::awaitable<void> {
      Text const request = text("", number);
      (void)co_await status_of(w.client().unary(request, call_options().timeout(timeout)));
    };
    task const t = w.start(body);
    w.clock.advance(2s);
    t.get();
  };
  call(0, 500ms);
  CHECK(woken == 1);
  call(0, 5s);
  CHECK(waited == 1);
  call(1, 500ms);
  CHECK(waited == 2);
  call(0, 500ms);
  CHECK(woken == 2);
  call(2, 5s);
  call(0, 500ms);
  CHECK(woken == 3);
}

TEST_CASE("a handler reads and writes at once") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [](server_context&, stream<Text, Text>& peer) -> reply<void> {
    auto const read = [&]() -> asio::awaitable<int> {
      int n = 0;
      Text message;
      while (co_await peer.read(message)) ++n;
      co_return n;
    };
    auto const write = [&]() -> asio::awaitable<void> {
      Text const message = text(std::string(1000, 'x'));
      for (int i = 0; i < 1000; ++i) co_await peer.write(message);
    };
    int const n = co_await (read() && write());
    co_return n == 1000 ? ok : status(status_code::internal, "lost some");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    auto const read = [&]() -> asio::awaitable<int> {
      int n = 0;
      while (co_await chat.read()) ++n;
      co_return n;
    };
    auto const write = [&]() -> asio::awaitable<void> {
      Text const message = text(std::string(1000, 'x'));
      for (int i = 0; i < 1000; ++i) co_await chat.write(message);
      co_await chat.writes_done();
    };
    int const n = co_await (read() && write());
    CHECK(n == 1000);
  };
  w.run(body);
}

TEST_CASE("a cancelled read() of a handler loses nothing") {
  world w(GENERATE(values(both)));
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    int n = 0, timeouts = 0;
    for (;;) {
      auto const got = co_await (in.read() || w.clock.sleep_for(300ms));
      if (got.index() == 1)
        ++timeouts;
      else if (!std::get<0>(got))
        break;
      else
        ++n;
    }
    CHECK(timeouts >= 9);
    co_return text("", n);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().upload();
    for (int i = 0; i < 5; ++i) {
      co_await w.clock.sleep_for(1s);
      co_await call.write(text("x"));
    }
    Text const answer = co_await call.finish();
    CHECK(answer.number() == 5);
  };
  task const t = w.start(body);
  w.clock.advance(10s);
  t.get();
}

TEST_CASE("a cancelled write() of a handler says so") {
  world w(GENERATE(values(both)));
  int written = 0, timeouts = 0;
  w.service.on_download = [&](server_context&, Text&, writer<Text>& out) -> reply<void> {
    Text const big = text(std::string(100000, 'x'));
    while (timeouts < 2) {
      auto const got = co_await (status_of(out.write(big)) || w.clock.sleep_for(1s));
      ++written;
      timeouts += got.index() == 1;
    }
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(Text());
    co_await w.clock.sleep_for(10s);
    int n = 0;
    while (co_await call.read()) ++n;
    CHECK(n == written);
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  t.get();
  CHECK(timeouts == 2);
}

TEST_CASE("a handler that works elsewhere and comes back") {
  world w(strands::everywhere);
  asio::thread_pool pool(1);
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    auto const work = [&]() -> asio::awaitable<int> { co_return 42; };
    int const result = co_await asio::co_spawn(pool, work, asio::use_awaitable);
    request.set_number(result);
    co_return request;
  };
  Text answer;
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    answer = co_await w.client().unary(request);
  };
  task const t = w.start(body);
  w.context.restart();
  for (int i = 0; i < 1000000 && !t.done(); ++i) w.context.run_one_for(10ms);
  t.get();
  CHECK(answer.number() == 42);
  pool.join();
}

TEST_CASE("a client that half-closes while its handler works is no cancellation") {
  world w;
  bool cancelled = true;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    co_await w.clock.sleep_for(1s);
    cancelled = context.cancelled();
    co_await peer.write(text("still there"));
    co_return ok;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send(peer.frames.headers(1, grpc_request("/lab.Echo/Chat"), flag::end_stream));
  w.clock.advance(2s);
  CHECK(!cancelled);
  CHECK(peer.received().find("grpc-status=0") != std::string::npos);
}

TEST_CASE("a reset, a lost connection and a deadline cancel the handler") {
  world w(GENERATE(values(both)));
  int cancelled = 0;
  w.service.on_chat = [&](server_context& context, stream<Text, Text>&) -> reply<void> {
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      cancelled += context.cancelled();
    }
    co_return ok;
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  SECTION("reset") {
    peer.send(peer.frames.headers(1, grpc_request("/lab.Echo/Chat")));
    w.clock.settle();
    peer.send(rst_stream(1, error_code::cancel));
  }
  SECTION("lost") {
    peer.send(peer.frames.headers(1, grpc_request("/lab.Echo/Chat")));
    w.clock.settle();
    peer.close();
  }
  SECTION("deadline") {
    header_list head = grpc_request("/lab.Echo/Chat");
    head.add("grpc-timeout", "1S");
    peer.send(peer.frames.headers(1, head));
    w.clock.advance(1s - 1ns);
    CHECK(cancelled == 0);
    w.clock.advance(1ns);
  }
  w.clock.settle();
  CHECK(cancelled == 1);
}

TEST_CASE("many calls that begin and end in one batch") {
  world w;
  echo_everything(w.service);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  for (stream_id id = 1; id < 200; id += 2)
    peer.send({peer.frames.headers(id, grpc_request()), data(id, framed(text("x")), flag::end_stream)});
  w.clock.settle();
  std::string const answer = peer.received();
  std::size_t n = 0;
  for (auto at = answer.find("grpc-status=0"); at != std::string::npos; at = answer.find("grpc-status=0", at + 1)) ++n;
  CHECK(n == 100);
}

}  // namespace heddle::test
