// A name that stands for several addresses.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// Gives what the test says, anew for each attempt to connect.
class fixed_resolver final : public resolver {
 public:
  fixed_resolver(asio::any_io_executor executor, std::vector<endpoint> addresses)
      : executor_(std::move(executor)), addresses_(std::move(addresses)) {}
  void resolve(callback done) override {
    asio::post(executor_, [done = std::move(done), found = addresses_] { done(found); });
  }

 private:
  asio::any_io_executor executor_;
  std::vector<endpoint> addresses_;
};

/// A channel to a name with these addresses, of which only those with port 2 are served.
struct house {
  explicit house(std::vector<endpoint> addresses) {
    echo_everything(w.service);
    auto const resolve = [this, addresses](target const& name, asio::any_io_executor executor) {
      names.push_back(name.host + " " + name.port);
      return std::make_unique<fixed_resolver>(executor, addresses);
    };
    auto const connect = [this](connect_request const& request, connect_handler done) {
      std::string const where = request.where().to_string();
      asked.push_back(where);
      if (request.where().port() == 2) return w.to_server()(request, std::move(done));
      status const refused(status_code::unavailable, "cannot connect to " + where + ": Connection refused");
      if (request.where().port() == 1) asio::post(request.get_executor(), [done, refused] { done(refused); });
      return std::make_unique<connection_attempt>();  // port 3 never answers
    };
    channel.emplace(
        w.context, "dns:///house.example:7",
        channel_options().use_clock(w.clock).single_threaded(true).use_resolver(resolve).use_connector(connect));
  }
  status call(call_options const& options = call_options()) {
    status outcome;
    lab::echo::client const client(*channel);
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request;
      outcome = co_await status_of(client.unary(request, options));
    };
    w.run(body);
    return outcome;
  }

  world w;
  std::vector<std::string> asked, names;
  std::optional<heddle::channel> channel;
};

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("the second address serves when the first refuses") {
  house h({{"192.0.2.1", 1}, {"2001:db8::2", 2}, {"192.0.2.3", 2}});
  CHECK(h.call().is_ok());
  CHECK(h.names == list{"house.example 7"});
  CHECK(h.asked == list{"192.0.2.1:1", "[2001:db8::2]:2"});
  CHECK(h.w.connections == 1);
  CHECK(h.call().is_ok());
  CHECK(h.asked.size() == 2);  // it stays with that one
}

TEST_CASE("a connection lost begins with the first address again") {
  house h({{"192.0.2.1", 1}, {"192.0.2.2", 2}});
  CHECK(h.call().is_ok());
  auto const end = [&]() -> asio::awaitable<void> { co_await h.w.server->drain(1s); };
  h.w.run(end);
  h.w.server.emplace(h.w.context, server_options().single_threaded(true).use_clock(h.w.clock));
  h.w.server->add(h.w.service);
  CHECK(h.call().is_ok());
  CHECK(h.asked == list{"192.0.2.1:1", "192.0.2.2:2", "192.0.2.1:1", "192.0.2.2:2"});
}

TEST_CASE("when all addresses refuse, the status names them") {
  house h({{"192.0.2.1", 1}, {"2001:db8::2", 1}});
  CHECK(to_string(h.call()) ==
        "UNAVAILABLE: cannot connect to 192.0.2.1:1: Connection refused; "
        "cannot connect to [2001:db8::2]:1: Connection refused (/lab.Echo/Unary, call_options::wait_for_ready())");
}

TEST_CASE("of many addresses the status names the first four") {
  house h(std::vector<endpoint>(100, endpoint("192.0.2.1", 1)));
  status const s = h.call();
  CHECK(h.asked.size() == 100);
  std::string const one = "cannot connect to 192.0.2.1:1: Connection refused";
  CHECK(s.message() ==
        one + "; " + one + "; " + one + "; " + one + " (/lab.Echo/Unary, call_options::wait_for_ready())");
}

TEST_CASE("a name without addresses") {
  house h({});
  CHECK(to_string(h.call()) ==
        "UNAVAILABLE: the name house.example:7 has no addresses (/lab.Echo/Unary, call_options::wait_for_ready())");
}

TEST_CASE("an address that never answers is given min_connect_timeout, then comes the next one") {
  house h({{"192.0.2.3", 3}, {"192.0.2.2", 2}});
  status outcome;
  lab::echo::client const client(*h.channel);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    outcome = co_await status_of(client.unary(request));
  };
  task const t = h.w.start(body);
  h.w.clock.advance(20s - 1ms);
  CHECK(!t.done());
  h.w.clock.advance(1ms);
  t.get();
  CHECK(outcome.is_ok());
  CHECK(h.asked == list{"192.0.2.3:3", "192.0.2.2:2"});
}

TEST_CASE("the backoff after several silent addresses counts from the first") {
  house h({{"192.0.2.3", 3}, {"192.0.2.4", 3}});
  status outcome;
  lab::echo::client const client(*h.channel);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    outcome = co_await status_of(client.unary(request));
  };
  task const t = h.w.start(body);
  h.w.clock.advance(40s);
  t.get();
  CHECK(to_string(outcome) ==
        "UNAVAILABLE: connecting to 192.0.2.3:3 took longer than backoff_options::min_connect_timeout(); "
        "connecting to 192.0.2.4:3 took longer than backoff_options::min_connect_timeout() (/lab.Echo/Unary, "
        "call_options::wait_for_ready())");
  task const again = h.w.start(body);  // the 40 s were longer than the first delay
  h.w.clock.settle();
  CHECK(h.asked == list{"192.0.2.3:3", "192.0.2.4:3", "192.0.2.3:3"});
}

TEST_CASE("each address has min_connect_timeout, however long those before it took to refuse") {
  world w;
  echo_everything(w.service);
  std::vector<std::string> asked;
  auto const resolve = [](target const&, asio::any_io_executor executor) {
    return std::make_unique<fixed_resolver>(executor, std::vector<endpoint>{{"192.0.2.1", 1}, {"192.0.2.2", 2}});
  };
  auto const after_a_while = [&w](duration time, std::function<void()> f) {
    auto const wait = [&w, time, f = std::move(f)]() -> asio::awaitable<void> {
      co_await w.clock.sleep_for(time);
      f();
    };
    return w.start(wait);
  };
  std::optional<task> slow;
  std::unique_ptr<connection_attempt> second;
  auto const connect = [&](connect_request const& request, connect_handler done) {
    asked.push_back(request.where().to_string());
    if (request.where().port() == 1) {
      slow.emplace(after_a_while(19s, [done] { done(status(status_code::unavailable, "no")); }));
      return std::make_unique<connection_attempt>();
    }
    slow.emplace(after_a_while(2s, [&, request, done] { second = w.to_server()(request, done); }));
    return std::make_unique<connection_attempt>();
  };
  channel c(w.context, "dns:///house.example:7",
            channel_options().use_clock(w.clock).single_threaded(true).use_resolver(resolve).use_connector(connect));
  status outcome(status_code::unknown, "");
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    outcome = co_await status_of(lab::echo::client(c).unary(request));
  };
  task const t = w.start(body);
  w.clock.advance(19s);
  CHECK(asked == list{"192.0.2.1:1", "192.0.2.2:2"});
  w.clock.advance(2s);
  t.get();
  CHECK(to_string(outcome) == to_string(ok));
}

namespace {

/// Keeps what it is asked to tell, until it is destroyed.
class slow_resolver final : public resolver {
 public:
  explicit slow_resolver(std::vector<slow_resolver*>& all) : all_(all) { all_.push_back(this); }
  ~slow_resolver() override { std::erase(all_, this); }
  void resolve(callback done) override { waiting.push_back(std::move(done)); }
  std::vector<callback> waiting;

 private:
  std::vector<slow_resolver*>& all_;
};

}  // namespace

TEST_CASE("a resolver is asked for one thing at a time, also when it took longer than min_connect_timeout") {
  std::vector<slow_resolver*> resolvers;  // what is left of the channel ends with the context
  int made = 0;
  world w;
  echo_everything(w.service);
  auto const resolve = [&](target const&, asio::any_io_executor) {
    ++made;
    return std::make_unique<slow_resolver>(resolvers);
  };
  channel c(
      w.context, "dns:///house.example:7",
      channel_options().use_clock(w.clock).single_threaded(true).use_resolver(resolve).use_connector(w.to_server()));
  status outcome(status_code::unknown, "");
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request;
    outcome = co_await status_of(lab::echo::client(c).unary(request, call_options().wait_for_ready(true)));
  };
  task const t = w.start(body);
  w.clock.advance(20s);
  w.clock.advance(10s);  // more than the first backoff
  REQUIRE(resolvers.size() == 1);
  CHECK(resolvers[0]->waiting.size() == 1);
  CHECK(made == 2);
  resolvers[0]->waiting[0](std::vector<endpoint>{{"192.0.2.2", 2}});
  w.clock.settle();
  t.get();
  CHECK(to_string(outcome) == to_string(ok));
}
