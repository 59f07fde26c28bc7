// A channel that asks whether its server is still there (gRFC A8).
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <heddle/client/core.hpp>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// A channel whose servers are the test.
struct lonely {
  explicit lonely(channel_options co) {
    co.single_threaded(true).use_clock(w.clock).use_connector(servers.connector(w));
    co.use_random(std::make_shared<fixed_random>(1));
    w.channel.emplace(w.context, "ipv4:192.0.2.1:50051", std::move(co));
  }
  task call(status& end) {
    auto const body = [this, &end]() -> asio::awaitable<void> {
      Text const request = text("hello");
      end = co_await status_of(w.client().unary(request));
    };
    task t = w.start(body);
    w.clock.settle();
    return t;
  }
  /// The server says hello on its newest connection; forgets what the client sent.
  void greet() {
    servers.last().send(settings() + settings_ack());
    w.clock.settle();
    servers.last().received();
  }
  void answer(stream_id id) {
    raw_peer& s = servers.last();
    s.send({s.frames.headers(id, fields({{":status", "200"}, {"content-type", "application/grpc"}})),
            data(id, framed(text("hello"))), s.frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream)});
    w.clock.settle();
  }
  world w;
  raw_servers servers;
};

channel_options options() { return channel_options().keepalive_time(10s).keepalive_timeout(5s).idle_timeout(infinite); }

}  // namespace

TEST_CASE("a channel does not ask unless it is told to") {
  lonely l((channel_options()));
  status end;
  task const t = l.call(end);
  l.greet();
  l.w.clock.advance(1000h);
  CHECK(l.servers.last().received() == "");
  CHECK(!t.done());
}

TEST_CASE("a call on a silent connection has it asked, and ends with it") {
  lonely l(options());
  status end;
  task const t = l.call(end);
  l.greet();
  l.w.clock.advance(10s - 1ns);
  CHECK(l.servers.last().received() == "");
  l.w.clock.advance(1ns);
  CHECK(has(l.servers.last().received(), "PING "));
  SECTION("in time") {
    l.w.clock.advance(5s - 1ns);
    CHECK(!t.done());
    l.w.clock.advance(1ns);
    REQUIRE(t.done());
    INFO(to_string(end));
    CHECK(end.code() == status_code::unavailable);
    CHECK(has(end.message(), "connection to memory lost"));
    CHECK(has(end.message(), "keepalive"));
    CHECK(has(end.message(), "keepalive_timeout of channel_options"));
    CHECK(l.servers.last().ended());
    SECTION("and the next one has a new connection") {
      status next;
      task const u = l.call(next);
      CHECK(l.servers.peers.size() == 2);
      l.greet();
      l.answer(1);
      CHECK(u.done());
      CHECK(next.is_ok());
    }
  }
  SECTION("but not when anything comes") {
    l.servers.last().send(ping("not ours"));
    l.w.clock.advance(10s - 1ns);
    CHECK(!t.done());
    CHECK(l.servers.last().received() == "PING ACK not ours");
    l.w.clock.advance(1ns);
    CHECK(has(l.servers.last().received(), "PING "));
  }
}

TEST_CASE("ten seconds is the least that a channel waits") {
  lonely l(channel_options().keepalive_time(1s));
  status end;
  task const t = l.call(end);
  l.greet();
  l.w.clock.advance(10s - 1ns);
  CHECK(l.servers.last().received() == "");
  l.w.clock.advance(1ns);
  CHECK(has(l.servers.last().received(), "PING "));
  l.w.clock.advance(20s - 1ns);  // the default
  CHECK(!t.done());
  l.w.clock.advance(1ns);
  CHECK(t.done());
}

TEST_CASE("without calls a channel asks only if it is told to") {
  bool const always = GENERATE(false, true);
  lonely l(options().keepalive_without_calls(always));
  status end;
  task const t = l.call(end);
  l.greet();
  l.answer(1);
  CHECK(end.is_ok());
  l.servers.last().received();
  l.w.clock.advance(10s);
  CHECK(has(l.servers.last().received(), "PING ") == always);
  l.w.clock.advance(1h);
  CHECK(l.servers.last().ended() == always);
}

TEST_CASE("a call after a long silence asks right behind its head, and knows within the timeout") {
  lonely l(options());
  status first, second;
  task const t = l.call(first);
  l.greet();
  l.answer(1);
  l.servers.last().received();
  l.w.clock.advance(1h);
  CHECK(l.servers.last().received() == "");
  task const u = l.call(second);
  std::string const sent = l.servers.last().received();
  CHECK(sent.find("HEADERS 3") == 0);  // ahead of it the server would know of no call, and strike
  CHECK(has(sent, "; PING "));
  SECTION("that nobody is there") {
    l.w.clock.advance(5s);
    CHECK(u.done());
    CHECK(second.code() == status_code::unavailable);
  }
  SECTION("that somebody is") {
    l.answer(3);
    CHECK(second.is_ok());
    l.w.clock.advance(1h);
    CHECK(!l.servers.last().ended());
  }
}

TEST_CASE("a PING is not repeated by the calls that follow") {
  lonely l(options());
  status first, second, third;
  task const t = l.call(first);
  l.greet();
  l.answer(1);
  l.w.clock.advance(10s);
  l.servers.last().received();
  task const u = l.call(second);
  CHECK(has(l.servers.last().received(), "PING "));
  task const v = l.call(third);
  CHECK(!has(l.servers.last().received(), "PING "));
}

TEST_CASE("too_many_pings doubles the time of new connections, says so, and tells the application") {
  bool const gone_at_once = GENERATE(false, true);  // so that our answer to its last frames finds nobody
  CAPTURE(gone_at_once);
  std::vector<duration> told;
  lonely l(options().on_too_many_pings([&](duration now) { told.push_back(now); }));
  duration expected = 10s;
  for (int round = 0; round < 3; ++round) {
    status end;
    task const t = l.call(end);
    l.greet();
    l.w.clock.advance(expected - 1ns);
    CHECK(l.servers.last().received() == "");
    l.w.clock.advance(1ns);
    CHECK(has(l.servers.last().received(), "PING "));
    l.servers.last().send(goaway(1, http2::error_code::enhance_your_calm, "too_many_pings") + ping("farewell"));
    if (gone_at_once)
      l.servers.last().close();
    else
      l.servers.last().half_close();
    l.w.clock.settle();
    REQUIRE(t.done());
    INFO(to_string(end));
    CHECK(end.code() == status_code::unavailable);
    CHECK(has(end.message(), "ENHANCE_YOUR_CALM, too_many_pings"));
    CHECK(has(end.message(), "channel_options::keepalive_time"));
    expected *= 2;
    REQUIRE(told.size() == static_cast<std::size_t>(round + 1));
    CHECK(told.back() == expected);
  }
}

TEST_CASE("without a hook that is a line on stderr") {
  bool const silenced = GENERATE(false, true);
  CAPTURE(silenced);
  auto co = options();
  if (silenced) co.on_too_many_pings([](duration) {});
  lonely l(co);
  status end;
  task const t = l.call(end);
  l.greet();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::tmpfile(), &std::fclose);
  REQUIRE(file != nullptr);
  int const before = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file.get()), STDERR_FILENO);
  l.servers.last().send(goaway(1, http2::error_code::enhance_your_calm, "too_many_pings"));
  l.servers.last().half_close();
  l.w.clock.settle();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::rewind(file.get());
  std::string said(1000, ' ');
  said.resize(std::fread(said.data(), 1, said.size(), file.get()));
  CHECK(t.done());
  CHECK(said == (silenced ? "" : heddle::detail::too_many_pings_text("ipv4:192.0.2.1:50051", 20s)));
}

TEST_CASE("the line names the server and what to change") {
  using heddle::detail::too_many_pings_text;
  CHECK(
      too_many_pings_text("dns:///db.example:1", 20s) ==
      "heddle: the server of dns:///db.example:1 has closed a connection for its PINGs (too_many_pings); new ones ask "
      "after 20 s of silence: see channel_options::keepalive_time(); on_too_many_pings() there replaces this line\n");
  CHECK(has(too_many_pings_text("unix:a\nb", 20s), "unix:a%0Ab "));
  CHECK(has(too_many_pings_text("x", 10500ms), "after 11 s of"));
  CHECK(has(too_many_pings_text("x", infinite), "new ones ask after infinite silence"));
}

TEST_CASE("of too_many_pings nobody is told once the channel is destroyed") {
  std::size_t late = 0;
  for (int handlers = 0; handlers < 12; ++handlers) {
    std::size_t told = 0;
    bool gone = false;
    lonely l(options().on_too_many_pings([&](duration) { ++(gone ? late : told); }));
    status end;
    task const t = l.call(end);
    l.greet();
    l.w.clock.advance(10s);
    l.servers.last().send(goaway(1, http2::error_code::enhance_your_calm, "too_many_pings"));
    for (int i = 0; i < handlers; ++i) l.w.context.poll_one();
    gone = true;
    l.w.channel.reset();
    l.w.clock.settle();
    if (handlers == 11) CHECK(told == 1);
  }
  CHECK(late == 0);
}

TEST_CASE("other reasons to be calm leave the keepalive time as it is") {
  std::vector<duration> told;
  lonely l(options().on_too_many_pings([&](duration now) { told.push_back(now); }));
  status end;
  task const t = l.call(end);
  l.greet();
  l.servers.last().send(goaway(1, http2::error_code::enhance_your_calm, "too_many_resets"));
  l.servers.last().half_close();
  l.w.clock.settle();
  CHECK(t.done());
  CHECK(told.empty());
  status next;
  task const u = l.call(next);
  l.greet();
  l.w.clock.advance(10s);
  CHECK(has(l.servers.last().received(), "PING "));
}

TEST_CASE("a patient channel and a server of ours agree by default") {
  bool const streaming = GENERATE(true, false);
  world w(strands::none, server_options(), channel_options().keepalive_time(5min));
  echo_everything(w.service);
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(10h);
    co_return request;
  };
  status end(status_code::unknown, "not yet");
  auto const body = [&]() -> asio::awaitable<void> {
    if (streaming) {
      auto chat = w.client().chat();
      for (int i = 0; i < 3; ++i) {
        co_await w.clock.sleep_for(3h);
        co_await chat.write(text("x"));
        co_await chat.read();
      }
      end = ok;
      co_return;
    }
    Text const request;
    end = co_await status_of(w.client().unary(request));
  };
  task const t = w.start(body);
  w.clock.advance(11h);
  REQUIRE(t.done());
  INFO(to_string(end));
  CHECK(end.is_ok());
  CHECK(w.connections == 1);
}
