// What the printer knows of one .proto: plain values, already C++ names, no descriptors.
#pragma once

#include <string>
#include <vector>

namespace heddle::codegen {

enum class method_kind { unary, server_streaming, client_streaming, bidi_streaming };
enum class idempotency_kind { unknown, no_side_effects, idempotent };

struct method_model {
  std::string name;      // snake_case, free of collisions
  std::string handler;   // what the library calls on the server: `name`, or a function beside it
  std::string script;    // "on_say_hello": the member of a fake that says what it answers
  std::string path;      // "/helloworld.Greeter/SayHello"
  std::string request;   // "::helloworld::HelloRequest"
  std::string response;
  method_kind kind = method_kind::unary;
  idempotency_kind idempotency = idempotency_kind::unknown;
  bool deprecated = false;
  std::vector<std::string> comment;  // lines, clean to stand behind "///"
};

struct service_model {
  std::string name;
  std::string full_name;  // "helloworld.Greeter"
  std::vector<std::string> comment;
  std::vector<method_model> methods;
};

struct embedded_file {
  std::string name;   // "google/protobuf/empty.proto"
  std::string bytes;  // a serialised google.protobuf.FileDescriptorProto
};

struct file_model {
  std::string source;          // "dir/helloworld.proto"
  std::string header;          // "dir/helloworld.heddle.hpp"
  std::string fake_header;     // "dir/helloworld.heddle.fake.hpp"
  std::string descriptors;     // "dir/helloworld.heddle.descriptors.hpp", or empty: not asked for
  std::string message_header;  // "dir/helloworld.pb.h"
  std::string cpp_namespace;   // "a::b", or empty
  std::vector<service_model> services;
  std::vector<embedded_file> files;  // for `descriptors`: this file and all that it imports, imports first
};

}  // namespace heddle::codegen
