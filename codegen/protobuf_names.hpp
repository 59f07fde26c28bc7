// C++ names as protoc's own C++ generator makes them, in whichever version this plugin is linked with.
#pragma once

#include <string>

#include <google/protobuf/descriptor.h>

namespace heddle::codegen {

/// "::a::b::Outer_Inner"
std::string message_class(google::protobuf::Descriptor const& message);

/// "a::b", empty for a file without package.
std::string namespace_of(google::protobuf::FileDescriptor const& file);

/// "dir/x" of "dir/x.proto": what protoc puts ".pb.h" behind.
std::string strip_extension(google::protobuf::FileDescriptor const& file);

}  // namespace heddle::codegen
