#include <heddle/transport/memory.hpp>

#include <array>
#include <string>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

namespace asio = boost::asio;

namespace {

struct user final : heddle::byte_stream_user {
  void on_read(boost::system::error_code ec, std::size_t n) override {
    ++reads;
    error = ec;
    read.append(buffer, n);
  }
  void on_writable(boost::system::error_code ec) override {
    ++writables;
    error = ec;
  }
  std::string read;
  boost::system::error_code error;
  int reads = 0, writables = 0;
  char buffer[100];
};

struct pair {
  explicit pair(heddle::memory_stream_options o = heddle::memory_stream_options()) {
    auto ends = heddle::make_memory_streams(context.get_executor(), context.get_executor(), o);
    a = std::move(ends.first);
    b = std::move(ends.second);
  }
  std::size_t write(heddle::byte_stream& to, std::string const& text) {
    std::string const first = text.substr(0, text.size() / 2), second = text.substr(text.size() / 2);
    std::array<asio::const_buffer, 2> const both = {asio::buffer(first), asio::buffer(second)};
    return to.write_some(both, ec);
  }
  void poll() {
    context.restart();
    context.poll();
  }
  asio::io_context context;
  std::unique_ptr<heddle::byte_stream> a, b;
  std::shared_ptr<user> u = std::make_shared<user>();
  boost::system::error_code ec;
};

}  // namespace

TEST_CASE("bytes arrive at the other end, before or after they are asked for") {
  pair p;
  CHECK(p.write(*p.a, "hello") == 5);
  p.b->read_some(asio::buffer(p.u->buffer), p.u);
  CHECK(p.u->reads == 0);  // never inside the call
  p.poll();
  CHECK(p.u->read == "hello");
  p.a->read_some(asio::buffer(p.u->buffer), p.u);
  p.poll();
  CHECK(p.u->reads == 1);
  p.write(*p.b, "there");
  CHECK(p.u->reads == 1);
  p.poll();
  CHECK(p.u->read == "hellothere");
}

TEST_CASE("a full stream says so, and when it is worth another try") {
  pair p(heddle::memory_stream_options().capacity(10).max_read(4));
  CHECK(p.write(*p.a, "0123456789abc") == 10);
  CHECK(!p.ec);
  CHECK(p.write(*p.a, "x") == 0);
  CHECK(p.ec == asio::error::would_block);
  p.a->wait_writable(p.u);
  p.poll();
  CHECK(p.u->writables == 0);
  auto const reader = std::make_shared<user>();
  p.b->read_some(asio::buffer(reader->buffer), reader);
  p.poll();
  CHECK(reader->read == "0123");
  CHECK(p.u->writables == 1);
  CHECK(p.write(*p.a, "abcdefgh") == 4);
}

TEST_CASE("a half-closed stream ends after its bytes, and still receives") {
  pair p;
  p.write(*p.a, "last");
  p.a->shut_down_write();
  CHECK(p.write(*p.a, "x") == 0);
  CHECK(p.ec == asio::error::broken_pipe);
  p.b->read_some(asio::buffer(p.u->buffer), p.u);
  p.poll();
  CHECK(p.u->read == "last");
  p.b->read_some(asio::buffer(p.u->buffer), p.u);
  p.poll();
  CHECK(p.u->error == asio::error::eof);
  CHECK(p.write(*p.b, "answer") == 6);
  p.a->read_some(asio::buffer(p.u->buffer), p.u);
  p.poll();
  CHECK(p.u->read == "lastanswer");
}

TEST_CASE("a closed stream ends the operations of both ends") {
  pair p;
  auto const other = std::make_shared<user>();
  p.a->read_some(asio::buffer(p.u->buffer), p.u);
  p.b->read_some(asio::buffer(other->buffer), other);
  SECTION("by close()") { p.a->close(); }
  SECTION("by its destruction") { p.a.reset(); }
  p.poll();
  CHECK(p.u->error == asio::error::operation_aborted);
  CHECK(other->error == asio::error::eof);
  CHECK(p.write(*p.b, "x") == 0);
  CHECK(p.ec == asio::error::broken_pipe);
}

TEST_CASE("a read that waits when the context ends is dropped with what it owns") {
  auto p = std::make_unique<pair>();
  std::weak_ptr<user> const watch = p->u;
  struct owner final : heddle::byte_stream_user {
    void on_read(boost::system::error_code, std::size_t) override { FAIL("resumed"); }
    void on_writable(boost::system::error_code) override {}
    std::unique_ptr<heddle::byte_stream> stream;
    char buffer[10];
  };
  auto o = std::make_shared<owner>();
  std::weak_ptr<owner> const gone = o;
  o->stream = std::move(p->a);
  o->stream->read_some(asio::buffer(o->buffer), o);
  o.reset();
  CHECK(!gone.expired());
  p->b->read_some(asio::buffer(p->u->buffer), p->u);
  p->b.reset();
  p.reset();
  CHECK(gone.expired());
  CHECK(watch.expired());
}
