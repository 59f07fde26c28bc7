// protoc-gen-heddle: protoc --plugin=protoc-gen-heddle --heddle_out=DIR x.proto writes DIR/x.heddle.hpp, and with
// --heddle_opt=descriptors and --heddle_opt=fakes x.heddle.descriptors.hpp and x.heddle.fake.hpp beside it.
#include <google/protobuf/compiler/plugin.h>

#include "generator.hpp"

int main(int argc, char** argv) {
  heddle::codegen::generator const generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
