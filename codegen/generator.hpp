// The plugin as protoc sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/stubs/common.h>

namespace heddle::codegen {

class generator final : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(google::protobuf::FileDescriptor const* file, std::string const& parameter,
                google::protobuf::compiler::GeneratorContext* context, std::string* error) const override;

  bool GenerateAll(std::vector<google::protobuf::FileDescriptor const*> const& files, std::string const& parameter,
                   google::protobuf::compiler::GeneratorContext* context, std::string* error) const override;

  std::uint64_t GetSupportedFeatures() const override;

  // Nothing in our output depends on the edition except C++ names, and those come from libprotoc: what it can read, we
  // support.
#if GOOGLE_PROTOBUF_VERSION >= 4025000
  google::protobuf::Edition GetMinimumEdition() const override { return google::protobuf::EDITION_PROTO2; }
  google::protobuf::Edition GetMaximumEdition() const override {
#if GOOGLE_PROTOBUF_VERSION >= 6030000
    return google::protobuf::compiler::ProtocMaximumEdition();
#else
    return google::protobuf::EDITION_2023;
#endif
  }
#endif
};

}  // namespace heddle::codegen
