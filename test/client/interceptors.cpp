// Interceptors around the calls of a channel.
#include <string>
#include <vector>

#include "support/interceptors.hpp"
#include "support/lab.hpp"

namespace heddle::test {

namespace {

auto const both = {strands::none, strands::everywhere};

channel_options with(interceptor f) { return channel_options().intercept(std::move(f)); }

/// One call of each kind, each to its end.
asio::awaitable<void> call_all(lab::echo::client client) {
  Text const request = text("a", 3);
  co_await client.unary(request);
  auto download = client.download(request);
  while (co_await download.read()) continue;
  auto upload = client.upload();
  for (int i = 0; i < 2; ++i) co_await upload.write(request);
  co_await upload.finish();
  auto chat = client.chat();
  for (int i = 0; i < 4; ++i) co_await chat.write(request);
  co_await chat.writes_done();
  while (co_await chat.read()) continue;
}

}  // namespace

TEST_CASE("a client's interceptors log, authorise and count all kinds of calls") {
  call_log log;
  message_count count;
  channel_options co;
  co.intercept(log.make("log")).intercept(give_token("sesame")).intercept(count.make());
  server_options so;
  so.intercept(want_token("sesame"));
  world w(GENERATE(values(both)), so, co);
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> { co_await call_all(w.client()); };
  w.run(body);
  CHECK(count.counts ==
        std::map<std::string, std::string>{
            {"Unary", "1 in, 1 out"}, {"Download", "1 in, 3 out"}, {"Upload", "2 in, 1 out"}, {"Chat", "4 in, 4 out"}});
  CHECK(log.lines == std::vector<std::string>{"log > Unary", "log < Unary OK", "log > Download", "log < Download OK",
                                              "log > Upload", "log < Upload OK", "log > Chat", "log < Chat OK"});
}

TEST_CASE("messages that are written before the interceptors are done are seen and sent in their order") {
  world* lab = nullptr;
  message_count count;
  channel_options co;
  co.intercept(count.make()).intercept([&](call_context&, next inner) -> asio::awaitable<status> {
    co_await lab->clock.sleep_for(1s);  // a token is fetched
    co_return co_await inner();
  });
  world w(GENERATE(values(both)), server_options(), co);
  lab = &w;
  echo_everything(w.service);
  std::vector<std::int64_t> numbers;
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    for (int i = 0; i < 3; ++i) {
      Text const message = text("a", i);
      co_await chat.write(message);
    }
    co_await chat.writes_done();
    Text one;
    while (co_await chat.read(one)) numbers.push_back(one.number());
    Text const request = text("b", 2);
    auto download = w.client().download(request);
    while (co_await download.read(one)) numbers.push_back(one.number());
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
  CHECK(numbers == std::vector<std::int64_t>{0, 1, 2, 0, 1});
  CHECK(count.counts["Chat"] == "3 in, 3 out");
  CHECK(count.counts["Download"] == "1 in, 2 out");
}

TEST_CASE("a client's interceptor changes requests, responses, headers, trailers and the status") {
  auto const change = [](call_context& call, next inner) -> asio::awaitable<status> {
    call.on_request(louder);
    call.on_response(louder);
    call.on_response_headers(mark);
    call.request_headers().add("tenant", "a");
    status s = co_await inner();
    CHECK(call.peer() == "memory");
    CHECK(call.response_headers().get("from") ==
          (s.is_ok() ? std::optional<std::string_view>("server") : std::nullopt));
    call.trailers().add("trail", "er");
    if (s.code() == status_code::not_found) s = status(status_code::permission_denied, "none of your business");
    co_return s;
  };
  world w(GENERATE(values(both)), server_options(), with(change));
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    CHECK(context.request_headers().get("tenant") == "a");
    if (request.text() == "no!") co_return status(status_code::not_found, "no");
    context.headers().add("from", "server");
    co_return request;
  };
  w.service.on_chat = [](server_context& context, stream<Text, Text>& both_ways) -> reply<void> {
    context.headers().add("from", "server");
    Text one;
    while (co_await both_ways.read(one)) co_await both_ways.write(one);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    call_info info;
    Text const request = text("a"), refused = text("no");
    Text const answer = co_await w.client().unary(request, call_options().info(info));
    CHECK(answer.text() == "a!!");
    CHECK(request.text() == "a");  // what was sent is a copy
    CHECK(info.headers().get("seen") == "yes");
    CHECK(info.trailers().get("trail") == "er");
    status const s = co_await status_of(w.client().unary(refused));
    CHECK(to_string(s) == "PERMISSION_DENIED: none of your business");
    auto chat = w.client().chat();
    co_await chat.write(request);
    metadata const headers = co_await chat.headers();
    CHECK(headers.get("seen") == "yes");
    auto const echoed = co_await chat.read();
    CHECK(echoed->text() == "a!!");
    co_await chat.writes_done();
    auto const end = co_await chat.read();
    CHECK(!end);
    CHECK(chat.trailers().get("trail") == "er");
  };
  w.run(body);
}

TEST_CASE("a client's interceptor answers without the server") {
  auto const cache = [](call_context& call, next) -> asio::awaitable<status> {
    call.answer(text("cached", 1));
    if (call.method().server_streams()) call.answer(text("cached", 2));
    co_return status();
  };
  world w(GENERATE(values(both)), server_options(), with(cache));
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "cached");
    auto upload = w.client().upload();
    co_await upload.write(request);
    Text const received = co_await upload.finish();
    CHECK(received.text() == "cached");
    auto download = w.client().download(request);
    auto const first = co_await download.read();
    auto const second = co_await download.read();
    auto const end = co_await download.read();
    CHECK(first->number() == 1);
    CHECK(second->number() == 2);
    CHECK(!end);
  };
  w.run(body);
  CHECK(w.connections == 0);
}

TEST_CASE("a client's interceptor refuses a call, and throws") {
  auto const refuse = [](call_context& call, next) -> asio::awaitable<status> {
    if (call.request_headers().contains("throw")) throw rpc_error(status_code::data_loss, "gone");
    co_return status(status_code::failed_precondition, "not today");
  };
  world w(GENERATE(values(both)), server_options(), with(refuse));
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status s = co_await status_of(w.client().unary(request));
    CHECK(to_string(s) == "FAILED_PRECONDITION: not today");
    s = co_await status_of(w.client().unary(request, call_options().header("throw", "1")));
    CHECK(to_string(s) == "DATA_LOSS: gone");
    auto chat = w.client().chat();
    s = co_await status_of(chat.read());
    CHECK(to_string(s) == "FAILED_PRECONDITION: not today");
    bool const written = co_await chat.write(request);
    CHECK(!written);
  };
  w.run(body);
}

TEST_CASE("a client's interceptor makes a call again until it is committed") {
  world* lab = nullptr;
  int tries = 0;
  auto const retry = [&](call_context& call, next inner) -> asio::awaitable<status> {
    status s;
    for (tries = 1; tries <= 3; ++tries) {
      call.request_headers().erase("try");
      call.request_headers().add("try", std::to_string(tries));
      s = co_await inner();
      if (s.is_ok() || call.committed()) break;
      co_await lab->clock.sleep_for(1s);
    }
    co_return s;
  };
  message_count count;
  channel_options co;
  co.intercept(count.make()).intercept(retry);
  world w(GENERATE(values(both)), server_options(), co);
  lab = &w;
  auto const third = [](server_context& context) { return context.request_headers().get("try") == "3"; };
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    if (!third(context)) co_return status(status_code::unavailable, "try again");
    co_return request;
  };
  w.service.on_upload = [&](server_context& context, reader<Text>& in) -> reply<Text> {
    std::int64_t n = 0;
    while (co_await in.read()) ++n;
    if (!third(context)) co_return status(status_code::unavailable, "try again");
    co_return text("", n);
  };
  w.service.on_chat = [&](server_context&, stream<Text, Text>& both_ways) -> reply<void> {
    auto const one = co_await both_ways.read();
    co_await both_ways.write(*one);
    co_return status(status_code::unavailable, "too late to try again");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("a");
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "a");
    auto upload = w.client().upload();
    co_await upload.write(request);
    co_await upload.write(request);
    Text const received = co_await upload.finish();
    CHECK(received.number() == 2);
    auto chat = w.client().chat();
    co_await chat.write(request);
    auto const echoed = co_await chat.read();
    CHECK(echoed);
    status const s = co_await status_of(chat.read());
    CHECK(to_string(s) == "UNAVAILABLE: too late to try again");
    CHECK(tries == 1);
  };
  task const t = w.start(body);
  w.clock.advance(10s);
  t.get();
  CHECK(count.counts["Unary"] == "1 in, 1 out");
  CHECK(count.counts["Upload"] == "2 in, 1 out");
}

TEST_CASE("calling next again after the commit is an error") {
  auto const twice = [](call_context& call, next inner) -> asio::awaitable<status> {
    static_cast<void>(co_await inner());
    CHECK(call.committed());
    co_return co_await inner();
  };
  world w(strands::none, server_options(), with(twice));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(w.client().unary(request));
    CHECK(to_string(s) == "INTERNAL: an interceptor called next again after the call was committed");
  };
  w.run(body);
}

TEST_CASE("nobody waits for an interceptor that does not come back") {
  world* lab = nullptr;
  std::string end;
  auto const stuck = [&](call_context& call, next inner) -> asio::awaitable<status> {
    if (call.request_headers().contains("after")) static_cast<void>(co_await inner());
    try {
      co_await lab->clock.sleep_for(60s);
    } catch (std::exception const&) {
    }
    end = call.cancelled() ? "over" : "on time";
    co_return co_await inner();
  };
  world w(GENERATE(values(both)), server_options(), with(stuck));
  lab = &w;
  echo_everything(w.service);
  SECTION("at the deadline, before it let the call begin") {
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      status const s = co_await status_of(w.client().unary(request, call_options().timeout(2s)));
      CHECK(to_string(s) ==
            "DEADLINE_EXCEEDED: the deadline has passed before the interceptors let the call begin "
            "(/lab.Echo/Unary, call_options::timeout())");
    };
    task const t = w.start(body);
    w.clock.advance(2s);
    t.get();
    CHECK(end == "over");
  }
  SECTION("at the deadline, after the answer") {
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      status const s = co_await status_of(w.client().unary(request, call_options().timeout(2s).header("after", "1")));
      CHECK(to_string(s) ==
            "DEADLINE_EXCEEDED: the deadline has passed before the interceptors let the call end "
            "(/lab.Echo/Unary at memory, call_options::timeout())");
    };
    task const t = w.start(body);
    w.clock.advance(2s);
    t.get();
    CHECK(end == "over");
  }
  SECTION("when the call is cancelled") {
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      co_await w.client().unary(request);
    };
    task t = w.start(body);
    w.clock.settle();
    t.cancel();
    w.clock.settle();
    CHECK(t.done());
    CHECK(end == "over");
  }
  SECTION("when the call object goes") {
    std::optional<bidi_streaming_call<Text, Text>> chat(w.client().chat());
    w.clock.settle();
    chat.reset();
    w.clock.settle();
    CHECK(end == "over");
  }
  SECTION("when the channel goes") {
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      status const s = co_await status_of(w.client().unary(request));
      CHECK(s.code() == status_code::cancelled);
    };
    task const t = w.start(body);
    w.clock.settle();
    w.channel.reset();
    w.clock.settle();
    t.get();
    CHECK(end == "over");
  }
  SECTION("when the context goes") {
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      co_await w.client().unary(request);
    };
    w.start(body);
    w.clock.settle();
    CHECK(end.empty());
  }
}

TEST_CASE("the deadline that an interceptor sets is the call's, and the server hears of it") {
  world* lab = nullptr;
  auto const set = [&](call_context& call, next inner) -> asio::awaitable<status> {
    CHECK(call.deadline() == never);
    CHECK(!call.time_left());
    call.set_deadline(lab->clock.now() + 1h);
    co_return co_await inner();
  };
  world w(strands::none, server_options(), with(set));
  lab = &w;
  bool has_deadline = false;
  w.service.on_unary = [&](server_context& context, Text&) -> reply<Text> {
    has_deadline = context.deadline() != never;
    co_return Text();
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await w.client().unary(request);
  };
  w.run(body);
  CHECK(has_deadline);
}

TEST_CASE("an edited request is judged by its size") {
  auto const grow = [](call_context& call, next inner) -> asio::awaitable<status> {
    auto const bigger = [](message_view& m) {
      m.edit<Text>()->set_text(std::string(200, 'x'));
      return status();
    };
    call.on_request(bigger);
    co_return co_await inner();
  };
  world w(strands::none, server_options(), with(grow).max_send_message_size(100));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("a");
    status const s = co_await status_of(w.client().unary(request));
    CHECK(s.code() == status_code::resource_exhausted);
    auto download = w.client().download(request);
    status const d = co_await status_of(download.read());
    CHECK(d.code() == status_code::resource_exhausted);
  };
  w.run(body);
}

}  // namespace heddle::test
