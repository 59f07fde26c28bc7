// grpc.reflection.v1 and v1alpha for services of full protobuf messages, however they were generated. Brings protobuf's
// descriptors; reflection_lite.hpp does without.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <heddle/services/reflection_lite.hpp>

namespace heddle {

namespace detail {

inline void add_with_imports(google::protobuf::FileDescriptor const& file,
                             std::set<google::protobuf::FileDescriptor const*>& seen,
                             std::vector<std::pair<std::string, std::string>>& into) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);  // grpcurl and others print with these
  into.emplace_back(std::string(file.name()), proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) add_with_imports(*file.dependency(i), seen, into);
}

/// From the descriptors that protobuf keeps of generated code.
inline std::vector<std::pair<std::string, std::string>> files_from_pool(std::string_view service) {
  std::vector<std::pair<std::string, std::string>> files;
  auto const* const pool = google::protobuf::DescriptorPool::generated_pool();
  std::set<google::protobuf::FileDescriptor const*> seen;
  if (auto const* const found = pool->FindServiceByName(std::string(service)))
    add_with_imports(*found->file(), seen, files);
  return files;
}

}  // namespace detail

/// Lets clients ask what `served` serves: grpcurl, buf curl, grpcui and their like. Before run(), in any order with
/// server::add(). Services that were generated with DESCRIPTORS are described by what is embedded, others by what
/// protobuf itself knows of its full (not lite) messages.
inline void enable_reflection(server& served) { detail::add_reflection(served, &detail::files_from_pool); }

}  // namespace heddle
