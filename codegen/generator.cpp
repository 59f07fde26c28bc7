#include "generator.hpp"

#include <memory>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include "build_model.hpp"
#include "printer.hpp"
#include "service_names.hpp"

namespace heddle::codegen {
namespace {

namespace compiler = google::protobuf::compiler;

/// What is wrong with the text given by --heddle_opt or before the colon of --heddle_out; empty when nothing is.
std::string check_options(std::string const& parameter) {
  std::vector<std::pair<std::string, std::string>> options;
  compiler::ParseGeneratorParameter(parameter, &options);
  if (options.empty()) return "";
  return "unknown option \"" + options.front().first + "\": protoc-gen-heddle has no options";
}

}  // namespace

bool generator::Generate(google::protobuf::FileDescriptor const* file, std::string const& parameter,
                         compiler::GeneratorContext* context, std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

bool generator::GenerateAll(std::vector<google::protobuf::FileDescriptor const*> const& files,
                            std::string const& parameter, compiler::GeneratorContext* context,
                            std::string* error) const {
  *error = check_options(parameter);
  if (!error->empty()) return false;
  service_names const names = name_services(files);
  for (google::protobuf::FileDescriptor const* file : files) {
    file_model const model = build_model(*file, names);
    std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> const output(context->Open(model.header));
    google::protobuf::io::CodedOutputStream(output.get()).WriteString(print(model));
  }
  return true;
}

std::uint64_t generator::GetSupportedFeatures() const {
#if GOOGLE_PROTOBUF_VERSION >= 4025000
  return FEATURE_PROTO3_OPTIONAL | FEATURE_SUPPORTS_EDITIONS;
#else
  return FEATURE_PROTO3_OPTIONAL;
#endif
}

}  // namespace heddle::codegen
