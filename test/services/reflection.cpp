#include <heddle/services/reflection.hpp>

#include <span>
#include <string>
#include <vector>

#include <heddle/services/health.hpp>

#include "grpc/channelz/v1/channelz.heddle.hpp"
#include "grpc/reflection/v1/reflection.heddle.hpp"
#include "grpc/reflection/v1alpha/reflection.heddle.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
namespace v1 = grpc::reflection::v1;
namespace v1alpha = grpc::reflection::v1alpha;

// v1alpha is deprecated, and what some clients speak.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

/// One stream of queries.
template <class Client, class Request, class Response>
std::vector<Response> ask(world& w, std::vector<Request> const& requests) {
  std::vector<Response> answers;
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = Client(*w.channel).server_reflection_info();
    for (Request const& request : requests) {
      co_await call.write(request);
      auto answer = co_await call.read();
      REQUIRE(answer);
      CHECK(answer->original_request().SerializeAsString() == request.SerializeAsString());
      CHECK(answer->valid_host() == request.host());
      answers.push_back(std::move(*answer));
    }
    co_await call.writes_done();
    auto const end = co_await call.read();
    CHECK(!end);
  };
  w.run(body);
  return answers;
}

using request = v1::ServerReflectionRequest;

std::vector<v1::ServerReflectionResponse> ask_v1(world& w, std::vector<request> const& requests) {
  return ask<v1::server_reflection::client, request, v1::ServerReflectionResponse>(w, requests);
}

request symbol(std::string const& name) {
  request r;
  r.set_host("loom");
  r.set_file_containing_symbol(name);
  return r;
}

request list() {
  request r;
  r.set_list_services("*");
  return r;
}

std::vector<std::string> names(v1::ServerReflectionResponse const& answer) {
  std::vector<std::string> result;
  for (std::string const& bytes : answer.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    REQUIRE(file.ParseFromString(bytes));
    result.push_back(file.name());
  }
  return result;
}

/// Of deep.Outer two extensions are declared, in a file of their own.
struct extended_service final : heddle::service {
  extended_service() {
    google::protobuf::FileDescriptorProto base, extra;
    base.set_name("deep.proto");
    base.set_package("deep");
    base.add_message_type()->set_name("Outer");
    base.mutable_message_type(0)->add_extension_range()->set_start(100);
    extra.set_name("extra.proto");
    extra.add_dependency("deep.proto");
    for (int const number : {120, 101}) {
      auto& extension = *extra.add_extension();
      extension.set_name("number_" + std::to_string(number));
      extension.set_extendee(".deep.Outer");
      extension.set_number(number);
    }
    bytes_ = {base.SerializeAsString(), extra.SerializeAsString()};
    files_ = {{"deep.proto", bytes_[0]}, {"extra.proto", bytes_[1]}};
  }
  std::span<method_binding const> heddle_methods_() const noexcept override { return {}; }
  std::span<descriptor_file const> heddle_files_() const noexcept override { return files_; }

 private:
  std::vector<std::string> bytes_;
  std::vector<descriptor_file> files_;
};

}  // namespace

TEST_CASE("reflection lists what the server serves, itself included, in both versions") {
  health health;
  world w;
  enable_reflection(*w.server);
  w.server->add(health);
  std::vector<std::string> found;
  auto const listed = ask_v1(w, {list()});
  for (auto const& service : listed.front().list_services_response().service()) found.push_back(service.name());
  CHECK(found == std::vector<std::string>{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                          "grpc.reflection.v1alpha.ServerReflection", "lab.Echo"});

  v1alpha::ServerReflectionRequest old;
  old.set_list_services("");
  auto const answers =
      ask<v1alpha::server_reflection::client, v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(
          w, {old});
  CHECK(answers.front().list_services_response().service_size() == 4);
}

TEST_CASE("reflection describes files of embedded descriptors, each import once a stream") {
  health health;
  world w;
  enable_reflection_lite(*w.server);
  w.server->add(health);
  request by_name;
  by_name.set_file_by_filename("lab.proto");
  auto const answers = ask_v1(w, {symbol("lab.Echo"), symbol("lab.Echo.Unary"), by_name, symbol("lab.Text.words"),
                                  symbol("grpc.health.v1.Health.List"), symbol("grpc.reflection.v1.ErrorResponse")});
  CHECK(names(answers[0]) == std::vector<std::string>{"lab.proto"});
  CHECK(names(answers[1]) == std::vector<std::string>{"lab.proto"});
  CHECK(names(answers[2]) == std::vector<std::string>{"lab.proto"});
  CHECK(answers[3].error_response().error_code() == 5);
  CHECK(names(answers[4]) == std::vector<std::string>{"grpc/health/v1/health.proto"});
  CHECK(names(answers[5]) == std::vector<std::string>{"grpc/reflection/v1/reflection.proto"});
}

TEST_CASE("reflection answers errors in its messages, and the stream goes on") {
  world w;
  enable_reflection(*w.server);
  request file, extension, numbers, of_nobody, nothing;
  file.set_file_by_filename("lost.proto");
  extension.mutable_file_containing_extension()->set_containing_type("lab.Text");
  extension.mutable_file_containing_extension()->set_extension_number(-7);
  numbers.set_all_extension_numbers_of_type("lab.Text");
  of_nobody.set_all_extension_numbers_of_type("lab.Nobody");
  auto const answers = ask_v1(w, {symbol("lab.Nobody"), file, extension, numbers, of_nobody, nothing, list()});
  CHECK(answers[0].error_response().error_code() == 5);
  CHECK(answers[0].error_response().error_message() == "no symbol \"lab.Nobody\" is known here");
  CHECK(answers[1].error_response().error_message() == "no file \"lost.proto\" is known here");
  CHECK(answers[2].error_response().error_message() == "no extension -7 of \"lab.Text\" is known here");
  CHECK(answers[3].all_extension_numbers_response().base_type_name() == "lab.Text");
  CHECK(answers[3].all_extension_numbers_response().extension_number_size() == 0);
  CHECK(answers[4].error_response().error_code() == 5);
  CHECK(answers[5].error_response().error_code() == 3);
  CHECK(answers[6].list_services_response().service_size() == 3);
}

TEST_CASE("reflection finds extensions by type and number, and all numbers of a type") {
  extended_service extended;
  world w;
  w.server->add(extended);
  enable_reflection(*w.server);
  request one, none, numbers;
  one.mutable_file_containing_extension()->set_containing_type("deep.Outer");
  one.mutable_file_containing_extension()->set_extension_number(120);
  none.mutable_file_containing_extension()->set_containing_type("deep.Outer");
  none.mutable_file_containing_extension()->set_extension_number(119);
  numbers.set_all_extension_numbers_of_type("deep.Outer");
  auto const answers = ask_v1(w, {numbers, one, one, none, symbol("number_101")});
  auto const& all = answers[0].all_extension_numbers_response();
  CHECK(all.base_type_name() == "deep.Outer");
  CHECK(std::vector<int>(all.extension_number().begin(), all.extension_number().end()) == std::vector<int>{101, 120});
  CHECK(names(answers[1]) == std::vector<std::string>{"extra.proto", "deep.proto"});
  CHECK(names(answers[2]) == std::vector<std::string>{"extra.proto"});  // its import has been sent
  CHECK(answers[3].error_response().error_code() == 5);
  CHECK(answers[3].error_response().error_message() == "no extension 119 of \"deep.Outer\" is known here");
  CHECK(names(answers[4]) == std::vector<std::string>{"extra.proto"});
}

TEST_CASE("services without embedded descriptors are described by protobuf's own, or the answer says what is missing") {
  grpc::channelz::v1::channelz::service plain;  // generated without DESCRIPTORS
  CHECK(plain.heddle_files_().empty());
  std::string const service = "grpc.channelz.v1.Channelz";
  {
    world w;
    w.server->add(plain);
    enable_reflection(*w.server);
    request timestamp;
    timestamp.set_file_by_filename("google/protobuf/timestamp.proto");
    auto const answers = ask_v1(w, {symbol(service + ".GetServers"), timestamp});
    CHECK(names(answers[0]) == std::vector<std::string>{"grpc/channelz/v1/channelz.proto", "google/protobuf/any.proto",
                                                        "google/protobuf/duration.proto",
                                                        "google/protobuf/timestamp.proto",
                                                        "google/protobuf/wrappers.proto"});
    CHECK(names(answers[1]) == std::vector<std::string>{"google/protobuf/timestamp.proto"});
    google::protobuf::FileDescriptorProto file;
    REQUIRE(file.ParseFromString(answers[0].file_descriptor_response().file_descriptor_proto(0)));
    CHECK(file.message_type(0).field(2).json_name() == "channelRef");
  }
  world w;
  w.server->add(plain);
  enable_reflection_lite(*w.server);
  auto const answers = ask_v1(w, {symbol(service), list()});
  CHECK(answers[0].error_response().error_message() ==
        "service grpc.channelz.v1.Channelz is served, but was generated without descriptors: "
        "heddle_generate(... DESCRIPTORS) embeds them, or enable_reflection() finds them in full protobuf messages");
  CHECK(answers[1].list_services_response().service_size() == 4);
}

TEST_CASE("messages of reflection survive both ways") {
  services::reflection_response sent, read;
  sent.kind = services::reflection_response::answer::extension_numbers;
  sent.base_type_name = "a.B";
  sent.extension_numbers = {0, 7, -1};
  sent.original_request.asked = services::reflection_request::query::file_containing_extension;
  sent.original_request.text = "a.B";
  sent.original_request.extension_number = 7;
  std::string bytes;
  wire::writer out(bytes);
  sent.write(out);
  v1::ServerReflectionResponse theirs;
  REQUIRE(theirs.ParseFromString(bytes));
  CHECK(theirs.all_extension_numbers_response().extension_number(2) == -1);
  CHECK(theirs.original_request().file_containing_extension().extension_number() == 7);
  REQUIRE(services::unpack(read, theirs.SerializeAsString()));  // where the numbers are packed
  CHECK(read.extension_numbers == sent.extension_numbers);
  CHECK(read.original_request.text == "a.B");
  CHECK(!services::unpack(read, std::string_view("\x12\x02\x2a\x01", 4)));
}
