// grpc++ server with one completion queue and one thread that polls it. usage: grpcpp-queue PORT
#include <cstdint>
#include <string>

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"

using bench::Req;
using bench::Resp;
using bench::StreamReq;

namespace {

bench::Bench::AsyncService service;
grpc::ServerCompletionQueue* queue;

struct call {
  grpc::ServerContext context;
  virtual ~call() = default;
  virtual void go(bool ok) = 0;
};

struct unary_call final : call {
  Req request;
  Resp response;
  grpc::ServerAsyncResponseWriter<Resp> peer{&context};
  bool finished = false;
  unary_call() { service.RequestUnary(&context, &request, &peer, queue, queue, this); }
  void go(bool ok) override {
    if (finished || !ok) return delete this;
    new unary_call;
    response.mutable_payload()->swap(*request.mutable_payload());
    finished = true;
    peer.Finish(response, grpc::Status::OK, this);
  }
};

struct server_stream_call final : call {
  enum { requested, writing, finished } state = requested;
  StreamReq request;
  Resp response;
  grpc::ServerAsyncWriter<Resp> peer{&context};
  std::uint32_t left = 0;
  server_stream_call() { service.RequestServerStream(&context, &request, &peer, queue, queue, this); }
  void go(bool ok) override {
    if (state == finished || !ok) return delete this;
    if (state == requested) {
      new server_stream_call;
      state = writing;
      left = request.count();
      response.set_payload(std::string(request.size(), 'x'));
    }
    if (left == 0) {
      state = finished;
      return peer.Finish(grpc::Status::OK, this);
    }
    --left;
    peer.Write(response, this);
  }
};

struct client_stream_call final : call {
  enum { requested, reading, finished } state = requested;
  Req request;
  Resp response;
  grpc::ServerAsyncReader<Resp, Req> peer{&context};
  std::uint64_t bytes = 0;
  client_stream_call() { service.RequestClientStream(&context, &peer, queue, queue, this); }
  void go(bool ok) override {
    if (state == finished || (state == requested && !ok)) return delete this;
    if (state == requested) {
      new client_stream_call;
      state = reading;
    } else if (ok) {
      bytes += request.payload().size();
    } else {
      state = finished;
      response.set_payload(std::to_string(bytes));
      return peer.Finish(response, grpc::Status::OK, this);
    }
    peer.Read(&request, this);
  }
};

struct bidi_call final : call {
  enum { requested, reading, writing, finished } state = requested;
  Req request;
  Resp response;
  grpc::ServerAsyncReaderWriter<Resp, Req> peer{&context};
  bidi_call() { service.RequestBidi(&context, &peer, queue, queue, this); }
  void finish(grpc::Status const& status) {
    state = finished;
    peer.Finish(status, this);
  }
  void read() {
    state = reading;
    peer.Read(&request, this);
  }
  void go(bool ok) override {
    switch (state) {
      case requested:
        if (!ok) return delete this;
        new bidi_call;
        return read();
      case reading:
        if (!ok) return finish(grpc::Status::OK);
        response.mutable_payload()->swap(*request.mutable_payload());
        state = writing;
        return peer.Write(response, this);
      case writing: return ok ? read() : finish(grpc::Status::CANCELLED);
      case finished: delete this;
    }
  }
};

}  // namespace

int main(int, char** argv) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.RegisterService(&service);
  auto const owned = builder.AddCompletionQueue();
  queue = owned.get();
  auto const server = builder.BuildAndStart();
  for (int i = 0; i < 128; ++i) new unary_call;  // so many calls can begin at once
  for (int i = 0; i < 16; ++i) {
    new server_stream_call;
    new client_stream_call;
    new bidi_call;
  }
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) static_cast<call*>(tag)->go(ok);
}
