// Health is set and channelz is read on one thread while others run calls. Meant for the thread sanitizer as well.
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client.hpp>
#include <heddle/server.hpp>
#include <heddle/services/channelz.hpp>
#include <heddle/services/health.hpp>
#include <heddle/transport/channelz_registry.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

namespace asio = boost::asio;
using heddle::services::health_check_request;
using heddle::services::health_check_response;
using lab::Text;

class echo_service final : public lab::echo::service {
  heddle::reply<Text> unary(heddle::server_context&, Text& request) override { co_return request; }
};

asio::awaitable<void> call(heddle::channel& channel, std::atomic<int>& done) {
  Text request;
  lab::echo::client client(channel);
  for (int i = 0; i < 200; ++i) {
    request.set_number(i);
    Text const answer = co_await client.unary(request);
    if (answer.number() == i) ++done;
  }
}

asio::awaitable<void> watch(heddle::channel& channel, std::atomic<int>& ended) {
  heddle::stub const stub(channel);
  health_check_request const everything;
  heddle::server_streaming_call<health_check_request, health_check_response> seen(stub, heddle::services::health_watch,
                                                                                  everything);
  health_check_response answer;
  try {
    while (co_await seen.read(answer)) continue;
  } catch (heddle::rpc_error const& e) {
    if (e.status().code() == heddle::status_code::unavailable && answer.status == heddle::serving_status::not_serving)
      ++ended;
  }
}

/// What all nodes of a kind have counted.
std::int64_t calls(heddle::channelz const& records, heddle::detail::channelz_kind kind) {
  std::int64_t sum = 0;
  auto const& registry = *records.heddle_registry_();
  auto const add = [&](heddle::detail::channelz_node const& node) {
    sum += registry.calls_of(node).succeeded;
    return true;
  };
  registry.each(kind, 0, add);
  return sum;
}

}  // namespace

TEST_CASE("a constant message of a service may be sent by several threads at once") {
  health_check_request request;
  request.service = std::string(40000, 'x');
  health_check_request const& shared = request;
  heddle::message_ops const& ops = *heddle::ops_of<health_check_request>;
  std::atomic<int> right = 0;
  auto const send = [&] {
    for (int i = 0; i < 500; ++i) {
      std::string bytes(ops.size(&shared), '\0');
      ops.serialize(&shared, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
      health_check_request read;
      if (heddle::services::unpack(read, bytes) && read.service == shared.service) ++right;
    }
  };
  std::thread other(send);
  send();
  other.join();
  CHECK(right == 1000);
}

TEST_CASE("health is set and channelz is read while other threads run calls") {
  heddle::health health;
  heddle::channelz records;
  echo_service service;
  asio::io_context context;
  heddle::server server(context, heddle::server_options().channelz(records));
  server.add(service).add(health).add(records);
  auto const where = server.listen("127.0.0.1:0").to_string();
  std::vector<heddle::channel> channels;
  for (int i = 0; i < 3; ++i) channels.emplace_back(context, where, heddle::channel_options().channelz(records));
  std::atomic<int> done = 0, ended = 0;
  asio::co_spawn(context, server.run(), asio::detached);
  for (auto& channel : channels) {
    asio::co_spawn(context, call(channel, done), asio::detached);
    asio::co_spawn(context, watch(channel, ended), asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { context.run(); });

  std::int64_t seen = 0;
  for (int i = 0; seen < 600; ++i) {
    health.set("", i % 2 == 0 ? heddle::serving_status::not_serving : heddle::serving_status::serving);
    seen = calls(records, heddle::detail::channelz_kind::server);
    std::this_thread::yield();
  }
  CHECK(seen == 600);
  auto const drain = [&]() -> asio::awaitable<void> {
    co_await server.drain(std::chrono::seconds(10));
    channels.clear();
  };
  asio::co_spawn(context, drain, asio::detached);
  for (auto& thread : threads) thread.join();
  CHECK(done == 600);
  CHECK(ended == 3);
  CHECK(calls(records, heddle::detail::channelz_kind::server) == 600);
}
