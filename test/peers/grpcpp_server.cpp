// heddle_peer.Peer by grpc++, in this process on threads of its own.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "peer.grpc.pb.h"
#include "target.hpp"

namespace heddle_peer {

namespace {

void send_back_metadata(grpc::ServerContext& context) {
  for (auto const& [key, value] : context.client_metadata()) {
    if (key.starts_with("echo-head"))
      context.AddInitialMetadata(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    if (key.starts_with("echo-tail"))
      context.AddTrailingMetadata(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    if (key == "answer-encoding")
      context.set_compression_algorithm(value == "gzip" ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_DEFLATE);
  }
}

grpc::Status status_of(Failure const& request) {
  RichStatus rich;
  rich.set_code(request.code());
  rich.set_message(request.message());
  for (Detail const& detail : request.details()) static_cast<void>(rich.add_details()->PackFrom(detail));
  return {static_cast<grpc::StatusCode>(request.code()), request.message(),
          request.details().empty() ? std::string() : rich.SerializeAsString()};
}

class grpcpp_service final : public Peer::Service {
  grpc::Status Echo(grpc::ServerContext* context, Message const* request, Message* response) override {
    send_back_metadata(*context);
    *response = *request;
    return grpc::Status::OK;
  }

  grpc::Status Download(grpc::ServerContext* context, DownloadRequest const* request,
                        grpc::ServerWriter<Message>* out) override {
    send_back_metadata(*context);
    Message message;
    message.set_payload(std::string(static_cast<std::size_t>(request->size()), 'd'));
    for (int i = 0; i < request->count(); ++i) {
      message.set_number(i);
      if (!out->Write(message)) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Upload(grpc::ServerContext* context, grpc::ServerReader<Message>* in, Total* total) override {
    send_back_metadata(*context);
    Message message;
    while (in->Read(&message)) {
      total->set_messages(total->messages() + 1);
      total->set_bytes(total->bytes() + static_cast<std::int64_t>(message.payload().size()));
    }
    return grpc::Status::OK;
  }

  grpc::Status Chat(grpc::ServerContext* context, grpc::ServerReaderWriter<Message, Message>* both) override {
    send_back_metadata(*context);
    both->SendInitialMetadata();
    Message message;
    while (both->Read(&message) && both->Write(message)) {
    }
    return grpc::Status::OK;
  }

  grpc::Status Fail(grpc::ServerContext* context, Failure const* request, Message*) override {
    send_back_metadata(*context);
    return status_of(*request);
  }

  grpc::Status FailLate(grpc::ServerContext* context, Failure const* request,
                        grpc::ServerWriter<Message>* out) override {
    send_back_metadata(*context);
    out->Write(Message());
    return status_of(*request);
  }

  grpc::Status Sleep(grpc::ServerContext* context, Message const*, grpc::ServerWriter<TimeLeft>* out) override {
    using namespace std::chrono;
    TimeLeft left;
    bool const endless = context->deadline() == system_clock::time_point::max();
    left.set_milliseconds(endless ? -1
                                  : duration_cast<milliseconds>(context->deadline() - system_clock::now()).count());
    out->Write(left);
    while (!context->IsCancelled()) std::this_thread::sleep_for(milliseconds(2));
    ++woken_;
    return grpc::Status::CANCELLED;
  }

  grpc::Status Woken(grpc::ServerContext*, Message const*, Total* total) override {
    total->set_messages(woken_);
    return grpc::Status::OK;
  }

  std::atomic<std::int64_t> woken_ = 0;
};

class grpcpp_server {
 public:
  grpcpp_server() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~grpcpp_server() { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1)); }
  int port() const { return port_; }

 private:
  grpcpp_service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::string foreign_target() {
  static grpcpp_server const server;
  return "127.0.0.1:" + std::to_string(server.port());
}

std::vector<std::string> foreign_encodings() { return {"gzip", "deflate"}; }

}  // namespace heddle_peer
