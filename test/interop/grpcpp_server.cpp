// grpc.testing.TestService on grpc++, for interop_client.
// usage: grpcpp_interop_server --port=PORT [--use_tls --tls_cert_file=FILE --tls_key_file=FILE]
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "flags.hpp"
#include "grpc/testing/test.grpc.pb.h"

namespace {

using namespace grpc::testing;
using grpc::ServerContext;
using grpc::Status;

constexpr char const* echo_initial = "x-grpc-test-echo-initial";
constexpr char const* echo_trailing = "x-grpc-test-echo-trailing-bin";

void echo_metadata(ServerContext& context) {
  auto const& sent = context.client_metadata();
  if (auto const found = sent.find(echo_initial); found != sent.end())
    context.AddInitialMetadata(echo_initial, std::string(found->second.data(), found->second.size()));
  if (auto const found = sent.find(echo_trailing); found != sent.end())
    context.AddTrailingMetadata(echo_trailing, std::string(found->second.data(), found->second.size()));
}

template <class Request>
Status wanted_status(Request const& request) {
  auto const& wanted = request.response_status();
  return wanted.code() == 0 ? Status() : Status(static_cast<grpc::StatusCode>(wanted.code()), wanted.message());
}

void fill(Payload& payload, int size) { payload.set_body(std::string(static_cast<std::size_t>(size), '\0')); }

template <class Out>
void answer(StreamingOutputCallRequest const& request, Out& out) {
  for (ResponseParameters const& wanted : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(wanted.interval_us()));
    StreamingOutputCallResponse response;
    fill(*response.mutable_payload(), wanted.size());
    if (!out.Write(response)) return;
  }
}

class service final : public TestService::Service {
  using duplex = grpc::ServerReaderWriter<StreamingOutputCallResponse, StreamingOutputCallRequest>;

  Status EmptyCall(ServerContext* context, Empty const*, Empty*) override {
    echo_metadata(*context);
    return {};
  }

  Status UnaryCall(ServerContext* context, SimpleRequest const* request, SimpleResponse* response) override {
    echo_metadata(*context);
    fill(*response->mutable_payload(), request->response_size());
    return wanted_status(*request);
  }

  Status CacheableUnaryCall(ServerContext* context, SimpleRequest const* request, SimpleResponse* response) override {
    return UnaryCall(context, request, response);
  }

  Status StreamingOutputCall(ServerContext* context, StreamingOutputCallRequest const* request,
                             grpc::ServerWriter<StreamingOutputCallResponse>* out) override {
    echo_metadata(*context);
    answer(*request, *out);
    return wanted_status(*request);
  }

  Status StreamingInputCall(ServerContext* context, grpc::ServerReader<StreamingInputCallRequest>* in,
                            StreamingInputCallResponse* response) override {
    echo_metadata(*context);
    StreamingInputCallRequest request;
    std::size_t sum = 0;
    while (in->Read(&request)) sum += request.payload().body().size();
    response->set_aggregated_payload_size(static_cast<int>(sum));
    return {};
  }

  Status FullDuplexCall(ServerContext* context, duplex* peer) override {
    echo_metadata(*context);
    StreamingOutputCallRequest request;
    while (peer->Read(&request)) {
      Status const wanted = wanted_status(request);
      if (!wanted.ok()) return wanted;
      answer(request, *peer);
    }
    return {};
  }

  Status HalfDuplexCall(ServerContext* context, duplex* peer) override {
    echo_metadata(*context);
    std::vector<StreamingOutputCallRequest> requests;
    for (StreamingOutputCallRequest request; peer->Read(&request);) requests.push_back(request);
    for (auto const& request : requests) answer(request, *peer);
    return {};
  }
};

std::string contents(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read \"" + path + "\"");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) try {
  interop::flags const flags(argc, argv, {"port", "use_tls", "tls_cert_file", "tls_key_file"});
  auto credentials = grpc::InsecureServerCredentials();
  if (flags.get("use_tls", "false") == "true") {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back(
        {contents(flags.get("tls_key_file", "")), contents(flags.get("tls_cert_file", ""))});
    credentials = grpc::SslServerCredentials(options);
  }
  service test_service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + flags.get("port", "10000"), credentials);
  builder.RegisterService(&test_service);
  auto const server = builder.BuildAndStart();
  if (!server) throw std::runtime_error("cannot start");
  server->Wait();
} catch (std::exception const& e) {
  std::cerr << "grpcpp_interop_server: " << e.what() << '\n';
  return 1;
}
