// grpc++ server on the callback API. usage: grpcpp-callback PORT
#include <cstdint>
#include <string>

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"

using bench::Req;
using bench::Resp;
using bench::StreamReq;

class bench_service final : public bench::Bench::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, Req const* request, Resp* response) override {
    response->set_payload(request->payload());
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<Resp>* ServerStream(grpc::CallbackServerContext*, StreamReq const* request) override {
    struct reactor final : grpc::ServerWriteReactor<Resp> {
      Resp response;
      std::uint32_t left;
      explicit reactor(StreamReq const& request) : left(request.count()) {
        response.set_payload(std::string(request.size(), 'x'));
        next();
      }
      void next() {
        if (left == 0) return Finish(grpc::Status::OK);
        --left;
        StartWrite(&response);  // with set_buffer_hint() h2load hangs (1.51)
      }
      void OnWriteDone(bool ok) override { ok ? next() : Finish(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }
    };
    return new reactor(*request);
  }

  grpc::ServerReadReactor<Req>* ClientStream(grpc::CallbackServerContext*, Resp* response) override {
    struct reactor final : grpc::ServerReadReactor<Req> {
      Req request;
      Resp& response;
      std::uint64_t bytes = 0;
      explicit reactor(Resp& r) : response(r) { StartRead(&request); }
      void OnReadDone(bool ok) override {
        if (ok) {
          bytes += request.payload().size();
          StartRead(&request);
        } else {
          response.set_payload(std::to_string(bytes));
          Finish(grpc::Status::OK);
        }
      }
      void OnDone() override { delete this; }
    };
    return new reactor(*response);
  }

  grpc::ServerBidiReactor<Req, Resp>* Bidi(grpc::CallbackServerContext*) override {
    struct reactor final : grpc::ServerBidiReactor<Req, Resp> {
      Req request;
      Resp response;
      reactor() { StartRead(&request); }
      void OnReadDone(bool ok) override {
        if (!ok) return Finish(grpc::Status::OK);
        response.mutable_payload()->swap(*request.mutable_payload());
        StartWrite(&response);
      }
      void OnWriteDone(bool ok) override { ok ? StartRead(&request) : Finish(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }
    };
    return new reactor;
  }
};

int main(int, char** argv) {
  bench_service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.RegisterService(&service);
  builder.BuildAndStart()->Wait();
}
