#include "build_model.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <google/protobuf/descriptor.pb.h>

#include "names.hpp"
#include "protobuf_names.hpp"

namespace heddle::codegen {
namespace {

namespace pb = google::protobuf;

// A line that ends in a backslash, or in its trigraph, would make the next line a comment as well.
std::string clean_line(std::string_view line) {
  if (line.starts_with('/')) line.remove_prefix(1);  // a doc comment in the proto as well
  if (line.starts_with(' ')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || (line.back() >= '\t' && line.back() <= '\r'))) line.remove_suffix(1);
  std::string result(line);
  for (char& c : result) {
    if (c >= 0 && c < ' ' && c != '\t') c = ' ';
  }
  if (result.ends_with('\\') || result.ends_with("?\?/")) result += " //";
  return result;
}

template <class Descriptor>
std::vector<std::string> leading_comment(Descriptor const& descriptor) {
  std::vector<std::string> lines;
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return lines;
  std::string_view rest = location.leading_comments;
  while (!rest.empty()) {
    std::size_t const end = std::min(rest.find('\n'), rest.size());
    lines.push_back(clean_line(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
  return lines;
}

bool is_deprecated(pb::MethodDescriptor const& method) {
  return method.options().deprecated() || method.service()->options().deprecated() ||
         method.service()->file()->options().deprecated();
}

method_kind kind_of(pb::MethodDescriptor const& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? method_kind::bidi_streaming : method_kind::client_streaming;
  }
  return method.server_streaming() ? method_kind::server_streaming : method_kind::unary;
}

idempotency_kind idempotency_of(pb::MethodDescriptor const& method) {
  switch (method.options().idempotency_level()) {
    case pb::MethodOptions::NO_SIDE_EFFECTS: return idempotency_kind::no_side_effects;
    case pb::MethodOptions::IDEMPOTENT: return idempotency_kind::idempotent;
    default: return idempotency_kind::unknown;
  }
}

method_model build_method(pb::MethodDescriptor const& method, name_scope& names) {
  method_model model;
  model.name = names.claim(snake_case(std::string(method.name())));
  model.path = "/" + std::string(method.service()->full_name()) + "/" + std::string(method.name());
  model.request = message_class(*method.input_type());
  model.response = message_class(*method.output_type());
  model.kind = kind_of(method);
  model.idempotency = idempotency_of(method);
  model.deprecated = is_deprecated(method);
  model.comment = leading_comment(method);
  return model;
}

service_model build_service(pb::ServiceDescriptor const& service, std::string const& name) {
  service_model model;
  model.name = name;
  model.full_name = std::string(service.full_name());
  model.comment = leading_comment(service);
  name_scope method_names;
  for (int i = 0; i < service.method_count(); ++i) {
    model.methods.push_back(build_method(*service.method(i), method_names));
  }
  for (method_model& method : model.methods) {
    method.handler = method.deprecated ? method_names.claim(method.name + "_undeprecated") : method.name;
    method.script = method_names.claim("on_" + method.name);
  }
  return model;
}

void embed_imports_first(pb::FileDescriptor const& file, std::set<pb::FileDescriptor const*>& seen,
                         std::vector<embedded_file>& into) {
  if (!seen.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) embed_imports_first(*file.dependency(i), seen, into);
  pb::FileDescriptorProto proto;
  file.CopyTo(&proto);
  into.push_back({std::string(file.name()), proto.SerializeAsString()});
}

}  // namespace

file_model build_model(pb::FileDescriptor const& file, service_names const& names) {
  std::string const stem = strip_extension(file);
  file_model model;
  model.source = std::string(file.name());
  model.header = stem + ".heddle.hpp";
  model.fake_header = stem + ".heddle.fake.hpp";
  model.message_header = stem + ".pb.h";
  model.cpp_namespace = namespace_of(file);
  for (int i = 0; i < file.service_count(); ++i) {
    pb::ServiceDescriptor const& service = *file.service(i);
    model.services.push_back(build_service(service, names.at(&service)));
  }
  return model;
}

void embed_files(pb::FileDescriptor const& file, file_model& model) {
  model.descriptors = strip_extension(file) + ".heddle.descriptors.hpp";
  if (model.services.empty()) return;  // nobody could ask for them
  std::set<pb::FileDescriptor const*> seen;
  embed_imports_first(file, seen, model.files);
}

}  // namespace heddle::codegen
