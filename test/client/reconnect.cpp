// Connecting: names, addresses, backoff on the manual clock, and what calls are told meanwhile.
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// A connector that refuses until it is told otherwise, and notes when it was asked.
struct door {
  explicit door(world& wo) : w(wo) {}
  connector make() {
    return [this](connect_request const& request, connect_handler done) {
      asked.push_back(w.clock.now());
      std::string const where = request.where().to_string();
      addresses.push_back(where);
      if (open) return w.to_server()(request, std::move(done));
      asio::post(request.get_executor(), [done, where] {
        done(status(status_code::unavailable, "cannot connect to " + where + ": Connection refused"));
      });
      return std::make_unique<connection_attempt>();
    };
  }
  world& w;
  std::vector<time_point> asked;
  std::vector<std::string> addresses;
  bool open = false;
};

channel_options options(world& w, door& d) {
  channel_options co;
  co.use_clock(w.clock).use_connector(d.make()).single_threaded(true).use_random(std::make_shared<fixed_random>(1));
  return co;
}

}  // namespace

TEST_CASE("a call fails fast with the reason, without wait_for_ready") {
  world w;
  echo_everything(w.service);
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1", options(w, d));
  lab::echo::client client(c);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    for (int i = 0; i < 3; ++i) {
      status const s = co_await status_of(client.unary(request));
      INFO(to_string(s));
      CHECK(s.code() == status_code::unavailable);
      CHECK(has(s.message(), "cannot connect to 192.0.2.1:1: Connection refused"));
    }
  };
  w.run(body);
  CHECK(d.asked.size() == 1);  // the others did not have to try
}

TEST_CASE("a call that waits for ready gets its connection, or its deadline") {
  world w;
  echo_everything(w.service);
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1", options(w, d));
  lab::echo::client client(c);
  bool answered = false;
  status late;
  auto const wait = [&]() -> asio::awaitable<void> {
    Text const request = text("patience");
    Text const answer = co_await client.unary(request, call_options().wait_for_ready(true).timeout(10min));
    answered = answer.text() == "patience";
  };
  auto const give_up = [&]() -> asio::awaitable<void> {
    Text const request;
    late = co_await status_of(client.unary(request, call_options().wait_for_ready(true).timeout(2s)));
  };
  task const t = w.start(wait), u = w.start(give_up);
  w.clock.advance(3s);
  u.get();
  INFO(to_string(late));
  CHECK(late.code() == status_code::deadline_exceeded);
  CHECK(has(late.message(), "waited for a connection"));
  CHECK(has(late.message(), "Connection refused"));
  CHECK(!t.done());
  d.open = true;
  w.clock.advance(3min);
  t.get();
  CHECK(answered);
}

TEST_CASE("delays between attempts are the standard's, from start to start") {
  world w;
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1", options(w, d));
  lab::echo::client client(c);
  auto const wait = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(client.unary(request, call_options().wait_for_ready(true).timeout(1h)));
    CHECK(s.code() == status_code::deadline_exceeded);
  };
  task const t = w.start(wait);
  w.clock.advance(1h);
  t.get();
  REQUIRE(d.asked.size() > 12);
  fixed_random random(1);
  backoff expected{backoff_options()};
  for (std::size_t i = 1; i < d.asked.size(); ++i) {
    INFO(i);
    CHECK(d.asked[i] - d.asked[i - 1] == expected.next(random));
  }
}

TEST_CASE("a slow attempt counts into the delay after it") {
  world w;
  std::vector<time_point> asked;
  channel_options co;
  co.use_clock(w.clock)
      .single_threaded(true)
      .backoff(backoff_options().min_connect_timeout(20s).jitter(0))
      .use_connector([&](connect_request const&, connect_handler) {
        asked.push_back(w.clock.now());
        return std::make_unique<connection_attempt>();  // never answers
      });
  channel c(w.context, "ipv4:192.0.2.1:1", co);
  lab::echo::client client(c);
  auto const wait = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(client.unary(request, call_options().wait_for_ready(true).timeout(50s)));
    CHECK(s.code() == status_code::deadline_exceeded);
  };
  task const t = w.start(wait);
  w.clock.advance(50s);
  t.get();
  REQUIRE(asked.size() >= 3);
  CHECK(asked[1] - asked[0] == 20s);  // 20 s for the attempt, of a delay of 1 s nothing is left
  CHECK(asked[2] - asked[1] == 20s);
}

TEST_CASE("the delay starts over after a success") {
  world w;
  echo_everything(w.service);
  door d(w);
  channel_options co = options(w, d);
  co.backoff(backoff_options().jitter(0));
  channel c(w.context, "ipv4:192.0.2.1:1", co);
  lab::echo::client client(c);
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await client.unary(request, call_options().wait_for_ready(true));
  };
  task const first = w.start(call);
  w.clock.advance(5s);
  d.open = true;
  w.clock.advance(1min);
  first.get();
  CHECK(w.connections == 1);
  d.open = false;
  w.server.reset();  // its connections with it
  w.clock.settle();
  d.asked.clear();
  task const second = w.start(call);
  w.clock.advance(10s);
  REQUIRE(d.asked.size() >= 3);
  CHECK(d.asked[1] - d.asked[0] == 1s);
  CHECK(d.asked[2] - d.asked[1] == 1600ms);
}

TEST_CASE("reset_backoff() tries again now") {
  world w;
  echo_everything(w.service);
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1", options(w, d));
  lab::echo::client client(c);
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await client.unary(request, call_options().wait_for_ready(true));
  };
  task const t = w.start(call);
  w.clock.settle();
  CHECK(d.asked.size() == 1);
  d.open = true;
  c.reset_backoff();
  w.clock.settle();
  t.get();
}

TEST_CASE("a lost connection is made anew by the next call, at once") {
  world w(GENERATE(strands::none, strands::everywhere));
  echo_everything(w.service);
  std::vector<byte_stream*> streams;
  heddle::server* server = &*w.server;
  auto const accept = [&](std::unique_ptr<byte_stream> s) {
    streams.push_back(s.get());
    server->serve(std::move(s));
  };
  channel_options co;
  co.use_clock(w.clock).use_connector(testing::connect_memory(w.context.get_executor(), accept));
  channel c(w.context, "ipv4:192.0.2.1:1", co);
  lab::echo::client client(c);
  for (int i = 0; i < 5; ++i) {
    auto const call = [&]() -> asio::awaitable<void> {
      Text const request;
      co_await client.unary(request);
    };
    w.run(call);
    REQUIRE(streams.size() == std::size_t(i) + 1);
    streams.back()->close();
    w.clock.settle();
  }
}

TEST_CASE("addresses are tried in their order") {
  world w;
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1,192.0.2.2:2,192.0.2.3:3", options(w, d));
  lab::echo::client client(c);
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request;
    status const s = co_await status_of(client.unary(request));
    CHECK(has(s.message(), "192.0.2.3:3"));
  };
  w.run(call);
  CHECK(d.addresses == std::vector<std::string>{"192.0.2.1:1", "192.0.2.2:2", "192.0.2.3:3"});
}

namespace {

/// Answers what the test says.
struct test_resolver final : resolver {
  test_resolver(asio::any_io_executor e, result<std::vector<heddle::endpoint>> const* r, int* n)
      : executor(std::move(e)), answer(r), asked(n) {}
  void resolve(callback done) override {
    ++*asked;
    if (answer == nullptr) return;
    asio::post(executor, [done = std::move(done), a = *answer] { done(a); });
  }
  asio::any_io_executor executor;
  result<std::vector<heddle::endpoint>> const* answer;
  int* asked;
};

}  // namespace

TEST_CASE("names go to the user's resolver") {
  world w;
  echo_everything(w.service);
  door d(w);
  d.open = true;
  result<std::vector<heddle::endpoint>> answer = std::vector<heddle::endpoint>{{"192.0.2.7", 77}, {"192.0.2.8", 88}};
  bool silent = false;
  int asked = 0;
  std::string name;
  channel_options co = options(w, d);
  co.use_resolver([&](target const& t, asio::any_io_executor e) {
    name = t.host + " " + t.port;
    return std::make_unique<test_resolver>(e, silent ? nullptr : &answer, &asked);
  });
  auto const call = [&](std::string what) -> status {
    channel c(w.context, "dns:///somewhere.example:1234", co);
    lab::echo::client client(c);
    status s;
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      s = co_await status_of(client.unary(request, call_options().timeout(1h)));
    };
    INFO(what);
    task const t = w.start(body);
    w.clock.advance(1h);
    t.get();
    return s;
  };
  CHECK(call("found").is_ok());
  CHECK(name == "somewhere.example 1234");
  CHECK(d.addresses == std::vector<std::string>{"192.0.2.7:77"});
  answer = status(status_code::unavailable, "no such name");
  CHECK(to_string(call("fails")) == "UNAVAILABLE: no such name (/lab.Echo/Unary, call_options::wait_for_ready())");
  answer = std::vector<heddle::endpoint>();
  CHECK(to_string(call("empty")) ==
        "UNAVAILABLE: the name somewhere.example:1234 has no addresses"
        " (/lab.Echo/Unary, call_options::wait_for_ready())");
  silent = true;
  CHECK(has(call("silent").message(), "min_connect_timeout"));
}

TEST_CASE("connect() connects without a call") {
  world w(GENERATE(strands::none, strands::everywhere));
  auto const body = [&]() -> asio::awaitable<void> {
    co_await w.channel->connect();
    CHECK(w.connections == 1);
    co_await w.channel->connect();
    CHECK(w.connections == 1);
  };
  w.run(body);
}

TEST_CASE("connect() says why it fails") {
  world w;
  door d(w);
  channel c(w.context, "ipv4:192.0.2.1:1", options(w, d));
  auto const body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      status const s = co_await status_of(c.connect());
      CHECK(has(s.message(), "Connection refused"));
    }
  };
  w.run(body);
}

TEST_CASE("states can be watched") {
  world w(GENERATE(strands::none, strands::everywhere));
  echo_everything(w.service);
  std::vector<connectivity> seen;
  auto const watch = [&]() -> asio::awaitable<void> {
    connectivity state = connectivity::idle;
    while (state != connectivity::shutdown) {
      state = co_await w.channel->wait_for_change(state);
      seen.push_back(state);
    }
  };
  task const t = w.start(watch);
  w.clock.settle();
  CHECK(seen.empty());
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await w.client().unary(request);
  };
  w.run(call);
  REQUIRE(!seen.empty());
  CHECK(seen.back() == connectivity::ready);
  w.channel.reset();
  w.clock.settle();
  t.get();
}
