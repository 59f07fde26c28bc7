#include <heddle/services/health.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "grpc/health/v1/health.heddle.hpp"
#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using health_client = grpc::health::v1::health::client;

namespace {

auto const both = {strands::none, strands::everywhere};

HealthCheckRequest about(std::string const& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

/// A Watch call and what it has seen.
struct watching {
  std::vector<int> seen;
  bool ended = false;
  status end;

  task start(world& w, std::string const& service) {
    auto const body = [this, &w, service]() -> asio::awaitable<void> {
      end = co_await status_of(watch(w, service));
      ended = true;
    };
    return w.start(body);
  }

 private:
  asio::awaitable<void> watch(world& w, std::string service) {
    auto call = health_client(*w.channel).watch(about(service));
    HealthCheckResponse answer;
    while (co_await call.read(answer)) seen.push_back(answer.status());
  }
};

status check(world& w, std::string const& service, HealthCheckResponse::ServingStatus& is) {
  status how;
  auto const body = [&]() -> asio::awaitable<void> {
    auto const ask = [&]() -> asio::awaitable<void> {
      HealthCheckRequest const request = about(service);
      HealthCheckResponse const answer = co_await health_client(*w.channel).check(request);
      is = answer.status();
    };
    how = co_await status_of(ask());
  };
  w.run(body);
  return how;
}

std::string const not_serving_message = testing::frames::message_of("\x08\x02");

/// A Watch call of the whole server, frame by frame; nothing of it is read before there is a window.
struct raw_watch {
  explicit raw_watch(world& w, std::uint32_t window = 65535) : peer(raw_client(w)) {
    peer.send(std::string(http2::client_preface) + settings({{http2::setting_id::initial_window_size, window}}) +
              settings_ack());
    header_list const head = grpc_request("/grpc.health.v1.Health/Watch");
    peer.send({peer.frames.headers(1, head), data(1, testing::frames::message_of(""), flag::end_stream)});
    w.clock.settle();
  }
  raw_peer peer;
};

}  // namespace

TEST_CASE("Check tells what was set, and NOT_FOUND for what was not") {
  heddle::health health;
  world w;
  w.server->add(health);
  HealthCheckResponse::ServingStatus is{};
  CHECK(check(w, "", is).is_ok());
  CHECK(is == HealthCheckResponse::SERVING);
  status const unknown = check(w, "lab.Echo", is);
  CHECK(unknown.code() == status_code::not_found);
  CHECK(unknown.message() == "no health is known of \"lab.Echo\"");

  health.set("lab.Echo", serving_status::not_serving).set("", serving_status::unknown);
  CHECK(check(w, "lab.Echo", is).is_ok());
  CHECK(is == HealthCheckResponse::NOT_SERVING);
  CHECK(check(w, "", is).is_ok());
  CHECK(is == HealthCheckResponse::UNKNOWN);
  health.remove("lab.Echo");
  CHECK(check(w, "lab.Echo", is).code() == status_code::not_found);
  CHECK(health.get("lab.Echo") == serving_status::service_unknown);
}

TEST_CASE("List gives all names up to a hundred, and none above") {
  heddle::health health;
  world w;
  w.server->add(health);
  std::size_t listed = 0;
  status how;
  auto const list = [&]() -> asio::awaitable<void> {
    auto const ask = [&]() -> asio::awaitable<void> {
      grpc::health::v1::HealthListRequest const request;
      grpc::health::v1::HealthListResponse const all = co_await health_client(*w.channel).list(request);
      listed = static_cast<std::size_t>(all.statuses().size());
      CHECK(all.statuses().at("").status() == HealthCheckResponse::SERVING);
      CHECK(all.statuses().at("a.1").status() == HealthCheckResponse::NOT_SERVING);
    };
    how = co_await status_of(ask());
  };
  for (int i = 1; i < 100; ++i) health.set("a." + std::to_string(i), serving_status::not_serving);
  w.run(list);
  CHECK(how.is_ok());
  CHECK(listed == 100);
  health.set("a.100", serving_status::serving);
  w.run(list);
  CHECK(how.code() == status_code::resource_exhausted);
}

TEST_CASE("Watch sends the first status at once, then each change, and stays open for unknown names") {
  for (strands const s : both) {
    heddle::health health;
    world w(s);
    w.server->add(health);
    watching whole, one;
    task const first = whole.start(w, ""), second = one.start(w, "lab.Echo");
    w.clock.settle();
    CHECK(whole.seen == std::vector<int>{1});
    CHECK(one.seen == std::vector<int>{3});

    health.set("lab.Echo", serving_status::serving);
    w.clock.settle();
    health.set("lab.Echo", serving_status::serving);
    health.set("lab.Other", serving_status::not_serving);
    w.clock.settle();
    CHECK(one.seen == std::vector<int>{3, 1});
    health.set("lab.Echo", serving_status::not_serving).set("lab.Echo", serving_status::serving);
    w.clock.settle();
    CHECK(one.seen == std::vector<int>{3, 1});  // nothing has changed for who looks now
    health.remove("lab.Echo");
    w.clock.settle();
    CHECK(one.seen == std::vector<int>{3, 1, 3});
    CHECK(whole.seen == std::vector<int>{1});
    CHECK(!one.ended);
    CHECK(!whole.ended);
  }
}

TEST_CASE("a drain tells everybody NOT_SERVING, and Watch calls do not hold it up") {
  for (strands const s : both) {
    heddle::health health;
    world w(s);
    w.server->add(health);
    health.set("lab.Echo", serving_status::serving);
    watching whole, one, unknown;
    task const a = whole.start(w, ""), b = one.start(w, "lab.Echo"), c = unknown.start(w, "lab.Nobody");
    w.clock.settle();
    bool drained = false;
    std::size_t left = 7;
    auto const drain = [&]() -> asio::awaitable<void> {
      left = co_await w.server->drain(30s);
      drained = true;
    };
    time_point const before = w.clock.now();
    task const end = w.start(drain);
    w.clock.settle();
    CHECK(whole.seen == std::vector<int>{1, 2});
    CHECK(one.seen == std::vector<int>{1, 2});
    CHECK(unknown.seen == std::vector<int>{3});
    for (watching const* const each : {&whole, &one, &unknown}) {
      CHECK(each->ended);
      CHECK(each->end.code() == status_code::unavailable);
      CHECK(each->end.message() == "the server is shutting down");
    }
    w.clock.advance(2s);
    CHECK(drained);
    CHECK(left == 0);
    CHECK(w.clock.now() - before < 30s);
    health.set("lab.Echo", serving_status::serving);
    CHECK(health.get("lab.Echo") == serving_status::not_serving);
  }
}

TEST_CASE("a Watch call ends with its client, and with the context under it") {
  heddle::health health;
  {
    world w;
    w.server->add(health);
    watching gone, left;
    {
      task t = gone.start(w, "");
      w.clock.settle();
      t.cancel();
      w.clock.settle();
      CHECK(gone.ended);
    }
    task const t = left.start(w, "");
    w.clock.settle();
    CHECK(!left.ended);
  }
  health.set("", serving_status::not_serving);
}

TEST_CASE("shut_down() is NOT_SERVING for good and ends Watch calls, while the server goes on") {
  for (strands const s : both) {
    heddle::health health;
    world w(s);
    w.server->add(health);
    echo_everything(w.service);
    health.set("lab.Echo", serving_status::serving);
    watching one, unknown;
    task const a = one.start(w, "lab.Echo"), b = unknown.start(w, "lab.Nobody");
    w.clock.settle();
    health.shut_down();
    w.clock.settle();
    CHECK(one.seen == std::vector<int>{1, 2});
    CHECK(unknown.seen == std::vector<int>{3});
    for (watching const* const each : {&one, &unknown}) {
      CHECK(each->ended);
      CHECK(each->end.code() == status_code::unavailable);
    }
    health.set("lab.Echo", serving_status::serving).remove("").shut_down();
    HealthCheckResponse::ServingStatus is{};
    CHECK(check(w, "lab.Echo", is).is_ok());
    CHECK(is == HealthCheckResponse::NOT_SERVING);
    CHECK(check(w, "", is).is_ok());
    CHECK(is == HealthCheckResponse::NOT_SERVING);
    watching late;
    task const c = late.start(w, "");
    w.clock.settle();
    CHECK(late.seen == std::vector<int>{2});
    CHECK(late.end.code() == status_code::unavailable);
    auto const still_serving = [&]() -> asio::awaitable<void> {
      Text const question = text("?");
      Text const answer = co_await w.client().unary(question);
      CHECK(answer.text() == "?");
    };
    w.run(still_serving);
  }
}

TEST_CASE("a drain's NOT_SERVING is on the wire before its GOAWAY") {
  for (strands const s : both) {
    heddle::health health;
    world w(s);
    w.server->add(health);
    raw_watch watch(w);
    watch.peer.received();
    auto const drain = [&]() -> asio::awaitable<void> { co_await w.server->drain(1s); };
    task const end = w.start(drain);
    w.clock.settle();
    std::string order;
    for (parsed_frame const& f : watch.peer.heard()) {
      if (f.head.type == frame_type::data) order += f.payload == not_serving_message ? "NOT_SERVING " : "other ";
      if (f.head.type == frame_type::goaway) order += "GOAWAY ";
    }
    CHECK(order.starts_with("NOT_SERVING GOAWAY "));
    w.clock.advance(5s);
    CHECK(end.done());
  }
}

TEST_CASE("news that nobody has looked at yet are told once") {
  heddle::health health;
  world w;
  w.server->add(health);
  watching whole;
  task const t = whole.start(w, "");
  w.clock.settle();
  for (int i = 0; i < 1000; ++i) health.set("", i % 2 == 0 ? serving_status::not_serving : serving_status::serving);
  health.set("", serving_status::unknown);
  w.context.restart();
  std::size_t const steps = w.context.poll();
  CHECK(steps < 50);
  w.clock.settle();
  CHECK(whole.seen == std::vector<int>{1, 0});
}

TEST_CASE(
    "a Watch that nobody reads keeps little, gets the latest status, and holds a drain up no longer than its grace") {
  heddle::health health;
  world w;
  w.server->add(health);
  raw_watch watch(w, 0);
  int const changes = 12000;
  for (int i = 0; i < changes; ++i) {
    health.set("", i % 2 == 0 ? serving_status::not_serving : serving_status::serving);
    w.clock.settle();
  }
  health.set("", serving_status::unknown);
  w.clock.settle();
  CHECK(frames_of(watch.peer, 1).bytes.empty());
  watch.peer.send(window_update(0, 1 << 20) + window_update(1, 1 << 20));
  w.clock.settle();
  std::string const seen = frames_of(watch.peer, 1).bytes;
  CHECK(seen.size() <= http2::connection::high_water + 100);
  CHECK(seen.size() < static_cast<std::size_t>(changes) * not_serving_message.size());
  CHECK(seen.ends_with(testing::frames::message_of("")));  // UNKNOWN is zero

  raw_watch stuck(w, 0);
  bool drained = false;
  auto const drain = [&]() -> asio::awaitable<void> {
    co_await w.server->drain(5s);
    drained = true;
  };
  task const end = w.start(drain);
  w.clock.advance(4s);
  CHECK(!drained);
  w.clock.advance(3s);
  CHECK(drained);
}
