// Descriptor -> model.
#pragma once

#include <google/protobuf/descriptor.h>

#include "model.hpp"
#include "service_names.hpp"

namespace heddle::codegen {

/// `names` must cover the services of `file`.
file_model build_model(google::protobuf::FileDescriptor const& file, service_names const& names);

/// Makes the model of a file one that has descriptors as well.
void embed_files(google::protobuf::FileDescriptor const& file, file_model& model);

}  // namespace heddle::codegen
