// Connections that are lost while others are accepted on other threads. Meant for the thread sanitizer.
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <heddle/server.hpp>
#include <heddle/services/channelz.hpp>
#include <heddle/testing/frame_codec.hpp>
#include <heddle/testing/frames.hpp>
#include <heddle/transport/channelz_registry.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"
#include "threads/echo_service.hpp"

namespace {

namespace asio = boost::asio;
namespace frames = heddle::testing::frames;
using namespace std::chrono_literals;
using lab::Text;

heddle::header_list request(std::string_view path) {
  heddle::header_list fields;
  fields.add(":method", "POST");
  fields.add(":scheme", "http");
  fields.add(":path", path);
  fields.add(":authority", "host");
  fields.add("content-type", "application/grpc");
  return fields;
}

/// Half a request of some calls: unary ones wait for the rest, the handlers of others wait for their first message.
std::string half_sent(std::string_view path, int calls) {
  heddle::testing::frame_codec codec;
  std::string bytes = std::string(heddle::http2::client_preface) + frames::settings();
  for (int i = 0; i < calls; ++i) {
    auto const id = static_cast<heddle::http2::stream_id>(2 * i + 1);
    bytes += codec.headers(id, request(path));
    bytes += frames::data(id, frames::message_of("half").substr(0, 7));
  }
  return bytes;
}

/// Connections that come, say one or the other, and are gone.
void come_and_go(std::uint16_t port, std::vector<std::string> const& bytes, int rounds) {
  asio::io_context context;
  asio::ip::tcp::endpoint const where(asio::ip::make_address("127.0.0.1"), port);
  for (int i = 0; i < rounds; ++i) {
    std::vector<asio::ip::tcp::socket> sockets;
    for (int k = 0; k < 8; ++k) {
      sockets.emplace_back(context).connect(where);
      asio::write(sockets.back(), asio::buffer(bytes[static_cast<std::size_t>(k) % bytes.size()]));
    }
    char some[64];
    for (auto& socket : sockets) {
      socket.read_some(asio::buffer(some));  // the server's SETTINGS: it has the requests as well
      if (i % 2 == 0) socket.set_option(asio::socket_base::linger(true, 0));
    }
  }
}

}  // namespace

TEST_CASE("connections are lost with half their requests while others are accepted") {
  constexpr int calls = 50, rounds = 30, peers = 4;
  heddle::channelz records;
  heddle::test::echo_service service;
  std::int64_t started = 0, failed = 0;
  {
    asio::io_context context;
    heddle::server server(context, heddle::server_options().channelz(records));
    server.add(service);
    auto const port = server.listen("127.0.0.1:0").port();
    asio::co_spawn(context, server.run(), asio::detached);
    std::vector<std::thread> threads, clients;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&context] { context.run(); });
    std::vector<std::string> const bytes = {half_sent("/lab.Echo/Unary", calls), half_sent("/lab.Echo/Chat", calls)};
    for (int i = 0; i < peers; ++i) clients.emplace_back([&] { come_and_go(port, bytes, rounds); });
    for (auto& one : clients) one.join();
    auto left = asio::co_spawn(context, server.drain(10s), asio::use_future);
    CHECK(left.get() == 0);
    for (auto& one : threads) one.join();
    auto const& registry = *records.heddle_registry_();
    auto const sum = [&](heddle::detail::channelz_node const& node) {
      auto const all = registry.calls_of(node);
      started += all.started;
      failed += all.failed;
      return true;
    };
    registry.each(heddle::detail::channelz_kind::server, 0, sum);
  }
  CHECK(started == peers * rounds * 8 * calls);
  CHECK(failed == started);  // none is left as if it went on
}
