// Interceptors around the handlers of a server.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/interceptors.hpp"
#include "support/lab.hpp"

namespace heddle::test {

namespace {

auto const both = {strands::none, strands::everywhere};

server_options with(interceptor f) { return server_options().intercept(std::move(f)); }

/// One call of each kind; the status of each.
asio::awaitable<std::string> call_all(lab::echo::client client, call_options options = call_options()) {
  std::string ends;
  Text const request = text("a", 3);
  status s = co_await status_of(client.unary(request, options));
  ends += std::string(to_string(s.code()));
  auto download = client.download(request, options);
  auto const read_all = [&]() -> asio::awaitable<void> {
    while (co_await download.read()) continue;
  };
  s = co_await status_of(read_all());
  ends += " " + std::string(to_string(s.code()));
  auto upload = client.upload(options);
  for (int i = 0; i < 2; ++i) co_await upload.write(request);
  s = co_await status_of(upload.finish());
  ends += " " + std::string(to_string(s.code()));
  auto chat = client.chat(options);
  for (int i = 0; i < 4; ++i) co_await chat.write(request);
  co_await chat.writes_done();
  auto const read_chat = [&]() -> asio::awaitable<void> {
    while (co_await chat.read()) continue;
  };
  s = co_await status_of(read_chat());
  ends += " " + std::string(to_string(s.code()));
  co_return ends;
}

}  // namespace

TEST_CASE("a server's interceptors log, authorise and count all kinds of calls") {
  call_log log;
  message_count count;
  server_options so;
  so.intercept(log.make("log")).intercept(want_token("sesame")).intercept(count.make());
  world w(GENERATE(values(both)), so);
  echo_everything(w.service);
  std::string without, with_token;
  auto const body = [&]() -> asio::awaitable<void> {
    without = co_await call_all(w.client());
    CHECK(count.counts.empty());
    call_options options;
    options.header("authorization", "sesame");
    with_token = co_await call_all(w.client(), options);
  };
  w.run(body);
  CHECK(without == "UNAUTHENTICATED UNAUTHENTICATED UNAUTHENTICATED UNAUTHENTICATED");
  CHECK(with_token == "OK OK OK OK");
  CHECK(count.counts ==
        std::map<std::string, std::string>{
            {"Unary", "1 in, 1 out"}, {"Download", "1 in, 3 out"}, {"Upload", "2 in, 1 out"}, {"Chat", "4 in, 4 out"}});
  REQUIRE(log.lines.size() == 16);
  CHECK(log.lines[1] == "log < Unary UNAUTHENTICATED");
  CHECK(log.lines[8] == "log > Unary");
  CHECK(log.lines[15] == "log < Chat OK");
}

TEST_CASE("the first interceptor that is registered is the outermost, whatever its scope") {
  call_log log;
  server_options so;
  so.intercept("/lab.Echo/Unary", log.make("method"))
      .intercept(log.make("all"))
      .intercept("lab.Echo", log.make("service"))
      .intercept("lab.Other", log.make("other"));
  world w(strands::none, so);
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await w.client().unary(request);
    auto upload = w.client().upload();
    co_await upload.finish();
  };
  w.run(body);
  CHECK(log.lines == std::vector<std::string>{"method > Unary", "all > Unary", "service > Unary", "service < Unary OK",
                                              "all < Unary OK", "method < Unary OK", "all > Upload", "service > Upload",
                                              "service < Upload OK", "all < Upload OK"});
}

TEST_CASE("an interceptor changes requests, responses, headers, trailers and the status") {
  auto const change = [](call_context& call, next inner) -> asio::awaitable<status> {
    call.on_request(louder);
    call.on_response(louder);
    call.on_response_headers(mark);
    status s = co_await inner();
    if (!call.method().server_streams()) call.response_headers().add("late", "still in time");
    call.trailers().add("trail", "er");
    if (s.code() == status_code::not_found) s = status(status_code::permission_denied, "none of your business");
    co_return s;
  };
  world w(GENERATE(values(both)), with(change));
  std::string seen;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    seen = request.text();
    if (seen == "no!") co_return status(status_code::not_found, "no");
    co_return request;
  };
  w.service.on_chat = [](server_context&, stream<Text, Text>& both_ways) -> reply<void> {
    Text one;
    while (co_await both_ways.read(one)) {
      co_await both_ways.write(one);
      CHECK(one.text() == "a!");  // what is sent is a copy
    }
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    call_info info;
    Text const request = text("a"), refused = text("no");
    Text const answer = co_await w.client().unary(request, call_options().info(info));
    CHECK(answer.text() == "a!!");
    CHECK(seen == "a!");
    CHECK(info.headers().get("seen") == "yes");
    CHECK(info.headers().get("late") == "still in time");
    CHECK(info.trailers().get("trail") == "er");
    status const s = co_await status_of(w.client().unary(refused));
    CHECK(to_string(s) == "PERMISSION_DENIED: none of your business");
    auto chat = w.client().chat();
    co_await chat.write(request);
    auto const echoed = co_await chat.read();
    CHECK(echoed->text() == "a!!");
    metadata const headers = co_await chat.headers();
    CHECK(headers.get("seen") == "yes");
  };
  w.run(body);
}

TEST_CASE("an interceptor answers without the handler") {
  auto const cache = [](call_context& call, next) -> asio::awaitable<status> {
    call.answer(text("cached", 1));
    if (call.method().server_streams()) call.answer(text("cached", 2));
    co_return status();
  };
  world w(GENERATE(values(both)), with(cache));
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "cached");
    auto download = w.client().download(request);
    auto const first = co_await download.read();
    auto const second = co_await download.read();
    auto const end = co_await download.read();
    CHECK(first->number() == 1);
    CHECK(second->number() == 2);
    CHECK(!end);
  };
  w.run(body);
}

TEST_CASE("the last answer of a call with one response counts, and an error takes it back") {
  auto const replace = [](call_context& call, next inner) -> asio::awaitable<status> {
    static_cast<void>(co_await inner());
    call.answer(text("better"));
    if (call.request_headers().contains("fail")) co_return status(status_code::aborted, "after all");
    co_return status();
  };
  world w(strands::none, with(replace));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "better");
    status const s = co_await status_of(w.client().unary(request, call_options().header("fail", "1")));
    CHECK(to_string(s) == "ABORTED: after all");
  };
  w.run(body);
}

TEST_CASE("an interceptor may run the handler again until the call is committed") {
  auto const persistent = [](call_context&, next inner) -> asio::awaitable<status> {
    status s;
    for (int i = 0; i < 3; ++i) {
      s = co_await inner();
      if (s.is_ok()) break;
    }
    co_return s;
  };
  world w(strands::none, with(persistent));
  int runs = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    if (++runs < 3) {
      request.set_text("spoilt");
      co_return status(status_code::unavailable, "try again");
    }
    co_return request;
  };
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    ++runs;
    co_await in.read();
    co_return status(status_code::unavailable, "try again");
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("whole");
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "whole");
    CHECK(runs == 3);
    runs = 0;
    auto upload = w.client().upload();
    co_await upload.write(request);
    status const s = co_await status_of(upload.finish());
    CHECK(to_string(s) == "INTERNAL: an interceptor called next again after the call was committed");
    CHECK(runs == 1);
  };
  w.run(body);
}

TEST_CASE("a hook that refuses a message ends the call with its status") {
  auto const strict = [](call_context& call, next inner) -> asio::awaitable<status> {
    auto const check = [](message_view& m) {
      return m.get<Text>()->text() == "bad" ? status(status_code::invalid_argument, "bad text") : status();
    };
    call.on_request(check);
    co_return co_await inner();
  };
  world w(strands::none, with(strict));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const bad = text("bad"), good = text("good");
    status const s = co_await status_of(w.client().unary(bad));
    CHECK(to_string(s) == "INVALID_ARGUMENT: bad text");
    auto chat = w.client().chat();
    co_await chat.write(good);
    co_await chat.write(bad);
    auto const echoed = co_await chat.read();
    CHECK(echoed->text() == "good");
    status const end = co_await status_of(chat.read());
    CHECK(to_string(end) == "INVALID_ARGUMENT: bad text");
  };
  w.run(body);
}

TEST_CASE("what interceptors throw becomes a status") {
  auto const throwing = [](call_context& call, next inner) -> asio::awaitable<status> {
    if (call.request_headers().contains("plain")) throw std::runtime_error("a secret");
    if (call.request_headers().contains("rpc")) throw rpc_error(status_code::data_loss, "gone");
    status const s = co_await inner();
    CHECK(to_string(s) == "UNKNOWN: the handler threw an exception");
    co_return s;
  };
  world w(strands::none, with(throwing));
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { throw std::runtime_error("another secret"); };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    status s = co_await status_of(w.client().unary(request, call_options().header("plain", "1")));
    CHECK(to_string(s) == "UNKNOWN: an interceptor threw an exception");
    s = co_await status_of(w.client().unary(request, call_options().header("rpc", "1")));
    CHECK(to_string(s) == "DATA_LOSS: gone");
    s = co_await status_of(w.client().unary(request));
    CHECK(s.code() == status_code::unknown);
  };
  w.run(body);
}

TEST_CASE("an interceptor that waits delays the call, and is cancelled with it") {
  world* lab = nullptr;
  std::string end;
  auto const slow = [&](call_context& call, next inner) -> asio::awaitable<status> {
    try {
      co_await lab->clock.sleep_for(2s);
      end = call.cancelled() ? "cancelled" : "slept";
    } catch (std::exception const&) {
      end = call.cancelled() ? "cancelled" : "thrown";
    }
    co_return co_await inner();
  };
  world w(GENERATE(values(both)), with(slow));
  lab = &w;
  echo_everything(w.service);
  auto const body = [&](duration timeout) -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(w.client().unary(request, call_options().timeout(timeout)));
    CHECK(s.code() == (timeout > 2s ? status_code::ok : status_code::deadline_exceeded));
  };
  task const patient = w.start([&] { return body(5s); });
  w.clock.advance(3s);
  patient.get();
  CHECK(end == "slept");
  task const hasty = w.start([&] { return body(1s); });
  w.clock.advance(1s);
  hasty.get();
  CHECK(end == "cancelled");
}

TEST_CASE("what an interceptor does to a call's headers is not seen by the next call that begins alike") {
  int calls = 0;
  auto const mark = [&calls](call_context& call, next inner) -> asio::awaitable<status> {
    if (++calls % 2 == 1) call.request_headers().add("mark", std::to_string(calls));
    co_return co_await inner();
  };
  world w(GENERATE(values(both)), with(mark));
  std::string seen;
  w.service.on_unary = [&](server_context& context, Text&) -> reply<Text> {
    metadata const& headers = context.request_headers();
    seen += std::string(headers.get("same").value_or("")) + "/" + std::string(headers.get("mark").value_or("")) + " ";
    co_return Text();
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    for (int i = 0; i < 6; ++i) co_await w.client().unary(request, call_options().header("same", "s"));
  };
  w.run(body);
  CHECK(seen == "s/1 s/ s/3 s/ s/5 s/ ");
}

TEST_CASE("calls that overlap keep what their own heads said") {
  world w(GENERATE(values(both)));
  std::vector<std::string> seen;
  w.service.on_unary = [&](server_context& context, Text&) -> reply<Text> {
    metadata const& headers = context.request_headers();
    std::string const before(headers.get("id").value_or(""));
    co_await w.clock.sleep_for(1s);
    seen.push_back(before + std::string(headers.get("id").value_or("")) + std::string(context.authority()));
    co_return Text();
  };
  std::vector<task> running;
  for (char const* const id : {"1", "1", "2", "1", "2", "2"}) {
    auto const body = [&w, id]() -> asio::awaitable<void> {
      Text const request;
      co_await w.client().unary(request, call_options().header("id", id));
    };
    running.push_back(w.start(body));
    w.clock.settle();
  }
  w.clock.advance(1s);
  for (task const& t : running) t.get();
  std::sort(seen.begin(), seen.end());
  REQUIRE(seen.size() == 6);
  std::string const authority = seen[0].substr(2);
  CHECK(seen == std::vector<std::string>{"11" + authority, "11" + authority, "11" + authority, "22" + authority,
                                         "22" + authority, "22" + authority});
}

TEST_CASE("an interceptor shortens the deadline") {
  auto const set = [](call_context& call, next inner) -> asio::awaitable<status> {
    call.set_deadline(call.deadline() - 1s);
    CHECK(call.time_left() <= duration(1s));
    co_return co_await inner();
  };
  world w(strands::none, with(set));
  w.service.on_unary = [&](server_context& context, Text&) -> reply<Text> {
    CHECK(context.time_left() <= duration(1s));
    co_await w.clock.sleep_for(5s);
    co_return Text();
  };
  status end;
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    end = co_await status_of(w.client().unary(request, call_options().timeout(2s)));
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  t.get();
  CHECK(to_string(end) == "DEADLINE_EXCEEDED: the deadline has passed on the server");  // not yet on the client
}

TEST_CASE("calls on behalf of a handler end with it, also when it is run again") {
  struct child final : call_scope::child {
    void on_parent_end() override { ++ended; }
    int ended = 0;
  };
  std::vector<std::unique_ptr<child>> children;
  auto const again = [&](call_context&, next inner) -> asio::awaitable<status> {
    for (int i = 1; i < 3; ++i) {
      static_cast<void>(co_await inner());
      CHECK(children.size() == static_cast<std::size_t>(i));
      CHECK(children.back()->ended == 1);
    }
    status const s = co_await inner();
    CHECK(children.back()->ended == 1);
    co_return s;
  };
  world w(GENERATE(values(both)), with(again));
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    auto const scope = context.scope();
    children.push_back(std::make_unique<child>());
    CHECK(scope->add(*children.back()));
    if (children.size() == 1) throw std::runtime_error("once more");
    if (children.size() == 2) co_return status(status_code::unavailable, "once more");
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("a");
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "a");
  };
  w.run(body);
  REQUIRE(children.size() == 3);
  for (auto const& c : children) CHECK(c->ended == 1);
}

}  // namespace heddle::test
