#pragma once

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <heddle/transport/thread_name.hpp>

namespace heddle::transport {

HEDDLE_DECL void name_this_thread([[maybe_unused]] char const* name) noexcept {
#ifdef __linux__
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
#endif
}

}  // namespace heddle::transport
