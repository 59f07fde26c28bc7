// TCP_USER_TIMEOUT of real sockets, both ends (gRFC A18).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

#include "support/folder.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

unsigned user_timeout(native_socket socket) {
  unsigned milliseconds = 12345;
  socklen_t size = sizeof milliseconds;
  REQUIRE(getsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, &size) == 0);
  return milliseconds;
}

/// A call over real sockets, which are looked at from inside of it.
struct sockets {
  sockets(std::string const& where, server_options so, channel_options co) {
    so.single_threaded(true);
    server.emplace(context, std::move(so));
    auto const accepted = [this](native_socket s, std::string_view) {
      server_socket = s;
      if (touch) touch(s);
      return true;
    };
    auto const opened = [this](native_socket s, endpoint const&) {
      client_socket = s;
      if (touch) touch(s);
      return error_code();
    };
    endpoint const bound = server->listen(where, listen_options().on_accept(accepted));
    co.single_threaded(true).on_open(opened);
    channel.emplace(context, bound.to_target(), std::move(co));
    service.on_unary = [this](server_context&, Text& request) -> reply<Text> {
      if (look) look();
      co_return request;
    };
    server->add(service);
  }
  void call() {
    auto const body = [this]() -> asio::awaitable<void> {
      Text const request = text("x");
      lab::echo::client client(*channel);
      end = co_await status_of(client.unary(request));
      context.stop();
    };
    task const serving(context.get_executor(), [this]() -> asio::awaitable<void> { co_await server->run(); });
    task const calling(context.get_executor(), body);
    context.run();
    calling.get();
  }
  asio::io_context context{1};
  scripted_echo service;
  std::optional<heddle::server> server;
  std::optional<heddle::channel> channel;
  native_socket client_socket = -1, server_socket = -1;
  std::function<void()> look;
  std::function<void(native_socket)> touch;  // what the hooks do
  status end{status_code::unknown, "not called"};
};

}  // namespace

TEST_CASE("with keepalive on, TCP gives up after the keepalive timeout") {
  sockets s("127.0.0.1:0", server_options().keepalive_timeout(7s),
            channel_options().keepalive_time(1min).keepalive_timeout(1500us));
  unsigned client = 0, server = 0;
  s.look = [&] {
    client = user_timeout(s.client_socket);
    server = user_timeout(s.server_socket);
  };
  s.call();
  INFO(to_string(s.end));
  CHECK(s.end.is_ok());
  CHECK(client == 2);  // milliseconds, rounded up
  CHECK(server == 7000);
}

TEST_CASE("with keepalive off, TCP's own patience is left as it is") {
  sockets s("127.0.0.1:0", server_options().keepalive_time(infinite), channel_options());
  unsigned client = 1, server = 1;
  s.look = [&] {
    client = user_timeout(s.client_socket);
    server = user_timeout(s.server_socket);
  };
  s.call();
  CHECK(s.end.is_ok());
  CHECK(client == 0);
  CHECK(server == 0);
}

TEST_CASE("by default only servers watch their connections") {
  sockets s("127.0.0.1:0", server_options(), channel_options());
  unsigned client = 1, server = 1;
  s.look = [&] {
    client = user_timeout(s.client_socket);
    server = user_timeout(s.server_socket);
  };
  s.call();
  CHECK(client == 0);
  CHECK(server == 20000);
}

TEST_CASE("what a hook has set stays") {
  sockets s("127.0.0.1:0", server_options().keepalive_timeout(7s),
            channel_options().keepalive_time(1min).keepalive_timeout(1500us));
  s.touch = [](native_socket socket) {
    unsigned const milliseconds = 4321;
    REQUIRE(setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds) == 0);
  };
  unsigned client = 0, server = 0;
  s.look = [&] {
    client = user_timeout(s.client_socket);
    server = user_timeout(s.server_socket);
  };
  s.call();
  CHECK(s.end.is_ok());
  CHECK(client == 4321);
  CHECK(server == 4321);
}

TEST_CASE("a Unix socket has no such timeout, and works") {
  folder const f;
  sockets s("unix:" + f.path("s"), server_options(), channel_options().keepalive_time(1min));
  s.call();
  INFO(to_string(s.end));
  CHECK(s.end.is_ok());
}
