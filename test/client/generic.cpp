// Calls by name, with messages as bytes.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

raw_message raw(Text const& message) { return raw_message(message.SerializeAsString()); }

Text parsed(raw_message const& message) {
  Text out;
  CHECK(out.ParseFromString(message.bytes()));
  return out;
}

asio::awaitable<status> end_of(generic_call& call) {
  try {
    while (true) {
      auto const message = co_await call.read();
      if (!message) co_return ok;
    }
  } catch (rpc_error const& e) {
    co_return e.status();
  }
}

}  // namespace

TEST_CASE("a generic unary call has its metadata, message and status like any other") {
  world w(GENERATE(values(both)));
  w.service.on_unary = [](server_context& context, Text& request) -> reply<Text> {
    if (request.number() == 404) co_return status(status_code::not_found, "no such thing");
    CHECK(context.request_headers().get("tenant") == "a");
    context.headers().add("shelf", "b");
    context.trailers().add("cost", "3");
    co_return text("re: " + request.text());
  };
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    call_info info;
    raw_message const question = raw(text("hello")), hopeless = raw(text("", 404));
    auto const options = call_options().header("tenant", "a").info(info);
    raw_message const answer = co_await any.unary("/lab.Echo/Unary", question, options);
    CHECK(parsed(answer).text() == "re: hello");
    CHECK(info.headers().get("shelf") == "b");
    CHECK(info.trailers().get("cost") == "3");

    auto const as_value = co_await any.unary(std::string("/lab.Echo/Unary"), hopeless, as_result);
    CHECK(to_string(as_value.error()) == "NOT_FOUND: no such thing");
    auto const thrown = co_await status_of(any.unary("/lab.Echo/Unary", hopeless));
    CHECK(to_string(thrown) == "NOT_FOUND: no such thing");
    auto const nowhere = co_await status_of(any.unary("/lab.Nothing/Unary", question));
    CHECK(nowhere.code() == status_code::unimplemented);
  };
  w.run(body);
}

TEST_CASE("a generic unary call takes a completion token") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  generic_stub const any(*w.channel);
  std::optional<status> outcome;
  raw_message answer;
  {
    std::string const method = "/lab.Echo/Unary";  // gone before the call has begun
    raw_message const question = raw(text("hello"));
    auto const done = [&](status s, raw_message m) {
      outcome = std::move(s);
      answer = std::move(m);
    };
    any.unary(method, question, done);
  }
  w.clock.settle();
  REQUIRE(outcome.has_value());
  CHECK(outcome->is_ok());
  CHECK(parsed(answer).text() == "hello");
}

TEST_CASE("a generic call does for every kind of method") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    raw_message const one = raw(text("one", 2)), two = raw(text("two"));
    raw_message in;
    bool more = false;
    channel& channel = *w.channel;
    //[call
    generic_stub const any(channel);
    raw_message const answer = co_await any.unary("/lab.Echo/Unary", one, call_options().timeout(5s));
    //]
    CHECK(answer == one);

    generic_call unary = any.call("/lab.Echo/Unary");
    co_await unary.write(one);
    co_await unary.writes_done();
    more = co_await unary.read(in);
    CHECK(more);
    CHECK(in == one);
    more = co_await unary.read(in);
    CHECK(!more);

    //[stream
    generic_call download = any.call("/lab.Echo/Download");
    co_await download.write(one);  // of any kind: as many requests as the method wants
    co_await download.writes_done();
    //]
    for (std::int64_t i = 0; i < 2; ++i) {
      more = co_await download.read(in);
      CHECK(more);
      CHECK(parsed(in).number() == i);
    }
    more = co_await download.read(in);
    CHECK(!more);

    generic_call upload = any.call("/lab.Echo/Upload");
    co_await upload.write(one);
    co_await upload.write(two);
    co_await upload.writes_done();
    more = co_await upload.read(in);
    CHECK(more);
    CHECK(parsed(in).text() == "onetwo");
    more = co_await upload.read(in);
    CHECK(!more);

    generic_call chat = any.call("/lab.Echo/Chat");
    for (raw_message const& message : {one, two}) {
      co_await chat.write(message);
      more = co_await chat.read(in);
      CHECK(more);
      CHECK(in == message);
    }
    co_await chat.writes_done();
    more = co_await chat.read(in);
    CHECK(!more);
  };
  w.run(body);
}

TEST_CASE("a generic call is cancelled by letting go of it, and ends at its deadline") {
  world w(GENERATE(values(both)));
  int cancelled = 0;
  w.service.on_chat = [&](server_context&, stream<Text, Text>&) -> reply<void> {
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      ++cancelled;
    }
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    {
      generic_call const gone = any.call("/lab.Echo/Chat");
      co_await w.clock.sleep_for(1s);
    }
    generic_call late = any.call("/lab.Echo/Chat", call_options().timeout(1s));
    status const s = co_await end_of(late);
    CHECK(s.code() == status_code::deadline_exceeded);
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  CHECK(cancelled == 1);
  w.clock.advance(1s);
  t.get();
  w.clock.settle();
  CHECK(cancelled == 2);
}

TEST_CASE("whoever passes a call on can tell an answer without headers from one whose headers are empty") {
  world w(GENERATE(values(both)));
  w.service.on_chat = [](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    auto const first = co_await peer.read();
    if (!first) co_return status(status_code::aborted, "at once");
    co_await context.send_headers();
    co_return status(status_code::aborted, "after headers");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    generic_call without = any.call("/lab.Echo/Chat"), with = any.call("/lab.Echo/Chat");
    co_await without.writes_done();
    metadata headers = co_await without.headers();
    CHECK(headers.empty());
    CHECK(!without.has_headers());

    raw_message const empty;
    CHECK(!with.has_headers());
    co_await with.write(empty);
    headers = co_await with.headers();
    CHECK(headers.empty());
    CHECK(with.has_headers());
    CHECK(with.response_encoding().empty());
    status const s = co_await end_of(with);
    CHECK(s.message() == "after headers");
  };
  w.run(body);
}

TEST_CASE("a generic call says how answers are compressed") {
  world w;
  w.service.on_chat = [](server_context& context, stream<Text, Text>& peer) -> reply<void> {
    CHECK(context.compression("gzip"));
    Text const zeros = text(std::string(1000, '0'));
    co_await peer.write(zeros);
    co_await peer.write(zeros, write_options().compress(false));
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    generic_call call = generic_stub(*w.channel).call("/lab.Echo/Chat");
    raw_message in;
    bool more = false;
    more = co_await call.read(in);
    CHECK(more);
    CHECK(call.response_encoding() == "gzip");
    CHECK(call.response_compressed());
    CHECK(parsed(in).text().size() == 1000);
    more = co_await call.read(in);
    CHECK(more);
    CHECK(!call.response_compressed());
  };
  w.run(body);
}

TEST_CASE("interceptors see which method a generic call is of, also after its object has gone") {
  std::vector<std::string> seen;
  auto const look = [&seen](call_context& call, next inner) -> asio::awaitable<status> {
    status const s = co_await inner();
    seen.push_back(std::string(call.method().path()) + (call.method().kind() == call_kind::unary ? " unary" : " bidi"));
    co_return s;
  };
  world w(strands::everywhere, server_options(), channel_options().intercept(look));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    raw_message const question = raw(text("hello"));
    co_await any.unary("/lab.Echo/Unary", question);
    { generic_call const gone = any.call("/lab.Echo/Chat"); }
  };
  w.run(body);
  CHECK(seen == std::vector<std::string>{"/lab.Echo/Unary unary", "/lab.Echo/Chat bidi"});
}

TEST_CASE("what can be no method is refused before anything is sent") {
  world w;
  generic_stub const any(*w.channel);
  raw_message const question;
  for (char const* const method : {"", "/", "lab.Echo/Unary", "/lab.Echo/Un ary", "/lab.Echo/\xc3\xa4", "/a\n/b"}) {
    INFO(method);
    CHECK_THROWS_AS(any.call(method), std::invalid_argument);
    CHECK_THROWS_AS(any.unary(method, question), std::invalid_argument);
  }
  CHECK(w.connections == 0);
}
