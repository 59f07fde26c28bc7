// grpc.reflection.v1 and v1alpha, as structs: both have the same messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/services/message.hpp>

namespace heddle::services {

struct reflection_request : message {
  static constexpr std::string_view type_name = "grpc.reflection.v1.ServerReflectionRequest";
  /// The field numbers of the oneof.
  enum class query : std::uint8_t {
    none,
    file_by_filename = 3,
    file_containing_symbol,
    file_containing_extension,
    all_extension_numbers_of_type,
    list_services,
  };
  std::string host;
  query asked = query::none;
  std::string text;  // the query's argument; of file_containing_extension the type that is extended
  std::int32_t extension_number = 0;

  void write(wire::writer& out) const;
  bool read(wire::reader const& field);
};

struct reflection_response : message {
  static constexpr std::string_view type_name = "grpc.reflection.v1.ServerReflectionResponse";
  /// The field numbers of the oneof.
  enum class answer : std::uint8_t { none, files = 4, extension_numbers, services, error };
  std::string valid_host;
  reflection_request original_request;
  answer kind = answer::none;
  std::vector<std::string> files;  // each a serialised FileDescriptorProto
  std::string base_type_name;
  std::vector<std::int32_t> extension_numbers;
  std::vector<std::string> services;
  std::int32_t error_code = 0;
  std::string error_message;

  void write(wire::writer& out) const;
  bool read(wire::reader const& field);

 private:
  void write_answer(wire::writer& out) const;
  bool read_answer(wire::reader const& field);
};

}  // namespace heddle::services

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/reflection_messages.ipp>
#endif
