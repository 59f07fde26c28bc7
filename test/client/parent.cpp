// Calls made on behalf of another: its deadline, and its end.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

/// A server whose Unary calls make others by `make`, on the same server, which are Chats.
struct family : world {
  explicit family(strands s) : world(s) {
    service.on_unary = [this](server_context& parent, Text& request) -> reply<Text> {
      co_await make(parent);
      co_return request;
    };
    service.on_chat = [this](server_context& own, stream<Text, Text>&) -> reply<void> {
      ++children;
      left = own.time_left();
      try {
        co_await clock.sleep_for(24h);
      } catch (boost::system::system_error const&) {
        ++children_cancelled;
      }
      co_return ok;
    };
  }

  using chat = bidi_streaming_call<Text, Text>;
  /// Begins a child that no handler waits for.
  void begin_child(call_options const& options) {
    child.emplace(client().chat(options));
    child->read([this](status s, std::optional<Text>) { child_status = std::move(s); });
  }

  std::function<asio::awaitable<void>(server_context&)> make;
  int children = 0, children_cancelled = 0;
  std::optional<duration> left;
  std::optional<chat> child;
  std::optional<status> child_status;
};

}  // namespace

TEST_CASE("a child call is given what is left of its parent's time, unless its own ends earlier") {
  struct row {
    char const* name;
    std::optional<duration> own;
    duration wanted;
  };
  auto const r = GENERATE(values<row>({{"none of its own", std::nullopt, 7s},
                                       {"longer", 20s, 7s},
                                       {"shorter", 2s, 2s},
                                       {"unlimited", duration::max(), 7s}}));
  INFO(r.name);
  family f(GENERATE(values(both)));
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    co_await f.clock.sleep_for(3s);
    call_options options = call_options().parent(context);
    if (r.own) options.timeout(*r.own);
    auto child = f.client().chat(options);
    status const s = co_await status_of(child.read());
    // At the parent's deadline both are told at once: by the child's own clock, or by the parent.
    CHECK((s.code() == status_code::deadline_exceeded || (r.wanted == 7s && s.code() == status_code::cancelled)));
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    static_cast<void>(co_await status_of(f.client().unary(request, call_options().timeout(10s))));
  };
  task const t = f.start(body);
  f.clock.advance(3s);
  CHECK(f.children == 1);
  CHECK(f.left == r.wanted);
  f.clock.advance(r.wanted - 1ns);
  CHECK(f.children_cancelled == 0);
  f.clock.advance(1ns);
  CHECK(f.children_cancelled == 1);
  t.get();
}

TEST_CASE("a handler passes on what is left of its time") {
  world w;
  lab::echo::client const behind = w.client();
  std::optional<duration> left;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    if (request.number() == 0) {
      left = context.time_left();
      co_return request;
    }
    co_await w.clock.sleep_for(1s);
    request.set_number(request.number() - 1);
    //[parent
    co_return co_await behind.unary(request, call_options().parent(context));
    //]
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("", 3);
    co_await w.client().unary(request, call_options().timeout(5s));
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
  CHECK(left == 2s);
}

TEST_CASE("the child of a call without a deadline has its own, or none") {
  family f(strands::none);
  auto const timeout = GENERATE(values<std::optional<duration>>({std::nullopt, 5s}));
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    call_options options = call_options().parent(context);
    if (timeout) options.timeout(*timeout);
    f.begin_child(options);
    co_await f.clock.sleep_for(1s);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await f.client().unary(request);
  };
  task const t = f.start(body);
  f.clock.advance(1s);
  t.get();
  CHECK(f.children == 1);
  CHECK(f.left == timeout);
}

TEST_CASE("a child that nobody waits for ends when the parent's client cancels") {
  family f(GENERATE(values(both)));
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    f.begin_child(call_options().parent(context));
    co_await f.clock.sleep_for(1h);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    static_cast<void>(co_await status_of(f.client().unary(request)));
  };
  task t = f.start(body);
  f.clock.advance(1s);
  CHECK(f.children == 1);
  CHECK(!f.child_status.has_value());
  t.cancel();
  f.clock.settle();
  t.get();
  REQUIRE(f.child_status.has_value());
  CHECK(to_string(*f.child_status)
            .rfind("CANCELLED: the call on whose behalf this one was made is over (/lab.Echo/", 0) == 0);
  CHECK(f.children_cancelled == 1);
}

TEST_CASE("a child that nobody waits for ends at the parent's deadline") {
  family f(GENERATE(values(both)));
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    f.begin_child(call_options().parent(context));
    co_await f.clock.sleep_for(1h);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    static_cast<void>(co_await status_of(f.client().unary(request, call_options().timeout(5s))));
  };
  task const t = f.start(body);
  f.clock.advance(5s);
  t.get();
  REQUIRE(f.child_status.has_value());
  CHECK(f.child_status->code() == status_code::deadline_exceeded);
  CHECK(f.children_cancelled == 1);
}

TEST_CASE("a child ends when its parent's handler has returned; others live on") {
  family f(GENERATE(values(both)));
  bool const related = GENERATE(true, false);
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    f.begin_child(related ? call_options().parent(context) : call_options());
    co_await f.clock.sleep_for(1s);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await f.client().unary(request);
  };
  task const t = f.start(body);
  f.clock.advance(1s);
  t.get();
  f.clock.settle();
  CHECK(f.child_status.has_value() == related);
  CHECK(f.children_cancelled == (related ? 1 : 0));
}

TEST_CASE("a child of a call that is over does not begin") {
  family f(GENERATE(values(both)));
  call_options later;
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    later.parent(context);
    co_return;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    co_await f.client().unary(request);
    auto child = f.client().chat(later);
    status const s = co_await status_of(child.read());
    CHECK(to_string(s).rfind("CANCELLED: the call on whose behalf this one was made is over (/lab.Echo/", 0) == 0);
    auto const unary = co_await f.client().unary(request, later, as_result);
    CHECK(unary.error().code() == status_code::cancelled);
  };
  f.run(body);
  CHECK(f.children == 0);
}

TEST_CASE("a parent may be cancelled in the name of many children, some of which have ended") {
  family f(GENERATE(values(both)));
  std::vector<family::chat> all;
  int cancelled = 0;
  f.make = [&](server_context& context) -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) {
      all.push_back(f.client().chat(call_options().parent(context)));
      all.back().read([&cancelled](status s, std::optional<Text>) {
        if (s.code() == status_code::cancelled) ++cancelled;
      });
    }
    co_await f.clock.sleep_for(1s);
    all[3].cancel();
    all[7].cancel();
    co_await f.clock.sleep_for(1h);
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    static_cast<void>(co_await status_of(f.client().unary(request)));
  };
  task t = f.start(body);
  f.clock.advance(2s);
  CHECK(cancelled == 2);
  t.cancel();
  f.clock.settle();
  CHECK(cancelled == 10);
  CHECK(f.children_cancelled == 10);
}
