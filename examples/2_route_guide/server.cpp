// Serves routeguide.RouteGuide until SIGINT or SIGTERM, then lets open calls end: route_guide_server [address]
// One handler for each of gRPC's four kinds of call.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>

#include "features.hpp"
#include "route_guide.heddle.hpp"

namespace asio = boost::asio;
using namespace routeguide;

class guide_service final : public route_guide::service {
  // 1. Unary: one request, one answer. The request is yours: change it, or move from it.
  heddle::reply<Feature> get_feature(heddle::server_context&, Point& point) override {
    if (place const* const known = find_place(point)) co_return to_feature(*known);
    Feature nameless;  // what the service's definition wants, rather than NOT_FOUND
    *nameless.mutable_location() = std::move(point);
    co_return nameless;
  }

  // 2. Server streaming. write() suspends while the client reads more slowly than we write: memory stays bounded.
  //[list_features
  heddle::reply<void> list_features(heddle::server_context&, Rectangle& area,
                                    heddle::writer<Feature>& features) override {
    if (!area.has_lo() || !area.has_hi())
      co_return heddle::status(heddle::status_code::invalid_argument, "an area needs both lo and hi");
    for (place const& p : places)
      if (is_inside(area, p)) co_await features.write(to_feature(p));
    co_return heddle::ok;
  }
  //]

  // 3. Client streaming: read() gives nothing when the client has said that it is done.
  heddle::reply<RouteSummary> record_route(heddle::server_context&, heddle::reader<Point>& points) override {
    auto const start = std::chrono::steady_clock::now();
    RouteSummary summary;
    std::optional<Point> before;
    double metres = 0;
    while (auto point = co_await points.read()) {
      summary.set_point_count(summary.point_count() + 1);
      if (find_place(*point)) summary.set_feature_count(summary.feature_count() + 1);
      if (before) metres += distance(*before, *point);
      before = std::move(point);
    }
    summary.set_distance(static_cast<int>(metres));
    auto const elapsed = std::chrono::steady_clock::now() - start;
    summary.set_elapsed_time(static_cast<int>(elapsed / std::chrono::seconds(1)));
    co_return summary;
  }

  // 4. Bidirectional: reads and writes in any order. While one call waits in co_await others go on, and they share
  // notes_: hence the copy. One thread runs this program, so that between two co_awaits nobody else is here.
  heddle::reply<void> route_chat(heddle::server_context&, heddle::stream<RouteNote, RouteNote>& peer) override {
    while (auto note = co_await peer.read()) {
      auto& here = notes_[{note->location().latitude(), note->location().longitude()}];
      auto const earlier = here;
      here.push_back(std::move(*note));
      for (RouteNote const& other : earlier) co_await peer.write(other);
    }
    co_return heddle::ok;
  }

  std::map<std::pair<int, int>, std::vector<RouteNote>> notes_;
};

//[main
asio::awaitable<void> serve(heddle::server& server) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));  // a signal cancels run(), which drains
}

int main(int argc, char** argv) try {
  asio::io_context context;
  guide_service service;
  heddle::server server(context);
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "0.0.0.0:50051");
  std::cout << "listening on " << endpoint.to_string() << std::endl;
  heddle::sync_wait(context, serve(server));  // runs the context until then
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
//]
