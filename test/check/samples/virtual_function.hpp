// as: include/heddle/transport/virtual_function.hpp check: layers
#pragma once

namespace heddle {

class virtual_function final : public base {
  void one() override;  // reject: virtual_function
};

}  // namespace heddle
