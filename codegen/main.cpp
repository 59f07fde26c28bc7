// protoc-gen-heddle: protoc --plugin=protoc-gen-heddle --heddle_out=DIR x.proto writes DIR/x.heddle.hpp.
#include <google/protobuf/compiler/plugin.h>

#include "generator.hpp"

int main(int argc, char** argv) {
  heddle::codegen::generator const generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
