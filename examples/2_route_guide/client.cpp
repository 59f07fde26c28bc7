// Asks a RouteGuide: route_guide_client [target]
// One function for each of gRPC's four kinds of call.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <string>

#include <heddle/client.hpp>
#include <heddle/sync_wait.hpp>

#include "features.hpp"
#include "route_guide.heddle.hpp"

namespace asio = boost::asio;
using namespace routeguide;
using namespace std::chrono_literals;

// 1. Unary: the call is one co_await. Give every call a timeout: there is none by default.
asio::awaitable<void> get_feature(route_guide::client& guide, Point at) {
  Feature const feature = co_await guide.get_feature(at, heddle::call_options().timeout(5s));
  std::cout << (feature.name().empty() ? "nothing" : feature.name()) << " is at " << to_text(at) << '\n';
}

// 2. Server streaming: read until there is nothing more. A call that fails throws heddle::rpc_error from read().
//[list_features
asio::awaitable<void> list_features(route_guide::client& guide) {
  Rectangle area;
  *area.mutable_lo() = point(400000000, -750000000);
  *area.mutable_hi() = point(410000000, -745000000);
  auto features = guide.list_features(area, heddle::call_options().timeout(5s));
  while (auto feature = co_await features.read()) std::cout << feature->name() << '\n';
}
//]

// 3. Client streaming: write, then finish() for the answer. write() is false once the server has ended the call early;
// finish() then throws the reason.
asio::awaitable<void> record_route(route_guide::client& guide) {
  auto route = guide.record_route(heddle::call_options().timeout(5s));
  for (place const& p : places)
    if (!co_await route.write(point(p.latitude, p.longitude))) break;
  RouteSummary const summary = co_await route.finish();
  std::cout << summary.point_count() << " points, " << summary.feature_count() << " features, "
            << summary.distance() / 1000 << " km\n";
}

// 4. Bidirectional: both directions at once, by Asio's own operators. No thread, no lock, no callback.
using chat_call = heddle::bidi_streaming_call<RouteNote, RouteNote>;

asio::awaitable<void> send_notes(chat_call& chat) {
  RouteNote note;
  int sent = 0;
  for (int latitude : {1, 2, 3, 1, 2}) {
    *note.mutable_location() = point(latitude * 10000000, 0);
    note.set_message("note " + std::to_string(++sent));
    if (!co_await chat.write(note)) break;
  }
  co_await chat.writes_done();
}

asio::awaitable<void> show_notes(chat_call& chat) {
  while (auto note = co_await chat.read())
    std::cout << note->message() << " was left at " << to_text(note->location()) << '\n';
}

//[route_chat
asio::awaitable<void> route_chat(route_guide::client& guide) {
  using namespace asio::experimental::awaitable_operators;
  auto chat = guide.route_chat(heddle::call_options().timeout(5s));
  co_await (send_notes(chat) && show_notes(chat));
}
//]

asio::awaitable<void> visit(std::string target) {
  heddle::channel channel(co_await asio::this_coro::executor, target);
  route_guide::client guide(channel);
  co_await get_feature(guide, point(407838351, -746143763));
  co_await get_feature(guide, point(0, 0));
  co_await list_features(guide);
  co_await record_route(guide);
  co_await route_chat(guide);
}

int main(int argc, char** argv) try {
  asio::io_context context;
  heddle::sync_wait(context, visit(argc > 1 ? argv[1] : "dns:///localhost:50051"));
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
