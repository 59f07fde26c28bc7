#pragma once

#include <heddle/services/reflection_messages.hpp>

namespace heddle::services {

HEDDLE_DECL void reflection_request::write(wire::writer& out) const {
  write_text(out, 1, host);
  if (asked == query::none) return;
  auto const field = static_cast<std::uint32_t>(asked);
  if (asked != query::file_containing_extension) return out.bytes(field, text);
  auto const extension = [this](wire::writer& inner) {
    write_text(inner, 1, text);
    write_number(inner, 2, extension_number);
  };
  out.nested(field, extension);
}

HEDDLE_DECL bool reflection_request::read(wire::reader const& field) {
  if (field.type() != wire::wire_type::bytes) return true;
  if (field.field() == 1) host = field.bytes();
  if (field.field() < 3 || field.field() > 7) return true;
  asked = static_cast<query>(field.field());
  extension_number = 0;
  if (asked != query::file_containing_extension) {
    text = field.bytes();
    return true;
  }
  text.clear();
  wire::reader extension(field.bytes());
  while (extension.next()) {
    if (extension.tag() == wire::tag(1, wire::wire_type::bytes)) text = extension.bytes();
    if (extension.tag() == wire::tag(2, wire::wire_type::varint))
      extension_number = static_cast<std::int32_t>(extension.varint());
  }
  return !extension.failed();
}

HEDDLE_DECL void reflection_response::write(wire::writer& out) const {
  write_text(out, 1, valid_host);
  write_message(out, 2, original_request);
  if (kind == answer::none) return;
  out.nested(static_cast<std::uint32_t>(kind), [this](wire::writer& inner) { write_answer(inner); });
}

HEDDLE_DECL void reflection_response::write_answer(wire::writer& out) const {
  switch (kind) {
    case answer::none: return;
    case answer::files:
      for (std::string const& file : files) out.bytes(1, file);
      return;
    case answer::extension_numbers:
      write_text(out, 1, base_type_name);
      for (std::int32_t const number : extension_numbers) out.varint(2, static_cast<std::uint64_t>(number));
      return;
    case answer::services:
      for (std::string const& name : services)
        out.nested(1, [&name](wire::writer& service) { service.bytes(1, name); });
      return;
    case answer::error:
      write_number(out, 1, error_code);
      write_text(out, 2, error_message);
      return;
  }
}

HEDDLE_DECL bool reflection_response::read(wire::reader const& field) {
  if (field.type() != wire::wire_type::bytes) return true;
  if (field.field() == 1) valid_host = field.bytes();
  if (field.field() == 2) return unpack(original_request, field.bytes());
  if (field.field() < 4 || field.field() > 7) return true;
  kind = static_cast<answer>(field.field());
  wire::reader inner(field.bytes());
  while (inner.next())
    if (!read_answer(inner)) return false;
  return !inner.failed();
}

HEDDLE_DECL bool reflection_response::read_answer(wire::reader const& field) {
  bool const first = field.tag() == wire::tag(1, wire::wire_type::bytes);
  switch (kind) {
    case answer::none: break;
    case answer::files:
      if (first) files.emplace_back(field.bytes());
      break;
    case answer::extension_numbers: {
      if (first) base_type_name = field.bytes();
      if (field.tag() == wire::tag(2, wire::wire_type::varint))
        extension_numbers.push_back(static_cast<std::int32_t>(field.varint()));
      if (field.tag() != wire::tag(2, wire::wire_type::bytes)) break;
      std::string_view packed = field.bytes();
      for (std::uint64_t number = 0; !packed.empty();) {
        if (!wire::take_varint(packed, number)) return false;
        extension_numbers.push_back(static_cast<std::int32_t>(number));
      }
      break;
    }
    case answer::services: {
      if (!first) break;
      wire::reader service(field.bytes());
      std::string& name = services.emplace_back();
      while (service.next())
        if (service.tag() == wire::tag(1, wire::wire_type::bytes)) name = service.bytes();
      return !service.failed();
    }
    case answer::error:
      if (field.tag() == wire::tag(1, wire::wire_type::varint)) error_code = static_cast<std::int32_t>(field.varint());
      if (field.tag() == wire::tag(2, wire::wire_type::bytes)) error_message = field.bytes();
      break;
  }
  return true;
}

}  // namespace heddle::services
