// Our client against the server of another implementation, on real sockets and the real clock.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <heddle/client.hpp>

#include "peer.heddle.hpp"
#include "support/catch.hpp"
#include "target.hpp"

namespace asio = boost::asio;
using namespace heddle_peer;
using namespace std::chrono_literals;
using heddle::call_options;
using heddle::rpc_error;
using heddle::status_code;

namespace {

using bidi_stream = heddle::bidi_streaming_call<Message, Message>;
using test_body = asio::awaitable<void> (*)(peer::client);

// Runs a coroutine against the foreign server, and fails when that takes longer than any of these tests may.
void run(test_body body, heddle::channel_options options = heddle::channel_options()) {
  asio::io_context context(1);
  heddle::channel channel(context, foreign_target(), std::move(options));
  bool ended = false;
  std::exception_ptr failure;
  asio::co_spawn(context, body(peer::client(channel)), [&](std::exception_ptr e) {
    failure = e;
    ended = true;
    context.stop();
  });
  context.run_for(60s);
  if (failure) std::rethrow_exception(failure);
  CHECK(ended);
}

Message message_of(std::string payload, int number = 0) {
  Message message;
  message.set_payload(std::move(payload));
  message.set_number(number);
  return message;
}

Failure failure_of(status_code code, std::string message) {
  Failure failure;
  failure.set_code(static_cast<int>(code));
  failure.set_message(std::move(message));
  return failure;
}

void check_metadata(heddle::metadata const& headers, heddle::metadata const& trailers) {
  std::vector<std::string_view> const twice = {"a", "b"};
  CHECK(headers.get_all("echo-head") == twice);
  CHECK(headers.get("echo-head-bin") == std::string_view("\0\xFF\x01,", 4));
  CHECK(headers.get("echo-head-empty") == "");
  CHECK(trailers.get_all("echo-tail") == twice);
  CHECK(trailers.get("echo-tail-bin") == std::string_view("\0\xFE\x02=", 4));
  CHECK_FALSE(headers.contains("echo-tail"));
  CHECK_FALSE(trailers.contains("echo-head"));
}

call_options metadata_options() {
  return call_options()
      .header("echo-head", "a")
      .header("echo-tail", "a")
      .header("echo-head", "b")
      .header("echo-tail", "b")
      .header("echo-head-empty", "")
      .header("echo-head-bin", std::string_view("\0\xFF\x01,", 4))
      .header("echo-tail-bin", std::string_view("\0\xFE\x02=", 4));
}

asio::awaitable<std::int64_t> woken(peer::client stub) {
  Message const nothing;
  Total const total = co_await stub.woken(nothing);
  co_return total.messages();
}

// The server learns of a cancellation a little later than we do.
asio::awaitable<bool> wait_until_woken(peer::client stub, std::int64_t wanted) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int i = 0; i < 500; ++i) {
    std::int64_t const now = co_await woken(stub);
    if (now >= wanted) co_return true;
    timer.expires_after(10ms);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return false;
}

asio::awaitable<void> send(bidi_stream& call, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    Message const message = message_of(std::string(size, 'c'), i);
    bool const open = co_await call.write(message);
    CHECK(open);
  }
  co_await call.writes_done();
}

asio::awaitable<void> receive(bidi_stream& call, int count, std::size_t size) {
  int n = 0;
  while (auto const message = co_await call.read()) {
    if (message->number() != n || message->payload().size() != size) FAIL("message " << n << " is wrong");
    ++n;
  }
  CHECK(n == count);
}

}  // namespace

TEST_CASE("our client: a unary call") {
  run([](peer::client stub) -> asio::awaitable<void> {
    Message const request = message_of("hello", 7);
    Message const response = co_await stub.echo(request);
    CHECK(response.payload() == "hello");
    CHECK(response.number() == 7);
    Message const empty;
    Message const nothing = co_await stub.echo(empty);
    CHECK(nothing.ByteSizeLong() == 0);
  });
}

TEST_CASE("our client: server streaming") {
  run([](peer::client stub) -> asio::awaitable<void> {
    for (int const count : {0, 1, 2000}) {
      DownloadRequest request;
      request.set_count(count);
      request.set_size(3000);
      auto call = stub.download(request);
      int n = 0;
      while (auto const message = co_await call.read()) {
        if (message->number() != n || message->payload().size() != 3000) FAIL("message " << n << " is wrong");
        ++n;
      }
      CHECK(n == count);
    }
  });
}

TEST_CASE("our client: messages that wait, after their call has ended, while other calls go on") {
  run([](peer::client stub) -> asio::awaitable<void> {
    DownloadRequest request;
    request.set_count(50);
    request.set_size(100);
    auto call = stub.download(request);
    auto message = co_await call.read();
    for (int n = 0; n < 50; ++n) {
      REQUIRE(message);
      CHECK(message->number() == n);
      CHECK(message->payload() == std::string(100, 'd'));
      Message const other = message_of(std::string(20'000, 'o'));
      co_await stub.echo(other);
      message = co_await call.read();
    }
    CHECK_FALSE(message);
  });
}

TEST_CASE("our client: client streaming") {
  run([](peer::client stub) -> asio::awaitable<void> {
    for (int const count : {0, 1, 2000}) {
      auto call = stub.upload();
      Message const message = message_of(std::string(3000, 'u'));
      for (int i = 0; i < count; ++i) {
        bool const open = co_await call.write(message);
        CHECK(open);
      }
      Total const total = co_await call.finish();
      CHECK(total.messages() == count);
      CHECK(total.bytes() == count * 3000);
    }
  });
}

TEST_CASE("our client: bidirectional streaming in turn") {
  run([](peer::client stub) -> asio::awaitable<void> {
    auto call = stub.chat();
    heddle::metadata const headers = co_await call.headers();  // before any message
    for (int i = 0; i < 100; ++i) {
      Message const question = message_of("turn", i);
      bool const open = co_await call.write(question);
      REQUIRE(open);
      auto const answer = co_await call.read();
      REQUIRE(answer);
      CHECK(answer->number() == i);
    }
    co_await call.writes_done();
    auto const end = co_await call.read();
    CHECK_FALSE(end);
  });
}

TEST_CASE("our client: bidirectional streaming both ways at once") {
  run([](peer::client stub) -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    auto call = stub.chat();
    co_await (send(call, 1000, 10'000) && receive(call, 1000, 10'000));
  });
}

TEST_CASE("our client: metadata of a unary call") {
  run([](peer::client stub) -> asio::awaitable<void> {
    heddle::call_info info;
    Message const request = message_of("m");
    call_options const options = metadata_options().info(info);
    co_await stub.echo(request, options);
    check_metadata(info.headers(), info.trailers());
  });
}

TEST_CASE("our client: metadata of streams") {
  run([](peer::client stub) -> asio::awaitable<void> {
    DownloadRequest request;
    request.set_count(3);
    auto download = stub.download(request, metadata_options());
    heddle::metadata const headers = co_await download.headers();
    while (auto const message = co_await download.read()) {
    }
    check_metadata(headers, download.trailers());

    auto chat = stub.chat(metadata_options());
    heddle::metadata const chat_headers = co_await chat.headers();
    co_await chat.writes_done();
    auto const end = co_await chat.read();
    CHECK_FALSE(end);
    check_metadata(chat_headers, chat.trailers());
  });
}

TEST_CASE("our client: metadata of a call that fails") {
  run([](peer::client stub) -> asio::awaitable<void> {
    heddle::call_info info;
    Failure const request = failure_of(status_code::aborted, "metadata all the same");
    call_options const options = metadata_options().info(info);
    auto const result = co_await stub.fail(request, options, heddle::as_result);
    CHECK(result.has_error());
    CHECK(info.status().code() == status_code::aborted);
    CHECK(info.trailers().get("echo-tail-bin") == std::string_view("\0\xFE\x02=", 4));
    // A failure without a message may be one block of headers (Trailers-Only), and then all metadata is trailing.
    CHECK((info.headers().contains("echo-head") || info.trailers().contains("echo-head")));
  });
}

TEST_CASE("our client: every status code with its message") {
  run([](peer::client stub) -> asio::awaitable<void> {
    for (int code = 1; code <= 16; ++code) {
      INFO("code " << code);
      Failure const request = failure_of(static_cast<status_code>(code), hard_message);
      auto const result = co_await stub.fail(request, heddle::as_result);
      REQUIRE(result.has_error());
      CHECK(result.error().code() == static_cast<status_code>(code));
      CHECK(result.error().message() == hard_message);
      CHECK(result.error().origin() == heddle::status_origin::peer);
    }
  });
}

TEST_CASE("our client: error details") {
  run([](peer::client stub) -> asio::awaitable<void> {
    Failure request = failure_of(status_code::failed_precondition, "see the details");
    request.add_details()->set_text("one");
    request.add_details()->set_text(std::string(1000, '2'));
    auto const result = co_await stub.fail(request, heddle::as_result);
    REQUIRE(result.has_error());
    heddle::status const& status = result.error();
    REQUIRE(status.details().size() == 2);
    CHECK(status.details()[0].type_name() == "heddle_peer.Detail");
    auto const first = status.detail<Detail>();
    REQUIRE(first);
    CHECK(first->text() == "one");
    Detail second;
    CHECK(second.ParseFromString(status.details()[1].value()));
    CHECK(second.text() == std::string(1000, '2'));
  });
}

TEST_CASE("our client: an error after a message") {
  run([](peer::client stub) -> asio::awaitable<void> {
    Failure request = failure_of(status_code::data_loss, hard_message);
    request.add_details()->set_text("late");
    auto call = stub.fail_late(request);
    auto const message = co_await call.read();
    CHECK(message);
    heddle::status status;
    try {
      co_await call.read();
    } catch (rpc_error const& e) {
      status = e.status();
    }
    CHECK(status.code() == status_code::data_loss);
    CHECK(status.message() == hard_message);
    CHECK(status.details().size() == 1);
  });
}

TEST_CASE("our client: a deadline reaches the server, and ends the call on both sides") {
  run([](peer::client stub) -> asio::awaitable<void> {
    std::int64_t const before = co_await woken(stub);
    auto const start = std::chrono::steady_clock::now();
    Message const nothing;
    auto call = stub.sleep(nothing, call_options().timeout(400ms));
    auto const left = co_await call.read();
    REQUIRE(left);
    CHECK(left->milliseconds() > 0);
    CHECK(left->milliseconds() <= 400);
    status_code code = status_code::ok;
    try {
      co_await call.read();
    } catch (rpc_error const& e) {
      code = e.status().code();
    }
    CHECK(code == status_code::deadline_exceeded);
    CHECK(std::chrono::steady_clock::now() - start >= 390ms);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    bool const noticed = co_await wait_until_woken(stub, before + 1);
    CHECK(noticed);
  });
}

TEST_CASE("our client: cancelling a call reaches the server") {
  run([](peer::client stub) -> asio::awaitable<void> {
    std::int64_t const before = co_await woken(stub);
    Message const nothing;
    auto call = stub.sleep(nothing);
    auto const left = co_await call.read();
    REQUIRE(left);
    CHECK(left->milliseconds() == -1);
    call.cancel();
    status_code code = status_code::ok;
    try {
      co_await call.read();
    } catch (rpc_error const& e) {
      code = e.status().code();
    }
    CHECK(code == status_code::cancelled);
    bool const noticed = co_await wait_until_woken(stub, before + 1);
    CHECK(noticed);
  });
}

TEST_CASE("our client: leaving a call's scope reaches the server") {
  run([](peer::client stub) -> asio::awaitable<void> {
    std::int64_t const before = co_await woken(stub);
    for (int i = 0; i < 20; ++i) {
      Message const nothing;
      auto call = stub.sleep(nothing);
      auto const left = co_await call.read();
      CHECK(left);
    }
    bool const noticed = co_await wait_until_woken(stub, before + 20);
    CHECK(noticed);
  });
}

TEST_CASE("our client: a service that is not there") {
  run([](peer::client stub) -> asio::awaitable<void> {
    Message const request;
    auto const result =
        co_await heddle::unary_call(stub, absent::methods::call, request, call_options(), heddle::as_result);
    REQUIRE(result.has_error());
    CHECK(result.error().code() == status_code::unimplemented);
  });
}

TEST_CASE("our client: big messages") {
  run(
      [](peer::client stub) -> asio::awaitable<void> {
        Message const request = message_of(std::string(20 << 20, 'b'));
        Message const response = co_await stub.echo(request);
        CHECK(response.payload() == request.payload());
      },
      heddle::channel_options().max_receive_message_size(64 << 20));
}

TEST_CASE("our client: a message above the limit") {
  run([](peer::client stub) -> asio::awaitable<void> {
    DownloadRequest request;
    request.set_count(2);
    request.set_size(5 << 20);
    auto call = stub.download(request);
    status_code code = status_code::ok;
    try {
      co_await call.read();
    } catch (rpc_error const& e) {
      code = e.status().code();
    }
    CHECK(code == status_code::resource_exhausted);
    Message const small = message_of("the connection is as before");
    Message const response = co_await stub.echo(small);
    CHECK(response.payload() == small.payload());
  });
}

namespace {

asio::awaitable<void> call_in_turn(peer::client stub, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    Message const request = message_of(std::to_string(i), i);
    Message const response = co_await stub.echo(request);
    if (response.payload() != request.payload()) FAIL("call " << i << " got another's answer");
  }
}

asio::awaitable<void> chat_once(peer::client stub) {
  using namespace asio::experimental::awaitable_operators;
  auto call = stub.chat();
  co_await (send(call, 50, 2000) && receive(call, 50, 2000));
}

// Many at once, more than a server's usual limit of streams.
void run_many(int count, asio::awaitable<void> (*body)(peer::client, int)) {
  asio::io_context context(1);
  heddle::channel channel(context, foreign_target());
  int left = count;
  std::exception_ptr failure;
  for (int i = 0; i < count; ++i) {
    asio::co_spawn(context, body(peer::client(channel), i), [&](std::exception_ptr e) {
      if (e) failure = e;
      if (--left == 0 || e) context.stop();
    });
  }
  context.run_for(60s);
  if (failure) std::rethrow_exception(failure);
  CHECK(left == 0);
}

}  // namespace

TEST_CASE("our client: many unary calls at once") {
  run_many(300, [](peer::client stub, int i) { return call_in_turn(stub, i * 100, 10); });
}

TEST_CASE("our client: calls without a pause, whatever becomes of their connections") {
  run_many(50, [](peer::client stub, int i) { return call_in_turn(stub, i * 1000, 200); });
}

TEST_CASE("our client: many chats at once") {
  run_many(150, [](peer::client stub, int) { return chat_once(stub); });
}

TEST_CASE("our client: nobody listens") {
  asio::io_context context(1);
  heddle::channel channel(context, "ipv4:127.0.0.1:1");
  status_code code = status_code::ok;
  auto const call = [](peer::client stub) -> asio::awaitable<status_code> {
    Message const request;
    auto const result = co_await stub.echo(request, call_options().timeout(20s), heddle::as_result);
    co_return result.has_error() ? result.error().code() : status_code::ok;
  };
  asio::co_spawn(context, call(peer::client(channel)), [&](std::exception_ptr, status_code c) {
    code = c;
    context.stop();
  });
  context.run_for(30s);
  CHECK(code == status_code::unavailable);
}

namespace {

// All four kinds with the encoding in both directions, with messages that get smaller and some that do not.
asio::awaitable<void> call_compressed(peer::client stub, std::string const& encoding) {
  call_options const options = call_options().compression(encoding).header("answer-encoding", encoding);
  std::string const sizes[] = {"", "tiny", std::string(10'000, 'z'), std::string(3'000'000, 'z')};
  for (std::string const& payload : sizes) {
    bool const smaller = payload.size() > 4;
    heddle::call_info info;
    call_options told = options;
    told.info(info);
    Message const request = message_of(payload, 7);
    Message const response = co_await stub.echo(request, told);
    CHECK((response.payload() == payload));
    if (smaller) CHECK(info.response_compressed());

    auto chat = stub.chat(options);
    for (int i = 0; i < 3; ++i) {
      co_await chat.write(request, heddle::write_options().compress(i != 1));
      auto const back = co_await chat.read();
      CHECK((back && back->payload() == payload));
      if (smaller) CHECK(chat.response_compressed());
    }
    co_await chat.writes_done();
    auto const end = co_await chat.read();
    CHECK_FALSE(end);

    auto upload = stub.upload(options);
    for (int i = 0; i < 3; ++i) co_await upload.write(request);
    Total const total = co_await upload.finish();
    CHECK(total.bytes() == static_cast<std::int64_t>(3 * payload.size()));
  }
  DownloadRequest request;
  request.set_count(200);
  request.set_size(3000);
  auto download = stub.download(request, options);
  int n = 0;
  Message message;
  while (co_await download.read(message)) {
    CHECK(message.payload() == std::string(3000, 'd'));
    CHECK(download.response_compressed());
    ++n;
  }
  CHECK(n == 200);
}

}  // namespace

TEST_CASE("our client: compressed calls of all kinds") {
  run([](peer::client stub) -> asio::awaitable<void> {
    for (std::string const& encoding : foreign_encodings()) co_await call_compressed(stub, encoding);
  });
}

TEST_CASE("our client: an answer that inflates to more than the limit") {
  auto const body = [](peer::client stub) -> asio::awaitable<void> {
    for (std::string const& encoding : foreign_encodings()) {
      DownloadRequest request;
      request.set_count(1);
      request.set_size(5 << 20);
      call_options const options = call_options().header("answer-encoding", encoding);
      auto download = stub.download(request, options);
      status_code code = status_code::ok;
      try {
        co_await download.read();
      } catch (rpc_error const& e) {
        code = e.status().code();
      }
      CHECK(code == status_code::resource_exhausted);
    }
  };
  run(body);
}
