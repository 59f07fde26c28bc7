// A program that has generated code of the very protos that heddle speaks itself. Two copies of one .proto in a program
// end it before main().
#include <cstdlib>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/services/channelz.hpp>
#include <heddle/services/health.hpp>
#include <heddle/services/reflection.hpp>
#include <heddle/testing/memory_channel.hpp>

#include "google/rpc/status.pb.h"
#include "grpc/channelz/v1/channelz.heddle.hpp"
#include "grpc/health/v1/health.heddle.fake.hpp"

namespace asio = boost::asio;
using grpc::channelz::v1::channelz;
using grpc::health::v1::health;

class channelz_service final : public channelz::service {
  heddle::reply<grpc::channelz::v1::GetServersResponse> get_servers(
      heddle::server_context&, grpc::channelz::v1::GetServersRequest& request) override {
    google::rpc::Status why;
    why.set_message("no server " + std::to_string(request.start_server_id()));
    heddle::status status(heddle::status_code::not_found, "see the details");
    status.add_detail(why);
    co_return status;
  }
};

asio::awaitable<void> call(heddle::channel& channel, asio::io_context& context, std::string& seen) {
  health::client health(channel);
  grpc::health::v1::HealthCheckRequest const check;
  grpc::health::v1::HealthCheckResponse const answer = co_await health.check(check);
  if (answer.status() == grpc::health::v1::HealthCheckResponse::SERVING) seen += "serving, ";
  channelz::client channelz(channel);
  grpc::channelz::v1::GetServersRequest request;
  request.set_start_server_id(7);
  try {
    co_await channelz.get_servers(request);
  } catch (heddle::rpc_error const& e) {
    seen += e.status().detail<google::rpc::Status>().value().message();
  }
  context.stop();
}

int main() {
  asio::io_context context;
  heddle::testing::memory_channel memory(context);
  auto const health = std::make_shared<::health::fake>();
  grpc::health::v1::HealthCheckResponse serving;
  serving.set_status(grpc::health::v1::HealthCheckResponse::SERVING);
  health->on_check.returns(serving);
  memory.server().add(health);
  memory.server().add(std::make_shared<channelz_service>());
  // heddle's own have other types for the same messages.
  heddle::health own_health;
  heddle::channelz own_channelz;
  heddle::server other(context, heddle::server_options().channelz(own_channelz));
  other.add(own_health).add(own_channelz);
  heddle::enable_reflection(other);
  std::string seen;
  asio::co_spawn(context, call(memory.channel(), context, seen), asio::detached);
  context.run();
  std::cout << seen << '\n';
  return seen == "serving, no server 7" ? EXIT_SUCCESS : EXIT_FAILURE;
}
