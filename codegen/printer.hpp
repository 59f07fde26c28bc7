// Model -> text of the generated header.
#pragma once

#include <string>

#include "model.hpp"

namespace heddle::codegen {

/// The whole X.heddle.hpp.
std::string print(file_model const& file);

/// The whole X.heddle.fake.hpp.
std::string print_fakes(file_model const& file);

}  // namespace heddle::codegen
