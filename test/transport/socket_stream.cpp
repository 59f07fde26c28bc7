#include <heddle/transport/socket_stream.hpp>

#include <array>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <heddle/transport/socket_address.hpp>

#include "support/catch.hpp"

namespace asio = boost::asio;

namespace {

struct user final : heddle::byte_stream_user {
  void on_read(boost::system::error_code ec, std::size_t n) override {
    error = ec;
    read.append(buffer, n);
    ++reads;
  }
  void on_writable(boost::system::error_code) override { ++writables; }
  std::string read;
  boost::system::error_code error;
  int reads = 0, writables = 0;
  char buffer[1000];
};

struct sockets {
  sockets() {
    asio::ip::tcp::acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::ip::tcp::socket client(context), server(context);
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    port = client.local_endpoint().port();
    a = heddle::transport::make_socket_stream(std::move(client));
    b = heddle::transport::make_socket_stream(std::move(server));
  }
  template <class Done>
  void run_until(Done done) {
    context.restart();
    while (!done() && context.run_one() != 0) {
    }
  }
  asio::io_context context;
  std::unique_ptr<heddle::byte_stream> a, b;
  unsigned port = 0;
  std::shared_ptr<user> u = std::make_shared<user>();
};

}  // namespace

TEST_CASE("a TCP stream reads no less than its low watermark, until it is lowered, or the peer has gone") {
  sockets s;
  boost::system::error_code ec;
  s.b->receive_low_watermark(100);
  s.b->read_some(asio::buffer(s.u->buffer), s.u);
  s.context.restart();
  s.context.poll();
  CHECK(s.a->write_some(asio::buffer("abc", 3), ec) == 3);
  s.context.poll();
  CHECK(s.u->reads == 0);
  s.b->receive_low_watermark(1);
  s.run_until([&] { return s.u->reads == 1; });
  CHECK(s.u->read == "abc");

  s.b->receive_low_watermark(100);
  s.b->read_some(asio::buffer(s.u->buffer), s.u);
  CHECK(s.a->write_some(asio::buffer("d", 1), ec) == 1);
  s.a->close();
  s.run_until([&] { return s.u->reads == 2; });
  CHECK(s.u->read == "abcd");
}

TEST_CASE("a low watermark also holds for bytes that were here before the read") {
  sockets s;
  boost::system::error_code ec;
  std::string const half(60, 'x');
  s.a->write_some(asio::buffer(half), ec);
  s.b->read_some(asio::buffer(s.u->buffer), s.u);
  s.run_until([&] { return s.u->reads == 1; });
  CHECK(s.u->read == half);

  s.b->receive_low_watermark(100);
  s.a->write_some(asio::buffer(half), ec);
  s.b->read_some(asio::buffer(s.u->buffer), s.u);
  s.context.restart();
  s.context.poll();
  CHECK(s.u->reads == 1);
  s.a->write_some(asio::buffer(half), ec);
  s.run_until([&] { return s.u->reads == 2; });
  CHECK(s.u->read == half + half + half);
}

TEST_CASE("a TCP stream reads, writes, waits and ends") {
  sockets s;
  CHECK(s.b->peer() == "ipv4:127.0.0.1:" + std::to_string(s.port));
  boost::system::error_code ec;
  std::array<asio::const_buffer, 3> const parts = {asio::buffer("ab", 2), asio::buffer("cd", 2), asio::buffer("ef", 2)};
  CHECK(s.a->write_some(parts, ec) == 6);
  CHECK(s.a->write_some(asio::buffer("gh", 2), ec) == 2);
  while (s.u->read.size() < 8) {
    int const before = s.u->reads;
    s.b->read_some(asio::buffer(s.u->buffer), s.u);
    s.run_until([&] { return s.u->reads > before; });
  }
  CHECK(s.u->read == "abcdefgh");
  s.a->wait_writable(s.u);
  s.run_until([&] { return s.u->writables == 1; });
  CHECK(s.u->writables == 1);
  s.a->shut_down_write();
  s.b->read_some(asio::buffer(s.u->buffer), s.u);
  s.run_until([&] { return bool(s.u->error); });
  CHECK(s.u->error == asio::error::eof);
}

TEST_CASE("a full socket would block, until the peer reads") {
  sockets s;
  boost::system::error_code ec;
  std::string const chunk(100000, 'x');
  for (int i = 0; i < 10000 && !ec; ++i) s.a->write_some(asio::buffer(chunk), ec);
  CHECK(ec == asio::error::would_block);
  s.a->wait_writable(s.u);
  s.context.poll();
  CHECK(s.u->writables == 0);
  auto const reader = std::make_shared<user>();
  while (s.u->writables == 0) {
    int const before = reader->reads;
    s.b->read_some(asio::buffer(reader->buffer), reader);
    s.run_until([&] { return reader->reads > before; });
    REQUIRE(!reader->error);
  }
  CHECK(s.u->writables == 1);
}

TEST_CASE("close() ends what is under way, and so does the end of the context") {
  sockets s;
  std::weak_ptr<user> const watch = s.u;
  s.a->read_some(asio::buffer(s.u->buffer), s.u);
  SECTION("close") {
    s.a->close();
    s.run_until([&] { return s.u->reads == 1; });
    CHECK(s.u->error == asio::error::operation_aborted);
  }
  SECTION("the end") {}
}
