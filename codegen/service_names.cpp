#include "service_names.hpp"

#include <algorithm>
#include <set>

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.pb.h>

#include "names.hpp"
#include "protobuf_names.hpp"

namespace heddle::codegen {
namespace {

namespace pb = google::protobuf;
namespace cpp = google::protobuf::compiler::cpp;

using scopes = std::map<std::string, name_scope>;  // by namespace

name_scope& scope_of(scopes& all, std::string const& cpp_namespace) {
  return all.try_emplace(cpp_namespace, namespace_scope()).first->second;
}

void collect(pb::FileDescriptor const& file, std::set<pb::FileDescriptor const*>& seen,
             std::vector<pb::FileDescriptor const*>& dependencies_first) {
  if (!seen.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) collect(*file.dependency(i), seen, dependencies_first);
  dependencies_first.push_back(&file);
}

// Enumerators and nested types are declared in the namespace, not in their class.
void take_enum(name_scope& scope, pb::EnumDescriptor const& type) {
  std::string const name = cpp::ClassName(&type);
  scope.take(name);
  scope.take(name + "_descriptor");
  for (int i = 0; i < type.value_count(); ++i) {
    std::string const value = cpp::EnumValueName(type.value(i));
    scope.take(type.containing_type() == nullptr ? value : name + "_" + value);
  }
}

void take_message(name_scope& scope, pb::Descriptor const& type) {
  scope.take(cpp::ClassName(&type));
  for (int i = 0; i < type.enum_type_count(); ++i) take_enum(scope, *type.enum_type(i));
  for (int i = 0; i < type.nested_type_count(); ++i) take_message(scope, *type.nested_type(i));
}

void take_declarations(name_scope& scope, pb::FileDescriptor const& file) {
  for (int i = 0; i < file.message_type_count(); ++i) take_message(scope, *file.message_type(i));
  for (int i = 0; i < file.enum_type_count(); ++i) take_enum(scope, *file.enum_type(i));
  for (int i = 0; i < file.extension_count(); ++i) {
    scope.take(std::string(file.extension(i)->name()));
    scope.take(cpp::FieldName(file.extension(i)));
  }
  if (!file.options().cc_generic_services()) return;
  for (int i = 0; i < file.service_count(); ++i) {
    scope.take(std::string(file.service(i)->name()));
    scope.take(std::string(file.service(i)->name()) + "_Stub");
  }
}

void take_namespaces(scopes& all, std::string const& cpp_namespace) {
  std::string outer;
  for (std::size_t begin = 0; begin < cpp_namespace.size();) {
    std::size_t const end = std::min(cpp_namespace.find("::", begin), cpp_namespace.size());
    scope_of(all, outer).take(cpp_namespace.substr(begin, end - begin));
    outer = cpp_namespace.substr(0, end);
    begin = end + 2;
  }
}

// Lower-case names in these namespaces belong to libraries that the generated code includes.
bool is_library_namespace(std::string const& cpp_namespace) {
  return cpp_namespace == "heddle" || cpp_namespace == "std" || cpp_namespace.starts_with("std::") ||
         cpp_namespace == "boost" || cpp_namespace.starts_with("boost::");
}

}  // namespace

service_names name_services(std::vector<pb::FileDescriptor const*> files) {
  // The order of the command line must not matter.
  std::sort(files.begin(), files.end(), [](auto* a, auto* b) { return a->name() < b->name(); });
  std::set<pb::FileDescriptor const*> seen;
  std::vector<pb::FileDescriptor const*> all;
  for (pb::FileDescriptor const* file : files) collect(*file, seen, all);

  scopes in_use;
  for (pb::FileDescriptor const* file : all) {
    take_namespaces(in_use, namespace_of(*file));
    take_declarations(scope_of(in_use, namespace_of(*file)), *file);
  }
  service_names names;
  for (pb::FileDescriptor const* file : all) {
    std::string const cpp_namespace = namespace_of(*file);
    for (int i = 0; i < file->service_count(); ++i) {
      std::string name = snake_case(std::string(file->service(i)->name()));
      if (is_library_namespace(cpp_namespace)) name += '_';
      names[file->service(i)] = scope_of(in_use, cpp_namespace).claim(std::move(name));
    }
  }
  return names;
}

}  // namespace heddle::codegen
