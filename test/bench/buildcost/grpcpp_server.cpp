// The greeter of grpc++, for what it costs to build: as examples/1_hello/server.cpp, with the blocking API.
#include <grpcpp/grpcpp.h>

#include "helloworld.grpc.pb.h"

class greeter_service final : public helloworld::Greeter::Service {
  grpc::Status SayHello(grpc::ServerContext*, helloworld::HelloRequest const* request,
                        helloworld::HelloReply* reply) override {
    if (request->name().empty()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "who are you?");
    reply->set_message("Hello " + request->name());
    return grpc::Status::OK;
  }
};

int main() {
  greeter_service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:50051", grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  builder.BuildAndStart()->Wait();
}
