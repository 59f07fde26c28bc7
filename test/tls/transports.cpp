// TLS on other transports than memory, and TLS that is the application's own. Real sockets.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <heddle/client/connect_with.hpp>
#include <heddle/transport/any_stream.hpp>

#include "support/folder.hpp"
#include "support/tls_world.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

using local = asio::local::stream_protocol;

/// A server, and what the body does as its client before the server drains.
template <class F>
void serve_for(asio::io_context& context, heddle::server& server, F body) {
  std::exception_ptr failure;
  auto const use = [&]() -> asio::awaitable<void> {
    std::exception_ptr error;
    try {
      co_await body();
    } catch (...) {
      error = std::current_exception();
    }
    std::size_t const left = co_await server.drain(10s);
    CHECK(left == 0);
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(context, server.run(), asio::detached);
  asio::co_spawn(context, use, [&](std::exception_ptr e) { failure = e; });
  context.run_for(60s);
  if (failure) std::rethrow_exception(failure);
  CHECK(context.stopped());
}

asio::awaitable<void> call_much(heddle::channel& channel) {
  lab::echo::client client(channel);
  Text const request = text("hello");
  Text const answer = co_await client.unary(request, call_options().timeout(20s));
  CHECK(answer.text() == "hello");
  auto download = client.download(text(std::string(100000, 'x'), 20));
  int n = 0;
  while (auto const message = co_await download.read()) ++n;
  CHECK(n == 20);
}

}  // namespace

TEST_CASE("TLS over a Unix socket") {
  folder const f;
  asio::io_context context(1);
  scripted_echo service;
  echo_everything(service);
  heddle::server server(context);
  server.add(service);
  auto const identity = server_context_of(certificates::get().server);
  auto const where = server.listen("unix:" + f.path("s"), listen_options().filter(tls_server(identity)));
  auto const trust = client_context_for(certificates::get().ca);
  heddle::channel channel(
      context, where.to_string(),
      channel_options().use_connector(connect_tls(trust, tls_client_options().server_name("server.test"))));
  serve_for(context, server, [&] { return call_much(channel); });
}

TEST_CASE("calls over ssl::streams of the application, after their handshake") {
  asio::io_context context(1);
  scripted_echo service;
  echo_everything(service);
  heddle::server server(context);
  server.add(service);
  auto const identity = server_context_of(certificates::get().server);
  auto const trust = client_context_for(certificates::get().ca);
  std::optional<heddle::channel> channel;
  auto const body = [&]() -> asio::awaitable<void> {
    using stream = asio::ssl::stream<local::socket>;
    local::socket a(context), b(context);
    asio::local::connect_pair(a, b);
    stream theirs(std::move(a), *identity), ours(std::move(b), *trust);
    theirs.async_handshake(stream::server, [&](error_code ec) {
      REQUIRE(!ec);
      server.serve(std::move(theirs));
    });
    co_await ours.async_handshake(stream::client, asio::use_awaitable);
    co_await asio::post(context, asio::use_awaitable);
    channel.emplace(context, "unix:tunnel", channel_options().use_connector(connect_with(std::move(ours))));
    co_await call_much(*channel);
  };
  serve_for(context, server, body);
}
