// Unary calls as a client sees them.
#include <stdexcept>
#include <string>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

}  // namespace

TEST_CASE("a unary call brings its answer") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    for (int i = 0; i < 3; ++i) {
      Text const request = text("hello", i);
      Text const answer = co_await client.unary(request);
      CHECK(answer.text() == "hello");
      CHECK(answer.number() == i);
    }
    Text const answer = co_await client.unary(Text());  // of no bytes at all
    CHECK(answer.ByteSizeLong() == 0);
  };
  w.run(body);
  CHECK(w.connections == 1);
}

TEST_CASE("a status is thrown, or returned with as_result") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    if (request.number() == 1) throw rpc_error(status_code::not_found, "thrown");
    co_return status(status_code::not_found, "returned");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    Text request;
    status s = co_await status_of(client.unary(request));
    CHECK(to_string(s) == "NOT_FOUND: returned");
    CHECK(s.origin() == status_origin::peer);
    result<Text> r = co_await client.unary(request, as_result);
    REQUIRE(r.has_error());
    CHECK(r.error() == s);
    request.set_number(1);
    s = co_await status_of(client.unary(request));
    CHECK(to_string(s) == "NOT_FOUND: thrown");
    r = co_await client.unary(request, call_options().timeout(1s), as_result);
    CHECK(r.error() == s);
  };
  w.run(body);
}

TEST_CASE("a handler's other exceptions become UNKNOWN without their text") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    if (request.number() == 1) throw 5;
    throw std::runtime_error("the password is 1234");
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      Text const request = text("", i);
      status const s = co_await status_of(w.client().unary(request));
      CHECK(s.code() == status_code::unknown);
      CHECK(s.message() == "the handler threw an exception");
    }
  };
  w.run(body);
}

TEST_CASE("OK in place of a message is an error of the handler") {
  world w;
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    if (request.number() == 0) co_return ok;
    throw rpc_error(ok);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text request;
    status s = co_await status_of(w.client().unary(request));
    CHECK(to_string(s) == "INTERNAL: the handler returned OK without a message");
    request.set_number(1);
    s = co_await status_of(w.client().unary(request));
    CHECK(to_string(s) == "UNKNOWN: the handler threw an OK status");
  };
  w.run(body);
}

TEST_CASE("details of an error travel typed") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [](server_context& context, Text&) -> reply<Text> {
    lab::Reason reason;
    reason.set_why("too many \xC3\xA4pfel");
    context.trailers().add("left", "3");
    status s(status_code::resource_exhausted, "no more\n\xE2\x82\xAC");
    s.add_detail(reason).add_detail(text("second", 2));
    co_return s;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(w.client().unary(request));
    CHECK(s.code() == status_code::resource_exhausted);
    CHECK(s.message() == "no more\n\xE2\x82\xAC");
    auto const reason = s.detail<lab::Reason>();
    REQUIRE(reason.has_value());
    CHECK(reason->why() == "too many \xC3\xA4pfel");
    auto const second = s.detail<Text>();
    REQUIRE(second.has_value());
    CHECK(second->number() == 2);
    CHECK(!s.detail<lab::Reason>()->why().empty());
    CHECK(s.trailers().get("left") == "3");
  };
  w.run(body);
}

TEST_CASE("metadata goes both ways, as text and in binary, also with a failure") {
  world w(GENERATE(values(both)));
  std::string const bytes("\0\1\xFF,\n", 5);
  metadata seen;
  std::string authority, peer;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    seen = context.request_headers();
    authority = context.authority();
    peer = context.peer();
    context.headers().add("first", "1");
    context.headers().add("first-bin", bytes);
    context.trailers().add("last", "9");
    context.trailers().add("last", "10");
    context.trailers().add("last-bin", bytes);
    if (request.number() == 1) co_return status(status_code::aborted, "no");
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    for (int failing = 0; failing < 2; ++failing) {
      call_info info;
      Text const request = text("", failing);
      auto options = call_options().header("tenant", "a").header("tenant", "b").header("key-bin", bytes).info(info);
      status const s = co_await status_of(w.client().unary(request, options));
      CHECK(s.is_ok() == (failing == 0));
      CHECK(seen.get_all("tenant") == std::vector<std::string_view>{"a", "b"});
      CHECK(seen.get("key-bin") == bytes);
      CHECK(seen.size() == 3);
      CHECK(info.headers().get("first") == "1");
      CHECK(info.headers().get("first-bin") == bytes);
      CHECK(info.headers().size() == 2);
      CHECK(info.trailers().get_all("last") == std::vector<std::string_view>{"9", "10"});
      CHECK(info.trailers().get("last-bin") == bytes);
      CHECK(info.trailers().size() == 3);
      CHECK(info.status() == s);
      CHECK(info.peer() == "memory");
    }
    CHECK(authority == "192.0.2.1:50051");
    CHECK(peer == "memory");
  };
  w.run(body);
}

TEST_CASE("metadata that gRPC does not allow is refused where it is given") {
  CHECK_THROWS_AS(call_options().header("Upper", "x"), std::invalid_argument);
  CHECK_THROWS_AS(call_options().header("grpc-timeout", "1S"), std::invalid_argument);
  CHECK_THROWS_AS(call_options().header("text", "a\nb"), std::invalid_argument);
}

TEST_CASE("messages above a limit fail, each with the name of the option") {
  server_options so;
  so.max_receive_message_size(2000).max_send_message_size(3000);
  world w(GENERATE(values(both)), so);
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    co_return text(std::string(static_cast<std::size_t>(request.number()), 'x'));
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    struct row {
      char const* name;
      std::size_t up, down;
      call_options options;
      char const* says;
    };
    row const rows[] = {
        {"server receives", 2000, 0, call_options(), "server_options::max_receive_message_size"},
        {"server sends", 0, 3000, call_options(), "max_send_message_size"},
        {"client receives", 0, 1000, call_options().max_receive_message_size(999),
         "call_options::max_receive_message_size"},
        {"client sends", 1000, 0, call_options().max_send_message_size(999), "max_send_message_size"},
        {"all fits", 1500, 2500, call_options(), nullptr},
    };
    for (row const& r : rows) {
      INFO(r.name);
      Text const request = text(std::string(r.up, 'y'), static_cast<std::int64_t>(r.down));
      result<Text> const answer = co_await client.unary(request, r.options, as_result);
      if (r.says == nullptr) {
        REQUIRE(answer.has_value());
        CHECK(answer->text().size() == r.down);
        continue;
      }
      REQUIRE(answer.has_error());
      INFO(to_string(answer.error()));
      CHECK(answer.error().code() == status_code::resource_exhausted);
      CHECK(answer.error().message().find(r.says) != std::string_view::npos);
    }
  };
  w.run(body);
  CHECK(w.connections == 1);
}

TEST_CASE("a limit of 0 is one: only messages of no bytes pass") {
  auto const s = GENERATE(values(both));
  bool const by_call = GENERATE(false, true);
  CAPTURE(by_call);
  channel_options sends, receives;
  call_options send_none, receive_none;
  if (by_call) {
    send_none.max_send_message_size(0);
    receive_none.max_receive_message_size(0);
  } else {
    sends.max_send_message_size(0);
    receives.max_receive_message_size(0);
  }
  struct row {
    channel_options channel;
    call_options call;
    char const* refused;
  };
  row const rows[] = {{sends, send_none, "the request message of 3 bytes is larger than max_send_message_size, 0"},
                      {receives, receive_none, "received a message of 3 bytes, which is more than "}};
  for (row const& r : rows) {
    INFO(r.refused);
    world w(s, server_options(), r.channel);
    echo_everything(w.service);
    auto const body = [&]() -> asio::awaitable<void> {
      Text const none, one = text("x");
      result<Text> const nothing = co_await w.client().unary(none, r.call, as_result);
      CHECK(nothing.has_value());
      result<Text> const something = co_await w.client().unary(one, r.call, as_result);
      REQUIRE(something.has_error());
      CHECK(something.error().code() == status_code::resource_exhausted);
      CHECK(has(something.error().message(), r.refused));
      auto chat = w.client().chat(r.call);
      co_await chat.write(none);
      auto const empty = co_await chat.read();
      CHECK(empty);
      status refused;
      try {
        bool const sent = co_await chat.write(one);
        CHECK(sent);
        co_await chat.read();
      } catch (rpc_error const& e) {
        refused = e.status();
      }
      CHECK(refused.code() == status_code::resource_exhausted);
      CHECK(has(refused.message(), r.refused));
    };
    w.run(body);
  }
}

TEST_CASE("a message larger than every window passes, both ways") {
  server_options so;
  so.max_receive_message_size(9 << 20);
  world w(GENERATE(values(both)), so, channel_options().max_receive_message_size(9 << 20));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text(std::string(8 << 20, 'x'), 7);
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.number() == 7);
    CHECK(answer.text() == request.text());
  };
  w.run(body);
}

TEST_CASE("a hundred calls at once, and fifty more that wait for room") {
  world w(GENERATE(values(both)));
  std::size_t running = 0, most = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    most = std::max(most, ++running);
    co_await w.clock.sleep_for(1s);
    --running;
    co_return request;
  };
  std::vector<task> tasks;
  int right = 0;
  for (int i = 0; i < 150; ++i) {
    auto const call = [&w, &right, i]() -> asio::awaitable<void> {
      Text const request = text("", i);
      Text const answer = co_await w.client().unary(request);
      right += answer.number() == i;
    };
    tasks.push_back(w.start(call));
  }
  w.clock.settle();
  CHECK(running == 100);
  w.clock.advance(1s);
  CHECK(right == 100);
  CHECK(running == 50);
  w.clock.advance(1s);
  CHECK(right == 150);
  CHECK(most == 100);
  CHECK(w.connections == 1);
  for (task const& t : tasks) t.get();
}

TEST_CASE("a call without a channel is cancelled") {
  world w(GENERATE(values(both)));
  auto client = w.client();
  w.channel.reset();
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(client.unary(request));
    CHECK(to_string(s) == "CANCELLED: the channel was destroyed (/lab.Echo/Unary)");
  };
  w.run(body);
}
