// The three kinds of streams as a client sees them.
#include <string>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;

namespace {

auto const both = {strands::none, strands::everywhere};

template <class Call>
asio::awaitable<int> read_all(Call& call) {
  int n = 0;
  Text message;
  while (co_await call.read(message)) ++n;
  co_return n;
}

template <class Call>
asio::awaitable<bool> send_numbers(Call& call, int n) {
  for (int i = 0; i < n; ++i) {
    Text const message = text("number", i);
    bool const goes = co_await call.write(message);
    if (!goes) co_return false;
  }
  co_await call.writes_done();
  co_return true;
}

}  // namespace

TEST_CASE("a server's stream is read to its end") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    for (int const n : {0, 1, 10000}) {
      auto call = w.client().download(text("x", n));
      int read = 0;
      while (auto const message = co_await call.read()) {
        if (message->number() != read) FAIL("out of order");
        ++read;
      }
      CHECK(read == n);
      auto const again = co_await call.read();
      CHECK(!again);
    }
  };
  w.run(body);
  CHECK(w.connections == 1);
}

TEST_CASE("messages that are read after the end of their call are not touched by other calls") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(text(std::string(100, 'd'), 50));
    auto message = co_await call.read();
    for (int n = 0; n < 50; ++n) {
      REQUIRE(message);
      CHECK(message->number() == n);
      CHECK(message->text() == std::string(100, 'd'));
      Text const other = text(std::string(20'000, 'o'));
      co_await w.client().unary(other);
      message = co_await call.read();
    }
    CHECK(!message);
  };
  w.run(body);
}

TEST_CASE("a slow reader holds the writer back") {
  world w(GENERATE(values(both)));
  int written = 0;
  w.service.on_download = [&](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    Text const message = text(std::string(10000, 'x'));
    for (; written < request.number(); ++written) co_await out.write(message);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(text("", 1000));
    auto const first = co_await call.read();
    CHECK(first);
    co_await w.clock.sleep_for(1s);
    int const before = written;
    CHECK(before < 60);  // windows of 256 KiB, 64 KiB in the server, and as much in the stream
    co_await w.clock.sleep_for(1s);
    CHECK(written == before);
    int const n = co_await read_all(call);
    CHECK(n == 999);
  };
  task const t = w.start(body);
  w.clock.advance(10s);
  t.get();
}

TEST_CASE("a slow handler holds the client back") {
  world w(GENERATE(values(both)));
  int sent = 0;
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    co_await w.clock.sleep_for(1s);
    int const before = sent;
    CHECK(before < 60);
    co_await w.clock.sleep_for(1s);
    CHECK(sent == before);
    int n = 0;
    while (co_await in.read()) ++n;
    co_return text("", n);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().upload();
    Text const message = text(std::string(10000, 'x'));
    for (; sent < 1000; ++sent) {
      bool const goes = co_await call.write(message);
      CHECK(goes);
    }
    Text const answer = co_await call.finish();
    CHECK(answer.number() == 1000);
  };
  task const t = w.start(body);
  w.clock.advance(10s);
  t.get();
}

TEST_CASE("a client's stream is answered at its end") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    for (int const n : {0, 1, 3000}) {
      auto call = w.client().upload();
      for (int i = 0; i < n; ++i) co_await call.write(text("ab"));
      if (n == 1) co_await call.writes_done();
      Text const answer = co_await call.finish();
      CHECK(answer.number() == n);
      CHECK(answer.text().size() == 2u * unsigned(n));
      bool const late = co_await call.write(text("late"));
      CHECK(!late);
    }
  };
  w.run(body);
}

TEST_CASE("a server may answer a stream before its end") {
  world w(GENERATE(values(both)));
  w.service.on_upload = [](server_context&, reader<Text>& in) -> reply<Text> {
    auto const first = co_await in.read();
    if (first->number() == 1) co_return status(status_code::failed_precondition, "enough");
    co_return text("early");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (int fails = 0; fails < 2; ++fails) {
      auto call = w.client().upload();
      int n = 0;
      Text const message = text(std::string(1000, 'x'), fails);
      while (true) {
        bool const goes = co_await call.write(message);
        if (!goes) break;
        if (++n > 100000) FAIL("write() never says that the call is over");
        co_await w.clock.sleep_for(1ms);
      }
      if (fails == 0) {
        Text const answer = co_await call.finish();
        CHECK(answer.text() == "early");
      } else {
        status const s = co_await status_of(call.finish());
        CHECK(to_string(s) == "FAILED_PRECONDITION: enough");
      }
    }
  };
  task const t = w.start(body);
  w.clock.advance(10s);
  t.get();
}

TEST_CASE("a chat in turns") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    for (int i = 0; i < 100; ++i) {
      bool const goes = co_await call.write(text("ping", i));
      CHECK(goes);
      auto const answer = co_await call.read();
      REQUIRE(answer);
      CHECK(answer->number() == i);
    }
    co_await call.writes_done();
    auto const end = co_await call.read();
    CHECK(!end);
    bool const late = co_await call.write(text("late"));
    CHECK(!late);
  };
  w.run(body);
}

TEST_CASE("a chat in both directions at once") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    auto const results = co_await (send_numbers(call, 20000) && read_all(call));
    CHECK(std::get<0>(results));
    CHECK(std::get<1>(results) == 20000);
  };
  w.run(body);
}

TEST_CASE("messages larger than every window, in streams") {
  server_options so;
  so.max_receive_message_size(9 << 20);
  world w(GENERATE(values(both)), so, channel_options().max_receive_message_size(9 << 20));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    Text const big = text(std::string(8 << 20, 'x'), 1);
    for (int i = 0; i < 2; ++i) {
      bool const goes = co_await call.write(big);
      CHECK(goes);
      auto const answer = co_await call.read();
      REQUIRE(answer);
      CHECK(answer->text().size() == big.text().size());
    }
    co_await call.writes_done();
    auto const end = co_await call.read();
    CHECK(!end);
  };
  w.run(body);
}

TEST_CASE("headers are there before the first message, trailers after the last") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    context.headers().add("first", "1");
    co_await context.send_headers();
    co_await context.send_headers();
    context.headers().add("too-late", "1");
    auto const message = co_await peer.read();
    co_await peer.write(*message);
    context.trailers().add("last", "9");
    co_return status(status_code::data_loss, "over");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    metadata const headers = co_await call.headers();
    CHECK(headers.get("first") == "1");
    CHECK(headers.size() == 1);
    CHECK(call.peer() == "memory");
    co_await call.write(text("x"));
    auto const message = co_await call.read();
    CHECK(message);
    status const s = co_await status_of(call.read());
    CHECK(to_string(s) == "DATA_LOSS: over");
    CHECK(call.trailers().get("last") == "9");
    CHECK(s.trailers().get("last") == "9");
    metadata const later = co_await call.headers();
    CHECK(later == headers);
    status const again = co_await status_of(call.read());
    CHECK(again == s);
  };
  w.run(body);
}

TEST_CASE("the messages before an error are read before it") {
  world w(GENERATE(values(both)));
  w.service.on_download = [](server_context&, Text&, writer<Text>& out) -> reply<void> {
    for (int i = 0; i < 5; ++i) co_await out.write(text("", i));
    co_return status(status_code::out_of_range, "no more");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(Text());
    co_await w.clock.sleep_for(1s);  // all of it is here before the first read
    for (int i = 0; i < 5; ++i) {
      auto const message = co_await call.read();
      REQUIRE(message);
      CHECK(message->number() == i);
    }
    status const s = co_await status_of(call.read());
    CHECK(to_string(s) == "OUT_OF_RANGE: no more");
  };
  task const t = w.start(body);
  w.clock.advance(2s);
  t.get();
}

TEST_CASE("an error without a message comes without headers") {
  world w(GENERATE(values(both)));
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().chat();
    metadata const headers = co_await call.headers();
    CHECK(headers.empty());
    status const s = co_await status_of(call.read());
    CHECK(to_string(s) == "UNIMPLEMENTED: method /lab.Echo/Chat is not implemented");
    auto upload = w.client().upload();
    status const t = co_await status_of(upload.finish());
    CHECK(to_string(t) == "UNIMPLEMENTED: method /lab.Echo/Upload is not implemented");
    auto download = w.client().download(Text());
    status const u = co_await status_of(download.read());
    CHECK(to_string(u) == "UNIMPLEMENTED: method /lab.Echo/Download is not implemented");
  };
  w.run(body);
}

TEST_CASE("messages above a limit in streams") {
  server_options so;
  so.max_receive_message_size(2000).max_send_message_size(3000);
  world w(GENERATE(values(both)), so, channel_options().max_receive_message_size(1000).max_send_message_size(4000));
  echo_everything(w.service);
  w.service.on_download = [](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    co_await out.write(text("fits"));
    co_await out.write(text(std::string(static_cast<std::size_t>(request.number()), 'x')));
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto upload = w.client().upload();
    status s = co_await status_of(upload.write(text(std::string(5000, 'x'))));
    CHECK(s.code() == status_code::resource_exhausted);
    CHECK(s.message().find("max_send_message_size, 4000") != std::string_view::npos);
    bool const goes = co_await upload.write(text(std::string(3000, 'x')));
    CHECK(goes);
    s = co_await status_of(upload.finish());
    INFO(to_string(s));
    CHECK(s.code() == status_code::resource_exhausted);
    CHECK(s.message().find("max_receive_message_size") != std::string_view::npos);
    CHECK(s.origin() == status_origin::peer);
    for (int const size : {1500, 5000}) {
      auto download = w.client().download(text("", size));
      auto const first = co_await download.read();
      REQUIRE(first);
      s = co_await status_of(download.read());
      INFO(to_string(s));
      CHECK(s.code() == status_code::resource_exhausted);
      CHECK(s.message().find(size == 1500 ? "channel_options::max_receive_message_size" : "max_send_message_size") !=
            std::string_view::npos);
    }
    auto never_sent = w.client().download(text(std::string(5000, 'x')));
    s = co_await status_of(never_sent.read());
    CHECK(s.message().find("max_send_message_size, 4000") != std::string_view::npos);
  };
  w.run(body);
}

TEST_CASE("try_read() takes what is here") {
  world w;
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = w.client().download(text("x", 10));
    Text message;
    CHECK(!call.try_read(message));
    co_await w.clock.sleep_for(1s);
    int n = 0;
    while (call.try_read(message)) CHECK(message.number() == n++);
    CHECK(n == 10);
    bool const more = co_await call.read(message);
    CHECK(!more);
    CHECK(!call.try_read(message));
  };
  task const t = w.start(body);
  w.clock.advance(2s);
  t.get();
}
