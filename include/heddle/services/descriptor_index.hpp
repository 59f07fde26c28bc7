// What is in a set of .proto files: which file a name is declared in. Works on serialised FileDescriptorProtos, so that
// nothing of protobuf is needed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/wire.hpp>

namespace heddle::detail {

struct indexed_file {
  std::string name;
  std::string_view bytes;
  std::string owned;  // `bytes`, unless they are a literal
  std::vector<std::string_view> imports;
};

class descriptor_index {
 public:
  /// A literal. The first file of its name counts.
  void add(std::string_view name, std::string_view bytes);
  void add_copy(std::string_view name, std::string bytes);

  // Names are full, with or without a leading dot. Null: no such file, or nobody declares it.
  indexed_file const* file(std::string_view name) const;
  /// Of a message, field, oneof, enum, enum value, extension, service or method.
  indexed_file const* symbol(std::string_view name) const;
  indexed_file const* extension(std::string_view type, std::int32_t number) const;
  /// Ascending.
  std::vector<std::int32_t> extension_numbers(std::string_view type) const;

  /// The file, and what it imports, directly or not, if it is not in `sent` already, where all of them go.
  std::vector<std::string> with_imports(indexed_file const& file, std::set<std::string, std::less<>>& sent) const;

 private:
  indexed_file* enter(std::string_view name);
  void read(indexed_file& file);
  void read_message(indexed_file const& file, std::string const& scope, std::string_view bytes);
  void read_enum(indexed_file const& file, std::string const& scope, std::string_view bytes);
  void read_service(indexed_file const& file, std::string const& scope, std::string_view bytes);
  void read_extension(indexed_file const& file, std::string const& scope, std::string_view bytes);
  std::string declare(indexed_file const& file, std::string const& scope, std::string_view bytes);

  std::map<std::string, std::unique_ptr<indexed_file>, std::less<>> files_;
  std::map<std::string, indexed_file const*, std::less<>> symbols_;
  std::map<std::string, std::map<std::int32_t, indexed_file const*>, std::less<>> extensions_;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/descriptor_index.ipp>
#endif
