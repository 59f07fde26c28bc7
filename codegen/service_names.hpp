// The C++ names of all services of a request: unique in their namespaces, also beside what the .pb.h files declare.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

namespace heddle::codegen {

using service_names = std::map<google::protobuf::ServiceDescriptor const*, std::string>;

/// Names every service of `files` and of all that they import. A service's name is the snake_case form of its proto
/// name; while a keyword, a message, an enum, an enum value, an extension, a nested package or an earlier service of
/// the same namespace has it, it gets a trailing underscore. Imported files come first, so that a service has the same
/// name whether its file is generated alone or with files that import it.
service_names name_services(std::vector<google::protobuf::FileDescriptor const*> files);

}  // namespace heddle::codegen
