// A wire that breaks after every byte, in every way: each call ends exactly once with a clear status, the handlers of
// the server end, too, and it goes on serving others.
#include <string>
#include <vector>

#include "support/relay.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

struct trial {
  int ended = 0, handlers = 0, started = 0;
  status end;
};

asio::awaitable<void> unary(world& w, lab::echo::client client, trial& t) {
  Text const request = text("question");
  t.end = co_await status_of(client.unary(request, call_options().timeout(30s).header("tenant", "somebody")));
  ++t.ended;
  (void)w;
}

asio::awaitable<void> chat(world& w, lab::echo::client client, trial& t) {
  try {
    auto call = client.chat(call_options().timeout(30s));
    for (int i = 0; i < 3; ++i) {
      Text const message = text("question", i);
      co_await call.write(message);
      auto const answer = co_await call.read();
      if (!answer) throw rpc_error(status_code::internal, "an end in the middle");
    }
    co_await call.writes_done();
    auto const end = co_await call.read();
    if (end) throw rpc_error(status_code::internal, "a message after the end");
  } catch (rpc_error const& e) {
    t.end = e.status();
  }
  ++t.ended;
  (void)w;
}

using caller = asio::awaitable<void> (*)(world&, lab::echo::client, trial&);

/// Returns how many bytes went through.
std::size_t run(caller call, strands s, direction d, std::size_t after, breakage how) {
  trial t;
  world w(s);
  struct running {
    explicit running(trial& tr) : t(tr) {
      ++t.handlers;
      ++t.started;
    }
    ~running() { --t.handlers; }
    trial& t;
  };
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    running const here(t);
    co_return request;
  };
  w.service.on_chat = [&](server_context&, stream<Text, Text>& peer) -> reply<void> {
    running const here(t);
    while (auto const message = co_await peer.read()) co_await peer.write(*message);
    co_return ok;
  };
  relay r(w, d, after, how);
  channel_options co;
  co.single_threaded(s == strands::none).use_clock(w.clock).use_connector(r.connector());
  std::optional<channel> c(std::in_place, w.context, "ipv4:192.0.2.1:1", co);
  task const run_call = w.start([&] { return call(w, lab::echo::client(*c), t); });
  w.clock.advance(40s);
  INFO("after " << after << " bytes: " << to_string(t.end));
  CHECK(run_call.done());
  CHECK(t.ended == 1);
  CHECK(t.handlers == 0);
  if (how == breakage::none) {
    CHECK(t.end.is_ok());
  } else if (!t.end.is_ok()) {
    if (how != breakage::garbage)  // which may look like anything
      CHECK((t.end.code() == status_code::unavailable || t.end.code() == status_code::deadline_exceeded));
    CHECK(!t.end.message().empty());
  }
  Text const request = text("and the others?");
  bool served = false;
  auto const others = [&]() -> asio::awaitable<void> {
    Text const answer = co_await w.client().unary(request);
    served = answer.text() == request.text();
  };
  w.run(others);
  CHECK(served);
  c.reset();
  w.clock.settle();
  return r.bytes(d);
}

}  // namespace

TEST_CASE("a wire that breaks after every byte") {
  struct row {
    char const* name;
    caller call;
  };
  row const rows[] = {{"unary", &unary}, {"chat", &chat}};
  for (row const& r : rows) {
    for (direction const d : {direction::to_server, direction::to_client}) {
      std::size_t const all = run(r.call, strands::none, d, 0, breakage::none);
      CHECK(all > 50);
      for (breakage const how : {breakage::close, breakage::half_close, breakage::garbage, breakage::silence}) {
        INFO(r.name << (d == direction::to_server ? " to the server" : " to the client") << " " << int(how));
        for (std::size_t after = 0; after <= all; ++after)
          run(r.call, after % 8 == 7 ? strands::everywhere : strands::none, d, after, how);
      }
    }
  }
}
