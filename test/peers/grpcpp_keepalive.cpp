// The PINGs of grpc++'s client, and what it makes of connections that our server ends.
#include <grpcpp/grpcpp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "peer.grpc.pb.h"
#include "service.hpp"
#include "support/catch.hpp"

namespace asio = boost::asio;
using namespace heddle_peer;
using namespace std::chrono_literals;

namespace {

class our_server {
 public:
  explicit our_server(heddle::server_options options) : server_(context_, std::move(options.single_threaded(true))) {
    server_.add(service_);
    target_ = server_.listen("127.0.0.1:0").to_string();
    asio::co_spawn(context_, server_.run(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~our_server() {
    context_.stop();
    thread_.join();
  }
  std::unique_ptr<Peer::Stub> connect(grpc::ChannelArguments arguments = grpc::ChannelArguments()) const {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return Peer::NewStub(grpc::CreateCustomChannel(target_, grpc::InsecureChannelCredentials(), arguments));
  }

 private:
  asio::io_context context_;
  peer_service service_;
  heddle::server server_;
  std::string target_;
  std::thread thread_;
};

/// It keeps to one PING a second by itself.
grpc::ChannelArguments impatient() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 50);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return arguments;
}

/// How a call ends that nobody answers.
grpc::Status sleep(Peer::Stub& stub, std::chrono::milliseconds time) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + time);
  auto const reader = stub.Sleep(&context, Message());
  TimeLeft left;
  while (reader->Read(&left)) {
  }
  return reader->Finish();
}

}  // namespace

TEST_CASE("our server: grpc++ that asks again and again is told too_many_pings, and gets along with who permits it") {
  our_server const strict((heddle::server_options()));
  our_server const patient(
      heddle::server_options().permit_keepalive_time(1ms).keepalive_time(1s).keepalive_timeout(1s));
  grpc::Status end, other_end;
  auto const wait = [](our_server const& server, grpc::Status& s) {
    auto const stub = server.connect(impatient());
    s = sleep(*stub, 6s);
  };
  std::thread beside(wait, std::cref(patient), std::ref(other_end));
  wait(strict, end);
  beside.join();
  INFO(end.error_message() << ", " << other_end.error_message());
  CHECK(end.error_code() == grpc::UNAVAILABLE);
  CHECK(other_end.error_code() != grpc::UNAVAILABLE);  // its deadline
}

TEST_CASE("our server: grpc++ loses no call to max_connection_age") {
  our_server const server(heddle::server_options().max_connection_age(30ms));
  auto const stub = server.connect();
  int failed = 0;
  auto const end = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < end) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    Message response;
    grpc::Status const s = stub->Echo(&context, Message(), &response);
    if (!s.ok()) ++failed;
    INFO(s.error_message());
    CHECK(s.ok());
  }
  CHECK(failed == 0);
}

TEST_CASE("our server: grpc++ sees UNAVAILABLE when the grace of an old connection is over") {
  our_server const server(heddle::server_options().max_connection_age(50ms).max_connection_age_grace(100ms));
  auto const stub = server.connect();
  grpc::Status const end = sleep(*stub, 10s);
  INFO(end.error_message());
  CHECK(end.error_code() == grpc::UNAVAILABLE);
}
