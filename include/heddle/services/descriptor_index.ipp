#pragma once

#include <utility>

#include <heddle/services/descriptor_index.hpp>

// The numbers below are those of google/protobuf/descriptor.proto.

namespace heddle::detail {

namespace descriptors {

inline std::string_view plain(std::string_view name) noexcept { return name.substr(name.starts_with('.') ? 1 : 0); }

inline bool is(wire::reader const& field, std::uint32_t number) noexcept {
  return field.tag() == wire::tag(number, wire::wire_type::bytes);
}

/// FileDescriptorProto, DescriptorProto and all others have it as their first field.
inline std::string_view name_of(std::string_view bytes) noexcept {
  wire::reader fields(bytes);
  std::string_view name;
  while (fields.next())
    if (is(fields, 1)) name = fields.bytes();
  return name;
}

}  // namespace descriptors

/// Null when there is one of that name.
HEDDLE_DECL indexed_file* descriptor_index::enter(std::string_view name) {
  auto [place, added] = files_.try_emplace(std::string(name));
  if (!added) return nullptr;
  place->second = std::make_unique<indexed_file>();
  place->second->name = name;
  return place->second.get();
}

HEDDLE_DECL void descriptor_index::add(std::string_view name, std::string_view bytes) {
  indexed_file* const file = enter(name);
  if (file == nullptr) return;
  file->bytes = bytes;
  read(*file);
}

HEDDLE_DECL void descriptor_index::add_copy(std::string_view name, std::string bytes) {
  indexed_file* const file = enter(name);
  if (file == nullptr) return;
  file->owned = std::move(bytes);
  file->bytes = file->owned;
  read(*file);
}

HEDDLE_DECL indexed_file const* descriptor_index::file(std::string_view name) const {
  auto const found = files_.find(name);
  return found == files_.end() ? nullptr : found->second.get();
}

HEDDLE_DECL indexed_file const* descriptor_index::symbol(std::string_view name) const {
  auto const found = symbols_.find(descriptors::plain(name));
  return found == symbols_.end() ? nullptr : found->second;
}

HEDDLE_DECL indexed_file const* descriptor_index::extension(std::string_view type, std::int32_t number) const {
  auto const of_type = extensions_.find(descriptors::plain(type));
  if (of_type == extensions_.end()) return nullptr;
  auto const found = of_type->second.find(number);
  return found == of_type->second.end() ? nullptr : found->second;
}

HEDDLE_DECL std::vector<std::int32_t> descriptor_index::extension_numbers(std::string_view type) const {
  std::vector<std::int32_t> numbers;
  auto const of_type = extensions_.find(descriptors::plain(type));
  if (of_type != extensions_.end())
    for (auto const& each : of_type->second) numbers.push_back(each.first);
  return numbers;
}

HEDDLE_DECL std::vector<std::string> descriptor_index::with_imports(indexed_file const& file,
                                                                    std::set<std::string, std::less<>>& sent) const {
  std::vector<indexed_file const*> chosen = {&file};
  sent.insert(file.name);
  for (std::size_t i = 0; i < chosen.size(); ++i)
    for (std::string_view const name : chosen[i]->imports)
      if (indexed_file const* const import = this->file(name); import != nullptr && sent.insert(import->name).second)
        chosen.push_back(import);
  std::vector<std::string> bytes;
  bytes.reserve(chosen.size());
  for (indexed_file const* const each : chosen) bytes.emplace_back(each->bytes);
  return bytes;
}

// ---- reading

HEDDLE_DECL void descriptor_index::read(indexed_file& file) {
  std::string scope;
  wire::reader package(file.bytes);
  while (package.next())
    if (descriptors::is(package, 2)) scope = package.bytes();
  wire::reader fields(file.bytes);
  while (fields.next()) {
    if (fields.type() != wire::wire_type::bytes) continue;
    switch (fields.field()) {
      case 3: file.imports.push_back(fields.bytes()); break;
      case 4: read_message(file, scope, fields.bytes()); break;
      case 5: read_enum(file, scope, fields.bytes()); break;
      case 6: read_service(file, scope, fields.bytes()); break;
      case 7: read_extension(file, scope, fields.bytes()); break;
      default: break;
    }
  }
}

/// Enters the name of what `bytes` describe. Returns it, in full.
HEDDLE_DECL std::string descriptor_index::declare(indexed_file const& file, std::string const& scope,
                                                  std::string_view bytes) {
  std::string full = scope;
  if (!full.empty()) full += '.';
  full += descriptors::name_of(bytes);
  symbols_.emplace(full, &file);
  return full;
}

HEDDLE_DECL void descriptor_index::read_message(indexed_file const& file, std::string const& scope,
                                                std::string_view bytes) {
  std::string const full = declare(file, scope, bytes);
  wire::reader fields(bytes);
  while (fields.next()) {
    if (fields.type() != wire::wire_type::bytes) continue;
    switch (fields.field()) {
      case 2:
      case 8: declare(file, full, fields.bytes()); break;
      case 3: read_message(file, full, fields.bytes()); break;
      case 4: read_enum(file, full, fields.bytes()); break;
      case 6: read_extension(file, full, fields.bytes()); break;
      default: break;
    }
  }
}

/// The values of an enum are declared beside it, not in it.
HEDDLE_DECL void descriptor_index::read_enum(indexed_file const& file, std::string const& scope,
                                             std::string_view bytes) {
  declare(file, scope, bytes);
  wire::reader fields(bytes);
  while (fields.next())
    if (descriptors::is(fields, 2)) declare(file, scope, fields.bytes());
}

HEDDLE_DECL void descriptor_index::read_service(indexed_file const& file, std::string const& scope,
                                                std::string_view bytes) {
  std::string const full = declare(file, scope, bytes);
  wire::reader fields(bytes);
  while (fields.next())
    if (descriptors::is(fields, 2)) declare(file, full, fields.bytes());
}

HEDDLE_DECL void descriptor_index::read_extension(indexed_file const& file, std::string const& scope,
                                                  std::string_view bytes) {
  declare(file, scope, bytes);
  std::string_view extended;
  std::int32_t number = 0;
  wire::reader fields(bytes);
  while (fields.next()) {
    if (descriptors::is(fields, 2)) extended = fields.bytes();
    if (fields.tag() == wire::tag(3, wire::wire_type::varint)) number = static_cast<std::int32_t>(fields.varint());
  }
  extensions_[std::string(descriptors::plain(extended))].emplace(number, &file);
}

}  // namespace heddle::detail
