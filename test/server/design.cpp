// What DESIGN §1 promises, as nearly word by word as it compiles.
#include <string>
#include <vector>

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "helloworld.heddle.hpp"
#include "route_guide.heddle.hpp"
#include "support/catch.hpp"

using namespace helloworld;
using namespace routeguide;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;

namespace {

class greeter_service final : public greeter::service {
  heddle::reply<HelloReply> say_hello(heddle::server_context&, HelloRequest& request) override {
    if (request.name().empty()) co_return heddle::status(heddle::status_code::invalid_argument, "who are you?");
    HelloReply reply;
    reply.set_message("Hello " + request.name());
    co_return reply;
  }
};

class guide_service final : public route_guide::service {
  heddle::reply<Feature> get_feature(heddle::server_context& context, Point& point) override {
    Feature feature;
    feature.set_name(std::string(context.request_headers().get("tenant").value_or("nobody")));
    *feature.mutable_location() = point;
    co_return feature;
  }
  heddle::reply<void> list_features(heddle::server_context& context, Rectangle& area,
                                    heddle::writer<Feature>& features) override {
    for (int i = area.lo().latitude(); i <= area.hi().latitude(); ++i) {
      auto feature = context.new_reply<Feature>();
      feature.mutable_location()->set_latitude(i);
      co_await features.write(feature);
    }
    co_return heddle::ok;
  }
  heddle::reply<RouteSummary> record_route(heddle::server_context&, heddle::reader<Point>& points) override {
    RouteSummary summary;
    while (auto point = co_await points.read()) summary.set_point_count(summary.point_count() + 1);
    co_return summary;
  }
  heddle::reply<void> route_chat(heddle::server_context&, heddle::stream<RouteNote, RouteNote>& peer) override {
    while (auto note = co_await peer.read())
      for (auto const& earlier : remember(*note)) co_await peer.write(earlier);
    co_return heddle::ok;
  }

  std::vector<RouteNote> remember(RouteNote const& note) {
    notes_.push_back(note);
    return notes_;
  }
  std::vector<RouteNote> notes_;
};

using chat_call = decltype(std::declval<route_guide::client&>().route_chat());

asio::awaitable<void> send_all(chat_call& chat, std::vector<RouteNote> const& notes) {
  for (auto const& note : notes) co_await chat.write(note);
  co_await chat.writes_done();
}

asio::awaitable<int> receive_all(chat_call& chat) {
  int received = 0;
  while (auto note = co_await chat.read()) ++received;
  co_return received;
}

asio::awaitable<void> use(std::string target, bool& done) {
  heddle::channel channel(co_await asio::this_coro::executor, target);
  greeter::client greeter(channel);
  HelloRequest request;
  request.set_name("heddle");
  HelloReply reply = co_await greeter.say_hello(request);
  CHECK(reply.message() == "Hello heddle");
  request.clear_name();
  auto const refused = co_await greeter.say_hello(request, heddle::as_result);
  REQUIRE(refused.has_error());
  CHECK(to_string(refused.error()) == "INVALID_ARGUMENT: who are you?");
  std::string what;
  try {
    co_await greeter.say_hello(request, heddle::call_options().timeout(5s));
  } catch (heddle::rpc_error const& e) {
    what = e.what();
  }
  CHECK(what == "INVALID_ARGUMENT: who are you?");

  route_guide::client guide(channel);
  Point point;
  point.set_latitude(4);
  Feature f = co_await guide.get_feature(point, heddle::call_options().timeout(5s).header("tenant", "a"));
  CHECK(f.name() == "a");
  CHECK(f.location().latitude() == 4);

  Rectangle area;
  area.mutable_lo()->set_latitude(1);
  area.mutable_hi()->set_latitude(10);
  {
    auto features = guide.list_features(area);
    int sum = 0;
    while (auto feature = co_await features.read()) sum += feature->location().latitude();
    CHECK(sum == 55);
  }
  {
    area.mutable_hi()->set_latitude(1000000);
    auto features = guide.list_features(area);
    auto const first = co_await features.read();
    CHECK(first);
  }

  auto route = guide.record_route();
  for (int i = 0; i < 3; ++i) co_await route.write(point);
  RouteSummary const summary = co_await route.finish();
  CHECK(summary.point_count() == 3);

  std::vector<RouteNote> const notes(4);
  auto chat = guide.route_chat();
  int const received = co_await (send_all(chat, notes) && receive_all(chat));
  CHECK(received == 1 + 2 + 3 + 4);
  done = true;
}

}  // namespace

TEST_CASE("the code that the design shows compiles and runs, over TCP") {
  asio::io_context context;
  greeter_service greeter;
  guide_service guide;
  heddle::server server(context.get_executor());
  server.add(greeter);
  server.add(std::make_shared<guide_service>());
  auto endpoint = server.listen("127.0.0.1:0");
  CHECK(endpoint.port() != 0);
  bool done = false, served = false;
  auto const both = [&]() -> asio::awaitable<void> {
    co_await (server.run() || use(endpoint.to_string(), done));
    served = true;
  };
  std::exception_ptr failure;
  asio::co_spawn(context, both, [&](std::exception_ptr error) { failure = error; });
  context.run();
  if (failure) std::rethrow_exception(failure);
  CHECK(done);
  CHECK(served);
}
