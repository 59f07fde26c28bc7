#include "generator.hpp"

#include <memory>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include "build_model.hpp"
#include "embedded.hpp"
#include "printer.hpp"
#include "service_names.hpp"

namespace heddle::codegen {
namespace {

namespace compiler = google::protobuf::compiler;

/// What is given by --heddle_opt or before the colon of --heddle_out.
struct options {
  bool descriptors = false;
  bool fakes = false;
};

/// What is wrong with `parameter`; empty when nothing is.
std::string parse_options(std::string const& parameter, options& into) {
  std::vector<std::pair<std::string, std::string>> given;
  compiler::ParseGeneratorParameter(parameter, &given);
  for (auto const& [name, value] : given) {
    bool* const known = name == "descriptors" ? &into.descriptors : name == "fakes" ? &into.fakes : nullptr;
    if (known == nullptr) return "unknown option \"" + name + "\": there are descriptors and fakes";
    if (!value.empty()) return "option \"" + name + "\" takes no value";
    *known = true;
  }
  return "";
}

void write(compiler::GeneratorContext& context, std::string const& name, std::string const& text) {
  std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> const output(context.Open(name));
  google::protobuf::io::CodedOutputStream(output.get()).WriteString(text);
}

}  // namespace

bool generator::Generate(google::protobuf::FileDescriptor const* file, std::string const& parameter,
                         compiler::GeneratorContext* context, std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

bool generator::GenerateAll(std::vector<google::protobuf::FileDescriptor const*> const& files,
                            std::string const& parameter, compiler::GeneratorContext* context,
                            std::string* error) const {
  options chosen;
  *error = parse_options(parameter, chosen);
  if (!error->empty()) return false;
  service_names const names = name_services(files);
  for (google::protobuf::FileDescriptor const* file : files) {
    file_model model = build_model(*file, names);
    if (chosen.descriptors) embed_files(*file, model);
    write(*context, model.header, print(model));
    if (chosen.descriptors) write(*context, model.descriptors, print_embedded(model));
    if (chosen.fakes) write(*context, model.fake_header, print_fakes(model));
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
