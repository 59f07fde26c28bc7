// The ports of a server: Unix sockets, inherited descriptors, options and hooks. Real sockets.
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "support/folder.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

using local = asio::local::stream_protocol;

bool exists(std::string const& path) {
  struct stat found;
  return ::lstat(path.c_str(), &found) == 0;
}

int option_of(native_socket socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

std::string error_of(std::function<void()> const& f) {
  try {
    f();
  } catch (boost::system::system_error const& e) {
    return e.what();
  }
  return "";
}

/// A server on real sockets that runs while `body` does.
struct real {
  explicit real(server_options so = server_options()) : server(context, std::move(so)) {
    service.on_unary = [this](server_context& call, Text& request) -> reply<Text> {
      peers.push_back(std::string(call.peer()));
      co_return request;
    };
    server.add(service);
  }
  /// Runs the server, and the body as its client; then drains.
  template <class F>
  void run(F body) {
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
    context.restart();
    context.run_for(60s);
    if (failure) std::rethrow_exception(failure);
    CHECK(context.stopped());
  }
  asio::awaitable<status> call(std::string target, channel_options co = channel_options()) {
    heddle::channel channel(context, target, std::move(co));
    Text const request = text("x");
    co_return co_await status_of(lab::echo::client(channel).unary(request, call_options().timeout(20s)));
  }
  /// One call over a channel to `target`; what is wrong with it.
  void call_once(std::string const& target, channel_options co = channel_options()) {
    auto const body = [&]() -> asio::awaitable<void> {
      status const s = co_await call(target, co);
      INFO(to_string(s));
      CHECK(s.is_ok());
    };
    run(body);
  }

  asio::io_context context{1};
  scripted_echo service;
  heddle::server server;
  std::vector<std::string> peers;
};

}  // namespace

TEST_CASE("calls over a Unix socket, whose file goes with the server") {
  folder const f;
  real r;
  std::string const path = f.path("s");
  auto const where = r.server.listen("unix://" + path);
  CHECK(where == endpoint::at_path(path));
  CHECK(where.to_string() == "unix:" + path);
  CHECK(exists(path));
  r.call_once(where.to_string());
  CHECK(r.peers == std::vector<std::string>{"unix:" + path});
  CHECK(!exists(path));
}

TEST_CASE("calls over an abstract Unix socket") {
  real r;
  std::string const name = "unix-abstract:heddle-test-" + std::to_string(::getpid());
  CHECK(r.server.listen(name).to_string() == name);
  CHECK(error_of([&] { r.server.listen(name); }).find("in use") != std::string::npos);
  r.call_once(name);
  CHECK(r.peers == std::vector<std::string>{name});
}

TEST_CASE("a server that is destroyed removes its socket file, once its executor runs or its context ends") {
  folder const f;
  {
    asio::io_context context;
    {
      heddle::server server(context);
      server.listen("unix:" + f.path("a"));
    }
    context.run();
    CHECK(!exists(f.path("a")));
    heddle::server server(context);
    server.listen("unix:" + f.path("b"));
  }
  CHECK(!exists(f.path("b")));
}

TEST_CASE("the socket file of a dead server is replaced") {
  folder const f;
  std::string const path = f.path("s");
  real r;
  { local::acceptor const dead(r.context, local::endpoint(path)); }
  REQUIRE(exists(path));
  r.server.listen("unix:" + path);
  r.call_once("unix:" + path);
  CHECK(r.peers.size() == 1);
}

TEST_CASE("what lives at a path stays there") {
  folder const f;
  std::string const path = f.path("s");
  real r;
  SECTION("a socket of another program") {
    local::acceptor const alive(r.context, local::endpoint(path));
    CHECK(error_of([&] { r.server.listen("unix:" + path); }).find("in use") != std::string::npos);
  }
  SECTION("a server of ours, also before it runs") {
    r.server.listen("unix:" + path);
    std::string const what = error_of([&] { r.server.listen("unix:" + path); });
    CHECK(what.find("cannot listen on unix:" + path) != std::string::npos);
    CHECK(what.find("in use") != std::string::npos);
    CHECK(exists(path));
    r.call_once("unix:" + path);
    CHECK(!exists(path));
    return;
  }
  SECTION("a file") {
    std::ofstream(path) << "precious";
    CHECK(error_of([&] { r.server.listen("unix:" + path); }).find("in use") != std::string::npos);
  }
  CHECK(exists(path));
}

TEST_CASE("what listen() says about Unix sockets that can't be") {
  asio::io_context context;
  heddle::server server(context);
  CHECK(error_of([&] { server.listen("unix:"); }).find("the name of the socket is missing") != std::string::npos);
  CHECK(error_of([&] { server.listen("unix://host/x"); }).find("no host can stand") != std::string::npos);
  CHECK(error_of([&] { server.listen("unix:/" + std::string(200, 'x')); }).find("too long") != std::string::npos);
  CHECK(error_of([&] { server.listen("unix:/nonexistent/s"); }).find("No such file") != std::string::npos);
  std::string const shared = error_of([&] { server.listen("unix:/nonexistent/s", listen_options().reuse_port(true)); });
  CHECK(shared.find("only TCP ports can be shared") != std::string::npos);
}

TEST_CASE("the mode of a socket file") {
  folder const f;
  asio::io_context context;
  heddle::server server(context);
  for (unsigned const mode : {0600u, 0666u, 0u}) {
    std::string const path = f.path(std::to_string(mode));
    server.listen("unix:" + path, listen_options().mode(mode));
    struct stat found;
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == mode);
  }
}

TEST_CASE("a descriptor that listens already is served") {
  folder const f;
  real r;
  asio::io_context other;
  SECTION("TCP") {
    asio::ip::tcp::acceptor opened(other, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const port = opened.local_endpoint().port();
    auto const where = r.server.listen(opened.release());
    CHECK(where == endpoint("127.0.0.1", port));
    r.call_once(where.to_string());
  }
  SECTION("Unix: the file belongs to who made it") {
    local::acceptor opened(other, local::endpoint(f.path("s")));
    auto const where = r.server.listen(opened.release());
    CHECK(where == endpoint::at_path(f.path("s")));
    r.call_once(where.to_string());
    CHECK(exists(f.path("s")));
  }
}

TEST_CASE("a descriptor that does not listen is refused, and stays its owner's") {
  asio::io_context context;
  heddle::server server(context);
  asio::ip::tcp::socket bound(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::string const what = error_of([&] { server.listen(bound.native_handle()); });
  CHECK(what.find("must be a stream socket that listens already") != std::string::npos);
  CHECK(bound.local_endpoint().port() != 0);
  CHECK(error_of([&] { server.listen(-1); }).find("cannot listen on descriptor -1") != std::string::npos);
}

TEST_CASE("hooks see the sockets: of a port before it is bound, of a connection before it is used") {
  real r;
  std::vector<std::string> seen;
  int refusals = 0;
  auto const options = listen_options()
                           .backlog(5)
                           .on_open([&](native_socket socket, endpoint const& where) {
                             seen.push_back("open " + where.to_string());
                             sockaddr_storage name;
                             socklen_t size = sizeof name;
                             ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size);
                             int const on = 1;
                             ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
                             return error_code();
                           })
                           .on_accept([&](native_socket socket, std::string_view peer) {
                             seen.push_back("accept " + std::string(peer.substr(0, peer.rfind(':'))));
                             CHECK(option_of(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);  // Linux hands it on
                             return refusals-- <= 0;
                           });
  auto const where = r.server.listen("127.0.0.1:0", options);
  refusals = 1;
  auto const body = [&]() -> asio::awaitable<void> {
    heddle::channel channel(r.context, where.to_string());
    Text const request = text("x");
    status const refused = co_await status_of(lab::echo::client(channel).unary(request, call_options().timeout(20s)));
    CHECK(refused.code() == status_code::unavailable);
    status const s = co_await r.call(where.to_string());
    CHECK(s.is_ok());
  };
  r.run(body);
  CHECK(seen == std::vector<std::string>{"open 127.0.0.1:0", "accept ipv4:127.0.0.1", "accept ipv4:127.0.0.1"});
}

TEST_CASE("a hook's error is why listen() fails") {
  asio::io_context context;
  heddle::server server(context);
  auto const options =
      listen_options().on_open([](native_socket, endpoint const&) { return error_code(asio::error::access_denied); });
  std::string const what = error_of([&] { server.listen("127.0.0.1:0", options); });
  CHECK(what.find("cannot listen on 127.0.0.1:0: Permission denied") != std::string::npos);
}

TEST_CASE("a channel's hook sees its socket before it connects") {
  folder const f;
  real r;
  std::string const target = GENERATE(true, false) ? "127.0.0.1:0" : "unix:" + f.path("s");
  auto const where = r.server.listen(target);
  std::vector<endpoint> seen;
  auto const look = [&seen](native_socket socket, endpoint const& to) {
    seen.push_back(to);
    int const size = 10000;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    sockaddr_storage name;
    socklen_t length = sizeof name;
    CHECK(::getpeername(socket, reinterpret_cast<sockaddr*>(&name), &length) != 0);
    return error_code();
  };
  r.call_once(where.to_string(), channel_options().on_open(look));
  CHECK(seen == std::vector<endpoint>{where});
}

TEST_CASE("an error of a channel's hook is why connecting fails") {
  real r;
  auto const where = r.server.listen("127.0.0.1:0");
  auto const refuse = [](native_socket, endpoint const&) { return error_code(asio::error::access_denied); };
  auto const body = [&]() -> asio::awaitable<void> {
    status const s = co_await r.call(where.to_string(), channel_options().on_open(refuse));
    INFO(to_string(s));
    CHECK(s.code() == status_code::unavailable);
    CHECK(s.message().find("Permission denied") != std::string_view::npos);
  };
  r.run(body);
}

TEST_CASE("ports that are shared, and ports that are not") {
  asio::io_context context;
  heddle::server server(context);
  auto const first = server.listen("127.0.0.1:0", listen_options().reuse_port(true));
  CHECK(server.listen(first.to_string(), listen_options().reuse_port(true)) == first);
  CHECK(error_of([&] { server.listen(first.to_string()); }).find("in use") != std::string::npos);
}

TEST_CASE("a name may stand for addresses of both kinds") {
  folder const f;
  real r;
  std::string const path = f.path("s");
  r.server.listen("unix:" + path);
  { local::acceptor const dead(r.context, local::endpoint(f.path("dead"))); }
  struct mixed final : resolver {
    explicit mixed(asio::any_io_executor e, std::vector<endpoint> a) : executor(std::move(e)), all(std::move(a)) {}
    void resolve(callback done) override {
      asio::post(executor, [done = std::move(done), found = all] { done(found); });
    }
    asio::any_io_executor executor;
    std::vector<endpoint> all;
  };
  std::vector<endpoint> const all = {endpoint::at_path(f.path("dead")), endpoint::at_path(f.path("nowhere")),
                                     endpoint("127.0.0.1", 1), endpoint::at_path(path)};
  auto const make = [all](target const&, asio::any_io_executor executor) -> std::unique_ptr<resolver> {
    return std::make_unique<mixed>(std::move(executor), all);
  };
  r.call_once("dns:///several", channel_options().use_resolver(make));
  CHECK(r.peers.size() == 1);
}

TEST_CASE("a Unix socket whose server is behind with accepting is not taken for connected") {
  folder const f;
  real r;
  local::acceptor busy(r.context, local::endpoint(f.path("s")));
  busy.listen(0);
  std::vector<local::socket> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(r.context).open();
    waiting.back().non_blocking(true);
    ::connect(waiting.back().native_handle(), local::endpoint(f.path("s")).data(),
              static_cast<socklen_t>(local::endpoint(f.path("s")).size()));
  }
  auto const body = [&]() -> asio::awaitable<void> {
    status const s = co_await r.call("unix:" + f.path("s"));
    INFO(to_string(s));
    CHECK(s.code() == status_code::unavailable);
    CHECK(s.message().find("cannot connect to unix:") != std::string_view::npos);
    CHECK(s.message().find("temporarily unavailable") != std::string_view::npos);
  };
  r.run(body);
}

TEST_CASE("a server that was drained opens no port any more") {
  folder const f;
  real r;
  auto const body = []() -> asio::awaitable<void> { co_return; };
  r.run(body);
  r.server.listen("unix:" + f.path("s"));
  r.context.restart();
  r.context.poll();
  CHECK(!exists(f.path("s")));
}

TEST_CASE("a port takes as many connections as it may, closes the others unseen, and has room again when one goes") {
  std::vector<std::string> admitted;
  real r(server_options().max_connections(1));
  auto const note = [&admitted](native_socket, std::string_view peer) {
    admitted.push_back(std::string(peer));
    return true;
  };
  std::string const target = r.server.listen("127.0.0.1:0", listen_options().on_accept(note)).to_target();
  auto const body = [&]() -> asio::awaitable<void> {
    {
      heddle::channel first(r.context, target);
      Text const request = text("x");
      status const one = co_await status_of(lab::echo::client(first).unary(request));
      CHECK(one == ok);
      CHECK(r.server.refused_connections() == 0);
      status const other = co_await r.call(target);
      CHECK(other.code() == status_code::unavailable);
      CHECK(r.server.refused_connections() >= 1);
      CHECK(admitted.size() == 1);
      status const again = co_await status_of(lab::echo::client(first).unary(request));
      CHECK(again == ok);
    }
    status s;
    for (int i = 0; i < 100 && (i == 0 || !s.is_ok()); ++i) s = co_await r.call(target);  // until the end is noticed
    CHECK(s == ok);
    CHECK(admitted.size() == 2);
  };
  r.run(body);
}
