#include <heddle/services/health.hpp>

#include <string>
#include <vector>

#include "grpc/health/v1/health.heddle.hpp"
#include "support/lab.hpp"

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
