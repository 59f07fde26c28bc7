#include <heddle/testing/fake_method.hpp>

#include <string>
#include <vector>

#include <google/protobuf/descriptor.pb.h>
#include <boost/asio/detached.hpp>

#include <heddle/testing/memory_channel.hpp>

#include "lab.heddle.fake.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// A fake of the Echo service, a client of it, and time by hand.
struct bench {
  testing::manual_clock clock{context};
  asio::io_context context{1};
  testing::faked<lab::echo> echo{context, clock};

  /// Runs a coroutine to its end, in no time at all.
  template <class F>
  void run(F f) {
    task const t(context.get_executor(), std::move(f));
    clock.settle();
    t.get();
  }
};

}  // namespace

TEST_CASE("a fake answers a unary call and remembers it") {
  bench b;
  b.echo.fake().on_unary.returns(text("faked", 7));
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      Text const request = text("asked", i);
      auto const options = call_options().header("tenant", "t" + std::to_string(i));
      Text const answer = co_await b.echo.client().unary(request, options);
      CHECK(answer.text() == "faked");
      CHECK(answer.number() == 7);
    }
  };
  b.run(body);
  auto const& seen = b.echo.fake().on_unary;
  CHECK(seen.calls() == 2);
  REQUIRE(seen.requests().size() == 2);
  CHECK(seen.requests()[1].text() == "asked");
  CHECK(seen.requests()[1].number() == 1);
  CHECK(seen.headers()[1].get("tenant") == "t1");
}

TEST_CASE("what has no script answers UNIMPLEMENTED, and is counted") {
  bench b;
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = b.echo.client();
    Text const request = text("anyone?");
    status const unary = co_await status_of(client.unary(request));
    CHECK(unary.code() == status_code::unimplemented);
    auto chat = client.chat();
    status const bidi = co_await status_of(chat.read());
    CHECK(bidi.code() == status_code::unimplemented);
  };
  b.run(body);
  CHECK(b.echo.fake().on_unary.calls() == 1);
  CHECK(b.echo.fake().on_chat.calls() == 1);
  CHECK(b.echo.fake().on_upload.calls() == 0);
}

TEST_CASE("a script is a handler, and may be replaced between calls") {
  bench b;
  int served = 0;
  b.echo.fake().on_unary = [&served](server_context&, Text& request) -> reply<Text> {
    ++served;
    if (request.text().empty()) co_return status(status_code::invalid_argument, "say something");
    co_return text(request.text() + "!");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = b.echo.client();
    Text const loud = co_await client.unary(text("hi"));
    CHECK(loud.text() == "hi!");
    status const mute = co_await status_of(client.unary(Text()));
    CHECK(mute.message() == "say something");
    b.echo.fake().on_unary.returns(text("replaced"));
    Text const replaced = co_await client.unary(text("hi"));
    CHECK(replaced.text() == "replaced");
    b.echo.fake().on_unary = nullptr;
    status const gone = co_await status_of(client.unary(Text()));
    CHECK(gone.code() == status_code::unimplemented);
  };
  b.run(body);
  CHECK(served == 2);
}

TEST_CASE("a fake fails always, or as often as it is told") {
  bench b;
  auto& unary = b.echo.fake().on_unary;
  unary.returns(text("at last"));
  unary.fails_once(status(status_code::aborted, "first"));
  unary.fails_once(status(status_code::internal, "second"));
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = b.echo.client();
    for (auto const code : {status_code::aborted, status_code::internal, status_code::ok, status_code::ok}) {
      status const end = co_await status_of(client.unary(Text()));
      CHECK(end.code() == code);
    }
    unary.fails(status(status_code::data_loss, "for ever"));
    for (int i = 0; i < 2; ++i) {
      status const end = co_await status_of(client.unary(Text()));
      CHECK(end.message() == "for ever");
    }
  };
  b.run(body);
}

TEST_CASE("a delay passes on the clock that the test moves") {
  bench b;
  b.echo.fake().on_unary.returns(text("late"));
  b.echo.fake().on_unary.delays(b.clock, 5s);
  status patient(status_code::unknown, "not yet"), hasty(status_code::unknown, "not yet");
  auto const wait = [&](status& end, duration timeout) -> asio::awaitable<void> {
    auto const options = call_options().timeout(timeout);
    end = co_await status_of(b.echo.client().unary(Text(), options));
  };
  asio::co_spawn(b.context, wait(patient, 6s), asio::detached);
  asio::co_spawn(b.context, wait(hasty, 4s), asio::detached);
  b.clock.advance(4s - 1ns);
  CHECK(hasty.message() == "not yet");
  b.clock.advance(1ns);
  CHECK(hasty.code() == status_code::deadline_exceeded);
  CHECK(patient.message() == "not yet");
  b.clock.advance(1s);
  CHECK(patient.is_ok());
  CHECK(b.echo.fake().on_unary.calls() == 2);
}

TEST_CASE("a fake streams what it is given and keeps what it is sent") {
  bench b;
  auto& fake = b.echo.fake();
  fake.on_download.returns({text("a"), text("b")}, status(status_code::out_of_range, "no c"));
  fake.on_upload.returns(text("thanks"));
  fake.on_chat.returns({text("x"), text("y"), text("z")});
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = b.echo.client();
    auto download = client.download(text("go"));
    std::string got;
    for (int i = 0; i < 2; ++i) {
      auto const message = co_await download.read();
      got += message.value().text();
    }
    CHECK(got == "ab");
    status const end = co_await status_of(download.read());
    CHECK(end.message() == "no c");

    auto upload = client.upload();
    co_await upload.write(text("1"));
    co_await upload.write(text("2"));
    Text const thanks = co_await upload.finish();
    CHECK(thanks.text() == "thanks");

    auto chat = client.chat();
    co_await chat.write(text("3"));
    co_await chat.writes_done();
    got.clear();
    while (auto message = co_await chat.read()) got += message->text();
    CHECK(got == "xyz");
  };
  b.run(body);
  REQUIRE(fake.on_download.requests().size() == 1);
  CHECK(fake.on_download.requests()[0].text() == "go");
  REQUIRE(fake.on_upload.requests().size() == 2);
  CHECK(fake.on_upload.requests()[1].text() == "2");
  REQUIRE(fake.on_chat.requests().size() == 1);
  CHECK(fake.on_chat.requests()[0].text() == "3");
}

TEST_CASE("a fake may be destroyed while it serves a call") {
  asio::io_context context{1};
  testing::manual_clock clock(context);
  status end(status_code::unknown, "not yet");
  {
    testing::faked<lab::echo> echo(context, clock);
    echo.fake().on_unary.delays(clock, 5s);
    auto const wait = [&]() -> asio::awaitable<void> { end = co_await status_of(echo.client().unary(Text())); };
    asio::co_spawn(context, wait, asio::detached);
    clock.settle();
    CHECK(echo.fake().on_unary.calls() == 1);
  }
  clock.advance(10s);
  CHECK(end.code() == status_code::cancelled);
}

TEST_CASE("a service that was generated with descriptors hands out its files, imports first") {
  auto const files = lab::echo::descriptors();
  REQUIRE(files.size() == 1);
  CHECK(files[0].name == "lab.proto");
  google::protobuf::FileDescriptorProto file;
  REQUIRE(file.ParseFromArray(files[0].bytes.data(), static_cast<int>(files[0].bytes.size())));
  CHECK(file.package() == "lab");
  CHECK(file.service(0).method_size() == 4);
  lab::echo::fake fake;
  CHECK(fake.heddle_files_().data() == files.data());
}
