#include "protobuf_names.hpp"

#include <string_view>

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/stubs/common.h>

namespace heddle::codegen {
namespace {

namespace cpp = google::protobuf::compiler::cpp;

// protobuf 3.21 spells the namespace of well-known types as a macro that only its own headers define.
std::string without_macro(std::string name) {
  constexpr std::string_view macro = "PROTOBUF_NAMESPACE_ID";
  if (auto const at = name.find(macro); at != std::string::npos) name.replace(at, macro.size(), "google::protobuf");
  return name;
}

std::string without_leading_colons(std::string name) { return name.starts_with("::") ? name.substr(2) : name; }

}  // namespace

std::string message_class(google::protobuf::Descriptor const& message) {
  return "::" + without_leading_colons(without_macro(cpp::QualifiedClassName(&message)));
}

std::string namespace_of(google::protobuf::FileDescriptor const& file) {
#if GOOGLE_PROTOBUF_VERSION >= 6030000
  return without_leading_colons(cpp::Namespace(&file));
#else
  // Older versions keep this function to themselves, but tell it in the name of any message of the package.
  google::protobuf::FileDescriptorProto probe;
  probe.set_name("probe.proto");
  probe.set_package(std::string(file.package()));
  probe.add_message_type()->set_name("Probe");
  google::protobuf::DescriptorPool pool;
  std::string const qualified = message_class(*pool.BuildFile(probe)->message_type(0));
  return without_leading_colons(qualified.substr(0, qualified.rfind("::")));
#endif
}

std::string strip_extension(google::protobuf::FileDescriptor const& file) {
  return std::string(cpp::StripProto(std::string(file.name())));
}

}  // namespace heddle::codegen
