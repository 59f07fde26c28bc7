// grpc++'s client against our server, which runs on a thread of this process.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "peer.grpc.pb.h"
#include "service.hpp"
#include "support/catch.hpp"
#include "target.hpp"

namespace asio = boost::asio;
using namespace heddle_peer;
using namespace std::chrono_literals;

namespace {

class our_server {
 public:
  explicit our_server(bool single_threaded = true, int threads = 1)
      : server_(context_, heddle::server_options().single_threaded(single_threaded).grace(1s)) {
    server_.add(service_);
    target_ = server_.listen("127.0.0.1:0").to_string();
    asio::co_spawn(context_, server_.run(), asio::detached);
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
  }
  ~our_server() {
    context_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<grpc::Channel> channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(64 << 20);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each its own connection
    return grpc::CreateCustomChannel(target_, grpc::InsecureChannelCredentials(), arguments);
  }
  std::unique_ptr<Peer::Stub> connect() const { return Peer::NewStub(channel()); }

 private:
  asio::io_context context_;
  peer_service service_;
  heddle::server server_;
  std::string target_;
  std::vector<std::thread> threads_;
};

// No call of these tests may take longer.
struct bounded_context : grpc::ClientContext {
  bounded_context() { set_deadline(std::chrono::system_clock::now() + 60s); }
};

Message message_of(std::string payload, int number = 0) {
  Message message;
  message.set_payload(std::move(payload));
  message.set_number(number);
  return message;
}

std::int64_t woken(Peer::Stub& stub) {
  bounded_context context;
  Total total;
  CHECK(stub.Woken(&context, Message(), &total).ok());
  return total.messages();
}

bool wait_until_woken(Peer::Stub& stub, std::int64_t wanted) {
  for (int i = 0; i < 500; ++i) {
    if (woken(stub) >= wanted) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

using received = std::multimap<grpc::string_ref, grpc::string_ref>;

std::vector<std::string> values(received const& metadata, char const* key) {
  std::vector<std::string> found;
  auto const [first, last] = metadata.equal_range(key);
  for (auto it = first; it != last; ++it) found.emplace_back(it->second.data(), it->second.size());
  return found;
}

void add_metadata(grpc::ClientContext& context) {
  for (char const* const value : {"a", "b"}) {
    context.AddMetadata("echo-head", value);
    context.AddMetadata("echo-tail", value);
  }
  context.AddMetadata("echo-head-empty", "");
  context.AddMetadata("echo-head-bin", std::string("\0\xFF\x01,", 4));
  context.AddMetadata("echo-tail-bin", std::string("\0\xFE\x02=", 4));
}

void check_metadata(grpc::ClientContext const& context) {
  std::vector<std::string> const twice = {"a", "b"};
  received const& headers = context.GetServerInitialMetadata();
  received const& trailers = context.GetServerTrailingMetadata();
  CHECK(values(headers, "echo-head") == twice);
  CHECK(values(headers, "echo-head-bin") == std::vector<std::string>{std::string("\0\xFF\x01,", 4)});
  CHECK(values(headers, "echo-head-empty") == std::vector<std::string>{""});
  CHECK(values(trailers, "echo-tail") == twice);
  CHECK(values(trailers, "echo-tail-bin") == std::vector<std::string>{std::string("\0\xFE\x02=", 4)});
  CHECK(values(trailers, "echo-head").empty());
}

}  // namespace

TEST_CASE("our server: a unary call of grpc++") {
  our_server const server;
  auto const stub = server.connect();
  bounded_context context;
  add_metadata(context);
  Message response;
  grpc::Status const status = stub->Echo(&context, message_of("hello", 7), &response);
  CHECK(status.error_message() == "");
  CHECK(response.payload() == "hello");
  CHECK(response.number() == 7);
  check_metadata(context);
  CHECK(context.peer().starts_with("ipv4:127.0.0.1:"));
}

TEST_CASE("our server: server streaming of grpc++") {
  our_server const server;
  auto const stub = server.connect();
  for (int const count : {0, 1, 2000}) {
    bounded_context context;
    add_metadata(context);
    DownloadRequest request;
    request.set_count(count);
    request.set_size(3000);
    auto const reader = stub->Download(&context, request);
    Message message;
    int n = 0;
    while (reader->Read(&message)) {
      if (message.number() != n || message.payload().size() != 3000) FAIL("message " << n << " is wrong");
      ++n;
    }
    CHECK(reader->Finish().error_message() == "");
    CHECK(n == count);
    if (count != 0) check_metadata(context);
  }
}

TEST_CASE("our server: client streaming of grpc++") {
  our_server const server;
  auto const stub = server.connect();
  for (int const count : {0, 1, 2000}) {
    bounded_context context;
    add_metadata(context);
    Total total;
    auto const writer = stub->Upload(&context, &total);
    Message const message = message_of(std::string(3000, 'u'));
    for (int i = 0; i < count; ++i) CHECK(writer->Write(message));
    writer->WritesDone();
    CHECK(writer->Finish().error_message() == "");
    CHECK(total.messages() == count);
    CHECK(total.bytes() == count * 3000);
    check_metadata(context);
  }
}

TEST_CASE("our server: bidirectional streaming of grpc++ in turn") {
  our_server const server;
  auto const stub = server.connect();
  bounded_context context;
  add_metadata(context);
  auto const chat = stub->Chat(&context);
  chat->WaitForInitialMetadata();  // before any message
  Message message;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(chat->Write(message_of("turn", i)));
    REQUIRE(chat->Read(&message));
    CHECK(message.number() == i);
  }
  chat->WritesDone();
  CHECK_FALSE(chat->Read(&message));
  CHECK(chat->Finish().ok());
  check_metadata(context);
}

TEST_CASE("our server: bidirectional streaming of grpc++ both ways at once") {
  our_server const server;
  auto const stub = server.connect();
  bounded_context context;
  auto const chat = stub->Chat(&context);
  std::thread writing([&] {
    Message message = message_of(std::string(10'000, 'c'));
    for (int i = 0; i < 1000; ++i) {
      message.set_number(i);
      if (!chat->Write(message)) break;
    }
    chat->WritesDone();
  });
  Message message;
  int n = 0;
  while (chat->Read(&message) && message.number() == n) ++n;
  writing.join();
  CHECK(chat->Finish().error_message() == "");
  CHECK(n == 1000);
}

TEST_CASE("our server: every status code and its message at grpc++") {
  our_server const server;
  auto const stub = server.connect();
  for (int code = 1; code <= 16; ++code) {
    INFO("code " << code);
    bounded_context context;
    add_metadata(context);
    Failure request;
    request.set_code(code);
    request.set_message(std::string(" ") + hard_message + " ");
    Message response;
    grpc::Status const status = stub->Fail(&context, request, &response);
    CHECK(status.error_code() == code);
    CHECK(status.error_message() == request.message());
    CHECK(values(context.GetServerTrailingMetadata(), "echo-tail") == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("our server: error details at grpc++, before and after a message") {
  our_server const server;
  auto const stub = server.connect();
  Failure request;
  request.set_code(grpc::FAILED_PRECONDITION);
  request.set_message(hard_message);
  request.add_details()->set_text("one");
  request.add_details()->set_text(std::string(1000, '2'));
  Message message;
  bounded_context context, late_context;
  grpc::Status statuses[2];
  statuses[0] = stub->Fail(&context, request, &message);
  auto const late = stub->FailLate(&late_context, request);
  CHECK(late->Read(&message));
  CHECK_FALSE(late->Read(&message));
  statuses[1] = late->Finish();
  for (grpc::Status const& status : statuses) {
    CHECK(status.error_code() == grpc::FAILED_PRECONDITION);
    CHECK(status.error_message() == hard_message);
    RichStatus rich;
    REQUIRE(rich.ParseFromString(status.error_details()));
    CHECK(rich.code() == grpc::FAILED_PRECONDITION);
    CHECK(rich.message() == hard_message);
    REQUIRE(rich.details_size() == 2);
    Detail detail;
    REQUIRE(rich.details(0).UnpackTo(&detail));
    CHECK(detail.text() == "one");
    REQUIRE(rich.details(1).UnpackTo(&detail));
    CHECK(detail.text() == std::string(1000, '2'));
  }
}

TEST_CASE("our server: a deadline of grpc++ cancels the handler") {
  our_server const server;
  auto const stub = server.connect();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 400ms);
  auto const sleep = stub->Sleep(&context, Message());
  TimeLeft left;
  REQUIRE(sleep->Read(&left));
  CHECK(left.milliseconds() > 0);
  CHECK(left.milliseconds() <= 400);
  CHECK_FALSE(sleep->Read(&left));
  CHECK(sleep->Finish().error_code() == grpc::DEADLINE_EXCEEDED);
  CHECK(wait_until_woken(*stub, 1));
}

TEST_CASE("our server: cancellation by grpc++ cancels the handler") {
  our_server const server;
  auto const stub = server.connect();
  for (int i = 1; i <= 20; ++i) {
    grpc::ClientContext context;
    auto const sleep = stub->Sleep(&context, Message());
    TimeLeft left;
    REQUIRE(sleep->Read(&left));
    CHECK(left.milliseconds() == -1);
    context.TryCancel();
    CHECK_FALSE(sleep->Read(&left));
    CHECK(sleep->Finish().error_code() == grpc::CANCELLED);
    CHECK(wait_until_woken(*stub, i));
  }
}

TEST_CASE("our server: a connection of grpc++ that goes cancels the handler") {
  our_server const server;
  auto const stub = server.connect();
  {
    auto const leaving = server.connect();
    grpc::ClientContext context;
    auto const sleep = leaving->Sleep(&context, Message());
    TimeLeft left;
    REQUIRE(sleep->Read(&left));
  }
  CHECK(wait_until_woken(*stub, 1));
}

TEST_CASE("our server: big messages of grpc++ up to the limit") {
  our_server const server;
  auto const stub = server.connect();
  Message response;
  {
    bounded_context context;
    Message const request = message_of(std::string((4 << 20) - 100, 'b'));
    CHECK(stub->Echo(&context, request, &response).error_message() == "");
    CHECK(response.payload() == request.payload());
  }
  {
    bounded_context context;
    Message const request = message_of(std::string(5 << 20, 'b'));
    CHECK(stub->Echo(&context, request, &response).error_code() == grpc::RESOURCE_EXHAUSTED);
  }
  bounded_context context;
  DownloadRequest request;
  request.set_count(2);
  request.set_size(20 << 20);
  auto const reader = stub->Download(&context, request);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(reader->Read(&response));
    CHECK(response.payload() == std::string(20 << 20, 'd'));
  }
  CHECK_FALSE(reader->Read(&response));
  CHECK(reader->Finish().ok());
}

TEST_CASE("our server: a service that is not there, called by grpc++") {
  our_server const server;
  auto const stub = Absent::NewStub(server.channel());
  bounded_context context;
  Message response;
  CHECK(stub->Call(&context, Message(), &response).error_code() == grpc::UNIMPLEMENTED);
}

namespace {

// Calls of eight threads on one connection; returns how many did not go as they should.
int call_from_threads(Peer::Stub& stub) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&stub, &wrong, t] {
      for (int i = 0; i < 100; ++i) {
        bounded_context context, chat_context;
        Message const request = message_of(std::to_string(t * 1000 + i), i);
        Message response;
        bool const fine = stub.Echo(&context, request, &response).ok() && response.payload() == request.payload();
        auto const chat = stub.Chat(&chat_context);
        bool const echoed = chat->Write(request) && chat->Read(&response) && response.payload() == request.payload();
        chat->WritesDone();
        if (!fine || !echoed || !chat->Finish().ok()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return wrong;
}

}  // namespace

TEST_CASE("our server: many calls of grpc++ at once") {
  our_server const server;
  auto const stub = server.connect();
  CHECK(call_from_threads(*stub) == 0);
}

TEST_CASE("our server: many calls of grpc++ at once, with two threads and a strand for each connection") {
  our_server const server(false, 2);
  auto const first = server.connect(), second = server.connect();
  int wrong = 0;
  std::thread other([&] { wrong = call_from_threads(*second); });
  CHECK(call_from_threads(*first) == 0);
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("our server: more streams of grpc++ than it allows wait for their turn") {
  our_server const server;
  auto const stub = server.connect();
  std::vector<std::unique_ptr<bounded_context>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<Message, Message>>> chats;
  for (int i = 0; i < 100; ++i) {
    chats.push_back(stub->Chat(contexts.emplace_back(std::make_unique<bounded_context>()).get()));
    chats.back()->WaitForInitialMetadata();
  }
  std::thread waiting([&] {
    bounded_context context;
    Message response;
    CHECK(stub->Echo(&context, message_of("late"), &response).error_message() == "");
  });
  std::this_thread::sleep_for(50ms);
  for (auto const& chat : chats) {
    Message message;
    CHECK(chat->Write(message_of("x")));
    CHECK(chat->Read(&message));
    chat->WritesDone();
    CHECK(chat->Finish().ok());
  }
  waiting.join();
}

TEST_CASE("our server: compressed calls of grpc++ of all kinds") {
  our_server const server;
  auto const stub = server.connect();
  struct row {
    grpc_compression_algorithm algorithm;
    char const* name;
  };
  for (row const& r : {row{GRPC_COMPRESS_GZIP, "gzip"}, row{GRPC_COMPRESS_DEFLATE, "deflate"}}) {
    INFO(r.name);
    auto const prepare = [&r](grpc::ClientContext& context) {
      context.set_compression_algorithm(r.algorithm);
      context.AddMetadata("answer-encoding", r.name);
    };
    std::vector<std::string> const compressed = {r.name};
    for (std::string const& payload : {std::string(), std::string("tiny"), std::string(3'000'000, 'z')}) {
      bool const smaller = payload.size() > 4;
      Message const request = message_of(payload, 7);
      Message response;
      {
        bounded_context context;
        prepare(context);
        CHECK(stub->Echo(&context, request, &response).error_message() == "");
        CHECK((response.payload() == payload));
        if (smaller) CHECK(values(context.GetServerTrailingMetadata(), "request-was") == compressed);
        CHECK(values(context.GetServerInitialMetadata(), "grpc-encoding").size() <= 1);
      }
      {
        bounded_context context;
        prepare(context);
        auto const chat = stub->Chat(&context);
        for (int i = 0; i < 3; ++i) {
          grpc::WriteOptions options;
          if (i == 1) options.set_no_compression();
          CHECK(chat->Write(request, options));
          CHECK(chat->Read(&response));
          CHECK((response.payload() == payload));
        }
        chat->WritesDone();
        CHECK_FALSE(chat->Read(&response));
        CHECK(chat->Finish().error_message() == "");
        if (smaller) CHECK(values(context.GetServerTrailingMetadata(), "request-was") == compressed);
      }
      {
        bounded_context context;
        prepare(context);
        Total total;
        auto const upload = stub->Upload(&context, &total);
        for (int i = 0; i < 3; ++i) CHECK(upload->Write(request));
        upload->WritesDone();
        CHECK(upload->Finish().error_message() == "");
        CHECK(total.bytes() == static_cast<std::int64_t>(3 * payload.size()));
      }
    }
    bounded_context context;
    prepare(context);
    DownloadRequest request;
    request.set_count(200);
    request.set_size(3000);
    auto const reader = stub->Download(&context, request);
    Message message;
    int n = 0;
    while (reader->Read(&message) && message.payload() == std::string(3000, 'd')) ++n;
    CHECK(n == 200);
    CHECK(reader->Finish().error_message() == "");
  }
}

TEST_CASE("our server: a request of grpc++ that inflates to more than the limit") {
  our_server const server;
  auto const stub = server.connect();
  bounded_context context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  Message response;
  CHECK(stub->Echo(&context, message_of(std::string(5 << 20, 'b')), &response).error_code() ==
        grpc::RESOURCE_EXHAUSTED);
}
