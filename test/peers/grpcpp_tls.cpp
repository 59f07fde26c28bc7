// grpc++ and we over TLS, each as the server and as the client of the other, with certificates on both sides.
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

#include <heddle/client.hpp>
#include <heddle/tls.hpp>

#include "peer.grpc.pb.h"
#include "service.hpp"
#include "support/catch.hpp"
#include "support/certificates.hpp"

namespace asio = boost::asio;
using namespace heddle_peer;
using namespace heddle::test;
using namespace std::chrono_literals;

namespace {

class our_server {
 public:
  explicit our_server(std::shared_ptr<asio::ssl::context> tls)
      : server_(context_, heddle::server_options().single_threaded(true).grace(1s)) {
    server_.add(service_);
    target_ = server_.listen("127.0.0.1:0", heddle::listen_options().filter(heddle::tls_server(tls))).to_string();
    asio::co_spawn(context_, server_.run(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~our_server() {
    context_.stop();
    thread_.join();
  }
  std::string const& target() const noexcept { return target_; }

 private:
  asio::io_context context_;
  peer_service service_;
  heddle::server server_;
  std::string target_;
  std::thread thread_;
};

class echo_service final : public Peer::Service {
  grpc::Status Echo(grpc::ServerContext*, Message const* request, Message* response) override {
    *response = *request;
    return grpc::Status::OK;
  }
  grpc::Status Chat(grpc::ServerContext*, grpc::ServerReaderWriter<Message, Message>* both) override {
    Message message;
    while (both->Read(&message) && both->Write(message)) {
    }
    return grpc::Status::OK;
  }
};

class their_server {
 public:
  explicit their_server(bool mutual) {
    certificates const& all = certificates::get();
    grpc::SslServerCredentialsOptions options(mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                     : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_key_cert_pairs.push_back({all.server.key_pem(), all.server.certificate_pem()});
    options.pem_root_certs = all.ca.certificate_pem();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~their_server() { server_->Shutdown(std::chrono::system_clock::now() + 1s); }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  echo_service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

grpc::SslCredentialsOptions their_credentials(bool with_certificate, identity const& trusted) {
  certificates const& all = certificates::get();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = trusted.certificate_pem();
  if (!with_certificate) return options;
  options.pem_private_key = all.client.key_pem();
  options.pem_cert_chain = all.client.certificate_pem();
  return options;
}

grpc::Status their_call(std::string const& target, grpc::SslCredentialsOptions const& options, std::string payload) {
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("server.test");
  arguments.SetMaxReceiveMessageSize(64 << 20);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto const stub = Peer::NewStub(grpc::CreateCustomChannel(target, grpc::SslCredentials(options), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  Message request, response;
  request.set_payload(std::move(payload));
  grpc::Status const status = stub->Echo(&context, request, &response);
  if (status.ok()) CHECK(response.payload() == request.payload());
  return status;
}

heddle::status our_call(std::string const& target, std::shared_ptr<asio::ssl::context> tls, std::string payload) {
  asio::io_context context;
  heddle::status end;
  auto const call = [&]() -> asio::awaitable<void> {
    heddle::channel channel(context, target,
                            heddle::channel_options().max_receive_message_size(64 << 20).use_connector(
                                heddle::connect_tls(tls, heddle::tls_client_options().server_name("server.test"))));
    peer::client const client(channel);
    Message request;
    request.set_payload(std::move(payload));
    try {
      Message const response = co_await client.echo(request, heddle::call_options().timeout(30s));
      CHECK(response.payload() == request.payload());
      auto chat = client.chat(heddle::call_options().timeout(30s));
      for (int i = 0; i < 20; ++i) {
        co_await chat.write(request);
        auto const back = co_await chat.read();
        CHECK(back->payload() == request.payload());
      }
      co_await chat.writes_done();
      auto const last = co_await chat.read();
      CHECK(!last);
    } catch (heddle::rpc_error const& e) {
      end = e.status();
    }
  };
  asio::co_spawn(context, call, asio::detached);
  context.run();
  return end;
}

}  // namespace

TEST_CASE("our server over TLS: a client of grpc++") {
  our_server const server(server_context_of(certificates::get().server));
  for (std::size_t const size : {10, 3'000'000}) {
    grpc::Status const status =
        their_call(server.target(), their_credentials(false, certificates::get().ca), std::string(size, 'e'));
    CHECK(status.error_message() == "");
    CHECK(status.ok());
  }
  CHECK(their_call(server.target(), their_credentials(false, certificates::get().other_ca), "x").error_code() ==
        grpc::UNAVAILABLE);
}

TEST_CASE("our server with mutual TLS: a client of grpc++ with a certificate, and one without") {
  our_server const server(mutual_server_context(certificates::get().server, certificates::get().ca));
  CHECK(their_call(server.target(), their_credentials(true, certificates::get().ca), "x").ok());
  CHECK(their_call(server.target(), their_credentials(false, certificates::get().ca), "x").error_code() ==
        grpc::UNAVAILABLE);
}

TEST_CASE("our client over TLS: a server of grpc++") {
  their_server const server(false);
  for (std::size_t const size : {10, 3'000'000}) {
    heddle::status const end =
        our_call(server.target(), client_context_for(certificates::get().ca), std::string(size, 'e'));
    CHECK(to_string(end) == "OK");
  }
  CHECK(our_call(server.target(), client_context_for(certificates::get().other_ca), "x").code() ==
        heddle::status_code::unavailable);
}

TEST_CASE("our client with mutual TLS: a server of grpc++") {
  their_server const server(true);
  auto const tls = client_context_for(certificates::get().ca);
  use_identity(*tls, certificates::get().client);
  CHECK(to_string(our_call(server.target(), tls, "x")) == "OK");
  heddle::status const refused = our_call(server.target(), client_context_for(certificates::get().ca), "x");
  INFO(to_string(refused));
  CHECK(refused.code() == heddle::status_code::unavailable);
}
