#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include <string>

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using namespace boost::asio::experimental::awaitable_operators;
using testing::frames::data;
using testing::frames::fields;

namespace {

/// A client under test; its server is the test.
struct client_side {
  explicit client_side(testing::manners how = testing::manners::good) : server(context, how) {
    channel.emplace(context, "ipv4:192.0.2.1:1",
                    channel_options().single_threaded(true).use_clock(clock).use_connector(server.connector()));
  }
  lab::echo::client client() const { return lab::echo::client(*channel); }

  asio::io_context context{1};
  testing::manual_clock clock{context};
  testing::scripted_server server;
  std::optional<heddle::channel> channel;
};

/// A server under test; its client is the test.
struct server_side {
  server_side() : server(context, server_options().single_threaded(true).use_clock(clock)) {
    echo_everything(*service);
    server.add(service);
  }
  testing::scripted_peer connect(testing::manners how = testing::manners::good) {
    return testing::scripted_client(server, context, how);
  }

  asio::io_context context{1};
  testing::manual_clock clock{context};
  std::shared_ptr<scripted_echo> service = std::make_shared<scripted_echo>();
  heddle::server server;
};

}  // namespace

TEST_CASE("a scripted server answers what a client asks") {
  client_side lab;
  auto const script = [&]() -> asio::awaitable<void> {
    testing::served_call call = co_await lab.server.next_call();
    CHECK(call.path() == "/lab.Echo/Unary");
    CHECK(call.headers().get("tenant") == "a");
    auto const request = co_await call.read<Text>();
    REQUIRE(request);
    CHECK(request->text() == "question");
    auto const more = co_await call.read<Text>();
    CHECK(!more);
    Text const reply = text("answer");
    call.answer(reply);
  };
  auto const calls = [&]() -> asio::awaitable<void> {
    Text const request = text("question");
    Text const answer = co_await lab.client().unary(request, call_options().header("tenant", "a"));
    CHECK(answer.text() == "answer");
  };
  testing::run(lab.clock, script() && calls());
  CHECK(lab.server.connections() == 1);
}

TEST_CASE("a scripted server plays all four kinds, with headers, trailers and details") {
  client_side lab;
  auto const script = [&]() -> asio::awaitable<void> {
    auto chat = co_await lab.server.next_call();
    metadata head, end;
    head.add("from", "script");
    end.add("more", "no");
    chat.send_headers(head);
    for (int i = 0; i < 3; ++i) {
      auto const message = co_await chat.read<Text>();
      REQUIRE(message);
      chat.send(*message);
    }
    auto const more = co_await chat.read_body();
    CHECK(!more);
    status why(status_code::aborted, "enough");
    why.add_detail(text("detail"));
    chat.finish(why, end);

    auto refused = co_await lab.server.next_call();
    CHECK(refused.path() == "/lab.Echo/Upload");
    refused.finish(status(status_code::not_found, "nobody"));
  };
  auto const calls = [&]() -> asio::awaitable<void> {
    auto client = lab.client();
    auto chat = client.chat();
    for (int i = 0; i < 3; ++i) {
      Text const message = text("hello", i);
      co_await chat.write(message);
    }
    co_await chat.writes_done();
    for (int i = 0; i < 3; ++i) {
      auto const message = co_await chat.read();
      REQUIRE(message);
      CHECK(message->number() == i);
    }
    metadata const head = co_await chat.headers();
    CHECK(head.get("from") == "script");
    status const end = co_await status_of(chat.read());
    CHECK(end.code() == status_code::aborted);
    CHECK(end.trailers().get("more") == "no");
    REQUIRE(end.detail<Text>());
    CHECK(end.detail<Text>()->text() == "detail");

    auto upload = client.upload();
    status const refused = co_await status_of(upload.finish());
    CHECK(refused.code() == status_code::not_found);
  };
  testing::run(lab.clock, script() && calls());
}

TEST_CASE("a scripted server sends frames of its own, and waits for those of the client") {
  client_side lab;
  auto const script = [&]() -> asio::awaitable<void> {
    using namespace testing;
    //[frames
    scripted_peer peer = co_await lab.server.next_connection();
    received_frame const request = co_await peer.expect(http2::frame_type::headers);
    CHECK(request.stream() == 1);
    CHECK(has(request.text, "HEADERS 1 /lab.Echo/Unary"));
    peer.send(frames::ping("whoareu?"));
    received_frame const pong = co_await peer.expect(http2::frame_type::ping);
    CHECK(pong.text == "PING ACK whoareu?");
    peer.send_headers(1, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
    std::string const message = frames::message_of(text("answer"));
    peer.send(frames::frame(http2::frame_type::data, http2::flag::padded, 1, frames::padded(message, 255)));
    peer.send({peer.codec().headers(1, fields({{"grpc-status", "0"}}), http2::flag::end_stream),
               frames::goaway(1, http2::error_code::no_error, "good night")});
    //]
    co_await peer.wait_end();
    CHECK(has(peer.received(), "SETTINGS; WINDOW_UPDATE 0"));
  };
  auto const calls = [&]() -> asio::awaitable<void> {
    Text const request = text("question");
    Text const answer = co_await lab.client().unary(request);
    CHECK(answer.text() == "answer");
  };
  testing::run(lab.clock, script() && calls(), 5s);
}

TEST_CASE("a scripted server loses connections and refuses them") {
  client_side lab;
  auto const script = [&]() -> asio::awaitable<void> {
    auto call = co_await lab.server.next_call();
    call.send_headers();
    lab.server.refuse_connections(status(status_code::unavailable, "closed for today"));
    lab.server.connection().close_after(12);
    Text const answer = text("an answer of which 12 bytes arrive");
    call.answer(answer);
  };
  auto const calls = [&]() -> asio::awaitable<void> {
    Text const request = text("question");
    status const lost = co_await status_of(lab.client().unary(request));
    CHECK(lost.code() == status_code::unavailable);
    CHECK(has(lost.message(), "connection to memory lost"));
    status const refused = co_await status_of(lab.client().unary(request));
    CHECK(refused.message() == "closed for today (/lab.Echo/Unary, call_options::wait_for_ready())");
  };
  testing::run(lab.clock, script() && calls());
  CHECK(lab.server.connection().ended());
}

TEST_CASE("a scripted client calls a server") {
  server_side lab;
  testing::scripted_peer peer = lab.connect();
  auto const script = [&]() -> asio::awaitable<void> {
    //[client
    metadata headers;
    headers.add("tenant", "a");
    auto chat = peer.call("/lab.Echo/Chat", headers);
    chat.send(text("one"));
    auto const one = co_await chat.read<Text>();
    REQUIRE(one);
    CHECK(one->text() == "one");
    header_list const head = co_await chat.head();
    CHECK(head.get(header_name::status) == "200");
    chat.half_close();
    auto const more = co_await chat.read_body();
    CHECK(!more);
    status const end = co_await chat.finish();
    CHECK(end.is_ok());
    //]

    auto unknown = peer.call("/lab.Echo/Nothing");
    unknown.half_close();
    status const refused = co_await unknown.finish();
    CHECK(refused.code() == status_code::unimplemented);
    CHECK(has(testing::printable(unknown.trailers()), "grpc-status=12"));
  };
  testing::run(lab.clock, script());
}

TEST_CASE("a scripted client sends messages in pieces, and cancels") {
  server_side lab;
  bool cancelled = false;
  lab.service->on_chat = [&](server_context& context, stream<Text, Text>& both) -> reply<void> {
    Text one;
    try {
      while (co_await both.read(one)) co_await both.write(one);
    } catch (...) {
      cancelled = context.cancelled();
      throw;
    }
    co_return ok;
  };
  testing::scripted_peer peer = lab.connect();
  auto chat = peer.call("/lab.Echo/Chat");
  std::string const large(100'000, 'x');
  std::string const message = testing::frames::message_of(text(large));
  for (std::size_t at = 0; at < message.size(); at += 777) chat.send_data(std::string_view(message).substr(at, 777));
  auto const script = [&]() -> asio::awaitable<void> {
    auto const echo = co_await chat.read<Text>();
    REQUIRE(echo);
    CHECK(echo->text() == large);
    chat.reset();
  };
  testing::run(lab.clock, script());
  CHECK(cancelled);
}

TEST_CASE("who does not read stops the other side") {
  server_side lab;
  testing::scripted_peer peer = lab.connect();
  int written = 0;
  lab.service->on_download = [&](server_context&, Text&, writer<Text>& out) -> reply<void> {
    for (; written < 100; ++written) co_await out.write(text(std::string(10'000, 'x')));
    co_return ok;
  };
  lab.clock.settle();
  peer.stop_reading();
  auto call = peer.call("/lab.Echo/Download");
  call.send(Text());
  call.half_close();
  lab.clock.settle();
  CHECK(written < 50);
  peer.read_on();
  auto const script = [&]() -> asio::awaitable<void> {
    int read = 0;
    while (auto const body = co_await call.read_body()) ++read;
    CHECK(read == 100);
  };
  testing::run(lab.clock, script());
  CHECK(written == 100);
}

TEST_CASE("without manners a scripted peer says nothing by itself") {
  client_side lab(testing::manners::none);
  status end;
  auto const calls = [&]() -> asio::awaitable<void> {
    Text const request = text("question");
    end = co_await status_of(lab.client().unary(request, call_options().timeout(5s)));
  };
  testing::run(lab.clock, calls(), 5s);
  CHECK(end.code() == status_code::deadline_exceeded);
  auto peer = lab.server.connection();
  CHECK(has(peer.bytes(), "PRI * HTTP/2.0"));
  CHECK(!has(peer.received(), "HEADERS"));
}

TEST_CASE("what does not come is an error that tells what did") {
  SECTION("a frame") {
    client_side lab;
    auto const script = [&]() -> asio::awaitable<void> {
      auto const calls = [&]() -> asio::awaitable<void> {
        auto chat = lab.client().chat();
        co_await chat.headers();
      };
      task const t(lab.context.get_executor(), calls);
      auto peer = co_await lab.server.next_connection();
      auto call = co_await peer.next_call();
      peer.half_close();
      std::string said;
      try {
        co_await peer.expect(http2::frame_type::rst_stream, 7);
      } catch (std::runtime_error const& e) {
        said = e.what();
      }
      CHECK(has(said, "on stream 7"));
      CHECK(has(said, "it heard: SETTINGS; WINDOW_UPDATE 0"));
    };
    testing::run(lab.clock, script(), 5s);
  }
  SECTION("anything at all") {
    client_side lab;
    auto const script = [&]() -> asio::awaitable<void> { co_await lab.server.next_call(); };
    std::string said;
    try {
      testing::run(lab.clock, script());
    } catch (std::runtime_error const& e) {
      said = e.what();
    }
    CHECK(has(said, "did not end"));
    CHECK_THROWS_AS(lab.server.connection(), std::runtime_error);
  }
  SECTION("a message of that type") {
    asio::io_context context{1};
    testing::manual_clock clock(context);
    auto ends = make_memory_streams(context.get_executor(), context.get_executor());
    testing::scripted_peer server(http2::role::server, std::move(ends.first));
    testing::scripted_peer client(http2::role::client, std::move(ends.second));
    auto const script = [&]() -> asio::awaitable<void> {
      client.call("/lab.Echo/Unary").send_data(testing::frames::message_of("\x0f\x0f"));
      auto call = co_await server.next_call();
      co_await call.read<Text>();
    };
    std::string said;
    try {
      testing::run(clock, script());
    } catch (std::runtime_error const& e) {
      said = e.what();
    }
    CHECK(said == "the message that came is no lab.Text");
  }
}

TEST_CASE("coroutines that wait for a scripted peer go down with their context") {
  auto context = std::make_unique<asio::io_context>(1);
  int living = 0;
  struct witness {
    explicit witness(int& n) : living(n) { ++living; }
    ~witness() { --living; }
    int& living;
  };
  auto ends = make_memory_streams(context->get_executor(), context->get_executor());
  auto const script = [&living](std::unique_ptr<byte_stream> stream) -> asio::awaitable<void> {
    witness const here(living);
    testing::scripted_peer peer(http2::role::server, std::move(stream));
    co_await peer.expect(http2::frame_type::goaway);
  };
  asio::co_spawn(*context, script(std::move(ends.second)), asio::detached);
  context->poll();
  CHECK(living == 1);
  ends.first.reset();
  context.reset();
  CHECK(living == 0);
}
