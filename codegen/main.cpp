// protoc-gen-heddle: protoc --plugin=protoc-gen-heddle --heddle_out=DIR x.proto writes DIR/x.heddle.hpp, and with
// --heddle_opt=descriptors and --heddle_opt=fakes x.heddle.descriptors.hpp and x.heddle.fake.hpp beside it.
// protoc-gen-heddle --version says which headers that code is for; heddle_generate() compares the whole line.
#include <iostream>
#include <string_view>

#include <google/protobuf/compiler/plugin.h>

#include <heddle/base/config.hpp>

#include "generator.hpp"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::cout << "protoc-gen-heddle " HEDDLE_VERSION_STRING ", generated code " << HEDDLE_CODEGEN_VERSION << '\n';
    return 0;
  }
  heddle::codegen::generator const generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
