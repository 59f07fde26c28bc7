// A process that may open no more files: what servers and channels do then, and when there is room again. A program of
// its own, since it changes a limit of its process.
#include <cerrno>
#include <functional>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using tcp = asio::ip::tcp;

namespace {

/// While it lives, no file can be opened and no connection accepted.
class no_descriptors {
 public:
  no_descriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    int const lowest_free = ::dup(0);
    REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    REQUIRE(::dup(0) == -1);
    REQUIRE(errno == EMFILE);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

/// A server on a real port, whose time stands still.
struct port {
  port() {
    echo_everything(service);
    server.add(service);
    where = server.listen("127.0.0.1:0");
    asio::co_spawn(context, server.run(), asio::detached);
    settle();
  }
  tcp::endpoint address() const { return {asio::ip::make_address(where.address()), where.port()}; }
  /// Runs what the kernel has ready. How many handlers that took.
  std::size_t settle() {
    context.restart();
    std::size_t ran = 0;
    while (std::size_t const n = context.run_for(5ms)) ran += n;
    return ran;
  }
  /// Connects, as far as the kernel is concerned, and says what begins a connection.
  void connect(tcp::socket& client) const {
    client.connect(address());
    client.non_blocking(true);
    std::string const hello = std::string(http2::client_preface) + settings();
    REQUIRE(client.send(asio::buffer(hello)) == hello.size());
  }
  /// The server has answered with its SETTINGS.
  bool is_served(tcp::socket& client) {
    settle();
    char bytes[64];
    boost::system::error_code ec;
    return client.read_some(asio::buffer(bytes), ec) > 0;
  }

  testing::manual_clock clock{context};
  scripted_echo service;
  asio::io_context context{1};
  heddle::server server{context, server_options().single_threaded(true).use_clock(clock)};
  heddle::endpoint where;
};

}  // namespace

TEST_CASE("a server out of descriptors does not spin, and accepts whoever still waits when there are some again") {
  port p;
  tcp::socket client(p.context, tcp::v4()), second(p.context, tcp::v4());
  {
    no_descriptors const none;
    p.connect(client);
    p.connect(second);
    CHECK(p.settle() < 10);
    CHECK(p.settle() == 0);  // accept() is not tried again before its pause is over
    CHECK(!p.is_served(client));
    // The pause doubles up to a second.
    for (duration const pause : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
      INFO(pause.count());
      CHECK(p.clock.pending() == 1);
      p.clock.advance(pause - 1ms);
      CHECK(p.clock.pending() == 1);
      CHECK(p.settle() == 0);
      p.clock.advance(1ms);
      CHECK(p.settle() < 10);
    }
  }
  CHECK(!p.is_served(client));
  p.clock.advance(1s);
  CHECK(p.is_served(client));
  CHECK(p.is_served(second));
}

TEST_CASE("a success makes the pause short again") {
  port p;
  tcp::socket client(p.context, tcp::v4()), second(p.context, tcp::v4());
  {
    no_descriptors const none;
    p.connect(client);
    p.settle();
    for (int i = 0; i < 5; ++i) {
      p.clock.advance(1s);
      p.settle();
    }
  }
  p.clock.advance(1s);
  CHECK(p.is_served(client));
  {
    no_descriptors const none;
    p.connect(second);
    p.settle();
  }
  p.clock.advance(100ms);
  CHECK(p.is_served(second));
}

TEST_CASE("connections that are there are served meanwhile; drain() ends the pause") {
  port p;
  heddle::channel channel(p.context, p.where.to_string(), channel_options().single_threaded(true).use_clock(p.clock));
  lab::echo::client echo(channel);
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request = text("hello");
    Text const answer = co_await echo.unary(request);
    CHECK(answer.text() == "hello");
  };
  task const before(p.context.get_executor(), call);
  p.settle();
  before.get();
  tcp::socket client(p.context, tcp::v4());
  no_descriptors const none;
  p.connect(client);
  p.settle();
  task const meanwhile(p.context.get_executor(), call);
  p.settle();
  meanwhile.get();

  std::size_t left = 1;
  auto const drain = [&]() -> asio::awaitable<void> { left = co_await p.server.drain(10s); };
  task const end(p.context.get_executor(), drain);
  p.settle();
  p.clock.advance(10s);
  p.settle();
  end.get();
  CHECK(left == 0);
}

TEST_CASE("a channel out of descriptors says so, and connects when there are some again") {
  port p;
  heddle::channel channel(p.context, p.where.to_string(), channel_options().single_threaded(true).use_clock(p.clock));
  lab::echo::client echo(channel);
  Text const request = text("hello");
  status first, second;
  auto const fail = [&]() -> asio::awaitable<void> { first = co_await status_of(echo.unary(request)); };
  auto const wait = [&]() -> asio::awaitable<void> {
    second = co_await status_of(echo.unary(request, call_options().wait_for_ready(true)));
  };
  {
    no_descriptors const none;
    task const t(p.context.get_executor(), fail);
    p.settle();
    t.get();
  }
  CHECK(to_string(first) == "UNAVAILABLE: cannot connect to " + p.where.to_string() +
                                ": Too many open files (/lab.Echo/Unary, call_options::wait_for_ready())");
  task const t(p.context.get_executor(), wait);
  p.settle();
  CHECK(!t.done());
  p.clock.advance(2s);  // the backoff, with its jitter
  p.settle();
  t.get();
  CHECK(second.is_ok());
}
