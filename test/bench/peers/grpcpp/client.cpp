// grpc++ clients, one connection: the callback API, or a completion queue.
// usage: grpcpp-client PORT callback|queue unary OUTSTANDING COUNT
//        grpcpp-client PORT callback|queue stream COUNT SIZE
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "../../stopwatch.hpp"
#include "bench.grpc.pb.h"

using bench::Req;
using bench::Resp;
using bench::StreamReq;
using bench_program::stopwatch;

namespace {

std::unique_ptr<bench::Bench::Stub> stub;
Req request;
std::mutex mutex;
std::condition_variable changed;
std::atomic<long> left_to_call, running;

void expect(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

struct callback_call {
  std::optional<grpc::ClientContext> context;
  Resp response;
  void go() {
    if (left_to_call.fetch_sub(1) <= 0) {
      if (--running == 0) {
        std::lock_guard const lock(mutex);
        changed.notify_one();
      }
      return;
    }
    context.emplace();
    stub->async()->Unary(&*context, &request, &response, [this](grpc::Status const& status) {
      expect(status.ok() && response.payload().size() == 16, "unary");
      go();
    });
  }
};

void call_by_callback(long outstanding) {
  std::vector<callback_call> calls(outstanding);
  for (auto& call : calls) call.go();
  std::unique_lock lock(mutex);
  changed.wait(lock, [] { return running == 0; });
}

struct queue_call {
  std::optional<grpc::ClientContext> context;
  Resp response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Resp>> reader;
  bool go(grpc::CompletionQueue& queue) {
    if (left_to_call.fetch_sub(1) <= 0) return false;
    context.emplace();
    reader = stub->AsyncUnary(&*context, request, &queue);
    reader->Finish(&response, &status, this);
    return true;
  }
};

void call_by_queue(long outstanding) {
  grpc::CompletionQueue queue;
  std::vector<queue_call> calls(outstanding);
  for (auto& call : calls)
    if (!call.go(queue)) --running;
  void* tag;
  bool ok;
  while (running > 0 && queue.Next(&tag, &ok)) {
    auto& call = *static_cast<queue_call*>(tag);
    expect(ok && call.status.ok() && call.response.payload().size() == 16, "unary");
    if (!call.go(queue)) --running;
  }
}

struct callback_reader final : grpc::ClientReadReactor<Resp> {
  grpc::ClientContext context;
  Resp response;
  std::size_t size = 0;
  long count = 0;
  bool done = false;
  void OnReadDone(bool ok) override {
    if (!ok) return;
    expect(response.payload().size() == size, "server_stream");
    ++count;
    StartRead(&response);
  }
  void OnDone(grpc::Status const& status) override {
    expect(status.ok(), "status");
    std::lock_guard const lock(mutex);
    done = true;
    changed.notify_one();
  }
};

long read_by_callback(StreamReq const& wanted) {
  callback_reader reader;
  reader.size = wanted.size();
  stub->async()->ServerStream(&reader.context, &wanted, &reader);
  reader.StartRead(&reader.response);
  reader.StartCall();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return reader.done; });
  return reader.count;
}

long read_by_queue(StreamReq const& wanted) {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  Resp response;
  grpc::Status status;
  void* tag;
  bool ok;
  auto const reader = stub->AsyncServerStream(&context, wanted, &queue, nullptr);
  queue.Next(&tag, &ok);
  long count = 0;
  for (;; ++count) {
    reader->Read(&response, nullptr);
    queue.Next(&tag, &ok);
    if (!ok) break;
    expect(response.payload().size() == wanted.size(), "server_stream");
  }
  reader->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  expect(status.ok(), "status");
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  stub = bench::Bench::NewStub(
      grpc::CreateCustomChannel(std::string("127.0.0.1:") + argv[1], grpc::InsecureChannelCredentials(), arguments));
  request.set_payload(std::string(16, 'x'));
  bool const by_callback = std::string(argv[2]) == "callback";
  if (std::string(argv[3]) == "unary") {
    long const outstanding = std::atol(argv[4]), count = std::atol(argv[5]);
    auto const call = [&](long n) {
      left_to_call = n;
      running = outstanding;
      by_callback ? call_by_callback(outstanding) : call_by_queue(outstanding);
    };
    call(count / 10 + 1);  // warms up
    stopwatch const watch;
    call(count);
    watch.report(count);
  } else {
    StreamReq wanted;
    wanted.set_count(std::uint32_t(std::atol(argv[4])));
    wanted.set_size(std::uint32_t(std::atol(argv[5])));
    stopwatch const watch;
    long const count = by_callback ? read_by_callback(wanted) : read_by_queue(wanted);
    expect(count == long(wanted.count()), "number of messages");
    watch.report(count);
  }
}
