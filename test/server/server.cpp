// A server's ports, its services, and its handle.
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

std::string listen_error(heddle::server& server, std::string_view address) {
  try {
    server.listen(address);
  } catch (boost::system::system_error const& e) {
    return e.what();
  }
  return "";
}

/// Over real sockets: the server until it is drained, and `body` as its client.
template <class F>
void over_tcp(scripted_echo& service, std::string const& address, bool single_threaded, F body) {
  asio::io_context context(1);
  heddle::server server(context, server_options().single_threaded(single_threaded));
  server.add(service);
  auto const where = server.listen(address);
  REQUIRE(where.port() != 0);
  heddle::channel channel(context, where.to_string(), channel_options().single_threaded(single_threaded));
  std::exception_ptr failure;
  bool ended = false;
  auto const use = [&]() -> asio::awaitable<void> {
    std::exception_ptr error;
    try {
      co_await body(lab::echo::client(channel));
    } catch (...) {
      error = std::current_exception();
    }
    std::size_t const left = co_await server.drain(10s);
    CHECK(left == 0);
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(context, server.run(), [&](std::exception_ptr e, std::size_t) {
    ended = true;
    if (e) failure = e;
  });
  asio::co_spawn(context, use, [&](std::exception_ptr e) {
    if (e) failure = e;
  });
  context.run_for(60s);
  if (failure) std::rethrow_exception(failure);
  CHECK(ended);
  CHECK(context.stopped());  // an idle channel without a connection does not keep its context running
}

}  // namespace

TEST_CASE("calls over TCP, on IPv4 and IPv6") {
  scripted_echo service;
  echo_everything(service);
  bool const single = GENERATE(true, false);
  for (char const* address : {"127.0.0.1:0", "localhost:0", "[::1]:0"}) {
    INFO(address);
    over_tcp(service, address, single, [](lab::echo::client client) -> asio::awaitable<void> {
      Text const request = text("over TCP");
      Text const answer = co_await client.unary(request, call_options().timeout(10s));
      CHECK(answer.text() == "over TCP");
      auto download = client.download(text(std::string(1000, 'x'), 2000));
      int n = 0;
      while (co_await download.read()) ++n;
      CHECK(n == 2000);
      auto chat = client.chat();
      for (int i = 0; i < 100; ++i) {
        co_await chat.write(text("ping", i));
        auto const pong = co_await chat.read();
        REQUIRE(pong);
        CHECK(pong->number() == i);
      }
      CHECK(chat.peer().substr(0, 2) == "ip");
    });
  }
}

TEST_CASE("listen() says what is wrong") {
  asio::io_context context;
  heddle::server server(context);
  auto const bound = server.listen("127.0.0.1:0");
  CHECK(bound.address() == "127.0.0.1");
  for (char const* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "[::1:80"}) {
    INFO(address);
    std::string const what = listen_error(server, address);
    CHECK(what.find("cannot listen on " + std::string(address)) != std::string::npos);
    CHECK(what.find("Invalid argument") != std::string::npos);
  }
  std::string const taken = listen_error(server, bound.to_string());
  CHECK(taken.find("cannot listen on " + bound.to_string()) != std::string::npos);
  CHECK(taken.find("in use") != std::string::npos);
  CHECK(listen_error(server, "192.0.2.1:0").find("cannot listen on 192.0.2.1:0") != std::string::npos);
}

TEST_CASE("a method can be served once") {
  asio::io_context context;
  heddle::server server(context);
  scripted_echo first;
  server.add(first);
  CHECK_THROWS_AS(server.add(std::make_shared<scripted_echo>()), std::invalid_argument);
  auto const one = [](server_context&, Text& request) -> reply<Text> { co_return request; };
  CHECK_THROWS_AS(server.add(lab::echo::methods::unary, one), std::invalid_argument);
}

TEST_CASE("a port that is opened while the server runs serves, too") {
  asio::io_context context(1);
  scripted_echo service;
  echo_everything(service);
  heddle::server server(context);
  server.add(service);
  bool done = false;
  std::exception_ptr failure;
  auto const use = [&]() -> asio::awaitable<void> {
    co_await asio::post(asio::use_awaitable);
    auto const where = server.listen("127.0.0.1:0");
    heddle::channel channel(context, where.to_string());
    Text const request = text("late");
    Text const answer = co_await lab::echo::client(channel).unary(request, call_options().timeout(10s));
    done = answer.text() == "late";
    co_await server.drain(1s);
  };
  asio::co_spawn(context, server.run(), asio::detached);
  asio::co_spawn(context, use, [&](std::exception_ptr e) { failure = e; });
  context.run_for(30s);
  if (failure) std::rethrow_exception(failure);
  CHECK(done);
}

TEST_CASE("connections are not accepted before run(), and wait for it") {
  asio::io_context context(1);
  scripted_echo service;
  echo_everything(service);
  heddle::server server(context);
  server.add(service);
  auto const where = server.listen("127.0.0.1:0");
  heddle::channel channel(context, where.to_string());
  bool done = false;
  auto const use = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await lab::echo::client(channel).unary(request, call_options().timeout(30s));
    done = true;
    co_await server.drain(1s);
  };
  asio::co_spawn(context, use, asio::detached);
  for (int i = 0; i < 100; ++i) context.poll();
  CHECK(!done);
  asio::co_spawn(context, server.run(), asio::detached);
  context.run_for(30s);
  CHECK(done);
}

TEST_CASE("a server that was stopped takes nothing more") {
  world w;
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    std::size_t left = co_await w.server->drain(0s);
    CHECK(left == 0);
    left = co_await w.server->run();
    CHECK(left == 0);
    Text const request;
    status const s = co_await status_of(w.client().unary(request));
    INFO(to_string(s));
    CHECK(s.code() == status_code::unavailable);
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  t.get();
}

TEST_CASE("endpoints as text") {
  CHECK(heddle::endpoint("127.0.0.1", 80).to_string() == "127.0.0.1:80");
  CHECK(heddle::endpoint("::1", 80).to_string() == "[::1]:80");
}

TEST_CASE("streams above the maximum of connections are closed, and counted") {
  auto const strands_of = GENERATE(strands::none, strands::everywhere);
  world w(strands_of, server_options().max_connections(2));
  int handlers = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    ++handlers;
    co_return request;
  };
  auto const ask = [&](raw_peer& peer, Text const& request) {
    peer.send({peer.frames.headers(1, grpc_request()), data(1, framed(request), flag::end_stream)});
    w.clock.settle();
    return peer.received();
  };
  std::optional<raw_peer> first(raw_client(w)), second(raw_client(w));
  handshake(w, *first);
  handshake(w, *second);
  CHECK(!first->ended());
  CHECK(!second->ended());
  CHECK(w.server->refused_connections() == 0);
  {
    raw_peer third = raw_client(w);
    w.clock.settle();
    CHECK(third.ended());
    CHECK(third.received() == "");
    CHECK(w.server->refused_connections() == 1);
  }
  CHECK(ask(*first, text("x")).find("grpc-status=0") != std::string::npos);
  first.reset();
  w.clock.settle();
  first.emplace(raw_client(w));
  handshake(w, *first);
  CHECK(!first->ended());
  CHECK(w.server->refused_connections() == 1);
  CHECK(ask(*first, text("x")).find("grpc-status=0") != std::string::npos);
  CHECK(handlers == 2);
}

TEST_CASE("a connection that is gone takes its place as long as one of its handlers runs") {
  world w(strands::none, server_options().max_connections(1));
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());  // this one does not listen
    co_await w.clock.sleep_for(1h);
    co_return request;
  };
  std::optional<raw_peer> first(raw_client(w));
  handshake(w, *first);
  first->send({first->frames.headers(1, grpc_request()), data(1, framed(text("x")), flag::end_stream)});
  w.clock.settle();
  first.reset();
  w.clock.advance(59min);
  {
    raw_peer second = raw_client(w);
    w.clock.settle();
    CHECK(second.ended());
  }
  w.clock.advance(1min);
  raw_peer third = raw_client(w);
  handshake(w, third);
  CHECK(!third.ended());
  CHECK(w.server->refused_connections() == 1);
}
