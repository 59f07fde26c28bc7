// Streams of all kinds under a server and a channel. Real sockets and pipes.
#include <heddle/transport/any_stream.hpp>

#include <array>
#include <functional>
#include <string>

#include <boost/asio/connect_pipe.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>

#include <heddle/client/connect_with.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

using local = asio::local::stream_protocol;

/// A stream of the application: not a socket, has a layer below, reads and writes in small pieces.
class wrapper {
 public:
  explicit wrapper(local::socket s) : socket_(std::move(s)) {}
  wrapper(wrapper&&) = default;

  using executor_type = local::socket::executor_type;
  executor_type get_executor() { return socket_.get_executor(); }
  local::socket& next_layer() { return socket_; }

  template <class Buffers, class Token>
  auto async_read_some(Buffers const& into, Token&& token) {
    return socket_.async_read_some(asio::buffer(into, 1000), std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(Buffers const& from, Token&& token) {
    return socket_.async_write_some(asio::buffer(from, 1000), std::forward<Token>(token));
  }

 private:
  local::socket socket_;
};

/// A server and a channel on one context, over two ends that are connected.
struct pair {
  explicit pair(bool single)
      : server(context, server_options().single_threaded(single)), options(channel_options().single_threaded(single)) {
    echo_everything(service);
    service.on_unary = [this](server_context& call, Text& request) -> reply<Text> {
      peer = call.peer();
      co_return request;
    };
    server.add(service);
  }
  template <class Theirs, class Ours>
  void connect(Theirs theirs, Ours ours) {
    server.serve(std::move(theirs));
    channel.emplace(context, "unix:/of/no/meaning", options.use_connector(connect_with(std::move(ours))));
  }
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
    context.run_for(60s);
    if (failure) std::rethrow_exception(failure);
    CHECK(context.stopped());
  }
  /// Something of everything, more than any buffer on the way holds.
  asio::awaitable<void> exercise() {
    lab::echo::client client(*channel);
    Text const request = text("hello");
    Text const answer = co_await client.unary(request, call_options().timeout(20s));
    CHECK(answer.text() == "hello");
    auto download = client.download(text(std::string(100000, 'x'), 40));
    int n = 0;
    while (auto const message = co_await download.read()) {
      CHECK(message->text().size() == 100000);
      ++n;
    }
    CHECK(n == 40);
    auto upload = client.upload();
    Text const chunk = text(std::string(100000, 'y'));
    for (int i = 0; i < 30; ++i) {
      bool const goes = co_await upload.write(chunk);
      REQUIRE(goes);
    }
    Text const all = co_await upload.finish();
    CHECK(all.number() == 30);
    CHECK(all.text().size() == 3000000);
  }

  asio::io_context context{1};
  scripted_echo service;
  heddle::server server;
  channel_options options;
  std::optional<heddle::channel> channel;
  std::string peer;
};

}  // namespace

TEST_CASE("calls over a socketpair") {
  pair p(GENERATE(true, false));
  local::socket a(p.context), b(p.context);
  asio::local::connect_pair(a, b);
  p.connect(std::move(a), std::move(b));
  p.run([&p] { return p.exercise(); });
  CHECK(p.peer == "unix:");
}

TEST_CASE("calls over a socket that the application has accepted, with an executor type of its own") {
  pair p(GENERATE(true, false));
  using executor = asio::io_context::executor_type;
  asio::basic_stream_socket<asio::ip::tcp, executor> client(p.context);
  asio::ip::tcp::acceptor acceptor(p.context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  client.connect(acceptor.local_endpoint());
  asio::ip::tcp::socket accepted = acceptor.accept();
  std::string const name = "ipv4:127.0.0.1:" + std::to_string(client.local_endpoint().port());
  p.connect(std::move(accepted), std::move(client));
  p.run([&p] { return p.exercise(); });
  CHECK(p.peer == name);
}

TEST_CASE("calls over two pipes, as to a child process") {
  pair p(GENERATE(true, false));
  asio::readable_pipe in(p.context), child_in(p.context);
  asio::writable_pipe out(p.context), child_out(p.context);
  asio::connect_pipe(child_in, out);
  asio::connect_pipe(in, child_out);
  // The child sees descriptors 0 and 1.
  asio::posix::stream_descriptor standard_input(p.context, child_in.release());
  asio::posix::stream_descriptor standard_output(p.context, child_out.release());
  p.connect(stream_pair(std::move(standard_input), std::move(standard_output)),
            stream_pair(std::move(in), std::move(out)));
  p.run([&p] { return p.exercise(); });
  CHECK(p.peer == "unknown");
}

TEST_CASE("calls over a stream of the application's own, in small pieces") {
  pair p(GENERATE(true, false));
  local::socket a(p.context), b(p.context);
  asio::local::connect_pair(a, b);
  p.connect(wrapper(std::move(a)), wrapper(std::move(b)));
  p.run([&p] { return p.exercise(); });
  CHECK(p.peer == "unix:");
}

TEST_CASE("a channel over one stream can't connect twice") {
  pair p(true);
  local::socket a(p.context), b(p.context);
  asio::local::connect_pair(a, b);
  p.connect(std::move(a), std::move(b));
  auto const body = [&]() -> asio::awaitable<void> {
    co_await p.exercise();
    std::size_t const left = co_await p.server.drain(1s);
    CHECK(left == 0);
    Text const request;
    status const s = co_await status_of(lab::echo::client(*p.channel).unary(request, call_options().timeout(20s)));
    INFO(to_string(s));
    CHECK(s.code() == status_code::unavailable);
    CHECK(s.message() ==
          "the one stream of this channel has ended (connect_with) (/lab.Echo/Unary, call_options::wait_for_ready())");
  };
  p.run(body);
}

TEST_CASE("everything may go while pipes are full and calls are open") {
  for (int steps = 0; steps < 60; ++steps) {
    pair p(steps % 2 == 0);
    local::socket a(p.context), b(p.context);
    asio::local::connect_pair(a, b);
    p.connect(wrapper(std::move(a)), wrapper(std::move(b)));
    auto const body = [&]() -> asio::awaitable<void> { co_await p.exercise(); };
    asio::co_spawn(p.context, p.server.run(), asio::detached);
    asio::co_spawn(p.context, body, asio::detached);
    for (int i = 0; i < steps * 3; ++i) p.context.poll_one();
    if (steps % 3 == 0) p.channel.reset();
  }
  SUCCEED("nothing leaked, as the sanitizers see");
}

// ---- the byte_stream itself

namespace {

struct user final : byte_stream_user {
  void on_read(error_code ec, std::size_t n) override {
    error = ec;
    read.append(buffer, n);
    ++reads;
  }
  void on_writable(error_code ec) override {
    write_error = ec;
    ++writables;
  }
  std::string read;
  error_code error, write_error;
  int reads = 0, writables = 0;
  char buffer[65536];
};

struct ends {
  ends() {
    local::socket one(context), two(context);
    asio::local::connect_pair(one, two);
    a = make_byte_stream(wrapper(std::move(one)), context.get_executor(), "somebody");
    b = make_byte_stream(wrapper(std::move(two)), context.get_executor());
  }
  void run_until(std::function<bool()> const& done) {
    context.restart();
    while (!done() && context.run_one() != 0) {
    }
  }
  void read_all(std::size_t size) {
    while (u->read.size() < size && !u->error) {
      int const before = u->reads;
      b->read_some(asio::buffer(u->buffer), u);
      run_until([&] { return u->reads > before; });
    }
  }
  asio::io_context context;
  std::unique_ptr<byte_stream> a, b;
  std::shared_ptr<user> u = std::make_shared<user>(), w = std::make_shared<user>();
};

}  // namespace

TEST_CASE("a buffered stream takes so much, says when there is room, and ends after its last byte") {
  ends e;
  CHECK(e.a->peer() == "somebody");
  error_code ec;
  std::array<asio::const_buffer, 2> const both = {asio::buffer("ab", 2), asio::buffer("cd", 2)};
  CHECK(e.a->write_some(both, ec) == 4);
  std::string const chunk(100000, 'x');
  std::size_t written = 4;
  while (!ec) written += e.a->write_some(asio::buffer(chunk), ec);
  CHECK(ec == asio::error::would_block);
  CHECK(written == 256 * 1024);
  e.a->wait_writable(e.w);
  CHECK(e.w->writables == 0);
  e.a->shut_down_write();
  e.read_all(written + 1);
  CHECK(e.w->writables == 1);
  CHECK(!e.w->write_error);
  CHECK(e.u->error == asio::error::eof);
  CHECK(e.u->read.size() == written);
  CHECK(e.u->read.substr(0, 5) == "abcdx");
}

TEST_CASE("a write of nothing is no reason to wait") {
  ends e;
  error_code ec;
  CHECK(e.a->write_some(asio::const_buffer(), ec) == 0);
  CHECK(!ec);
  e.a->wait_writable(e.w);
  CHECK(e.w->writables == 0);
  e.run_until([&] { return e.w->writables == 1; });
  CHECK(e.w->writables == 1);
}

TEST_CASE("close() ends what is under way on a buffered stream") {
  ends e;
  error_code ec;
  std::string const chunk(2000000, 'x');
  e.a->read_some(asio::buffer(e.w->buffer), e.w);
  e.a->write_some(asio::buffer(chunk), ec);
  e.a->wait_writable(e.w);
  e.a->close();
  CHECK(e.w->writables == 0);
  e.run_until([&] { return e.w->writables == 1 && e.w->reads == 1; });
  CHECK(e.w->error == asio::error::operation_aborted);
  CHECK(e.w->write_error == asio::error::operation_aborted);
  CHECK(e.a->write_some(asio::buffer(chunk), ec) == 0);
  CHECK(ec == asio::error::operation_aborted);
}

TEST_CASE("a peer that is gone is an error of the next write") {
  ends e;
  e.b.reset();
  error_code ec;
  e.a->write_some(asio::buffer("x", 1), ec);
  CHECK(!ec);
  e.a->wait_writable(e.w);
  e.run_until([] { return false; });
  CHECK(e.a->write_some(asio::buffer("x", 1), ec) == 0);
  CHECK(ec == asio::error::broken_pipe);
}
