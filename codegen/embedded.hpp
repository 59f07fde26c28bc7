// Files as bytes in generated code.
#pragma once

#include <string>

#include "model.hpp"

namespace heddle::codegen {

/// The whole X.heddle.descriptors.hpp.
std::string print_embedded(file_model const& file);

/// What the array of all `file.files` is called in it, within ::heddle::detail::files.
std::string closure_name(file_model const& file);

}  // namespace heddle::codegen
