// The .proto files behind a service, as bytes in the program: reflection needs no descriptors of protobuf for them,
// which lite messages do not have.
#pragma once

#include <string_view>

namespace heddle {

/// Both parts are literals of generated code.
struct descriptor_file {
  /// As in imports: "google/protobuf/empty.proto". A file of this name is the same wherever it comes from.
  std::string_view name;
  /// A serialised google.protobuf.FileDescriptorProto, without comments.
  std::string_view bytes;
};

}  // namespace heddle
