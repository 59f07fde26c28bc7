// The name of the calling thread, for debuggers and top. Linux; elsewhere it does nothing.
#pragma once

#include <heddle/base/config.hpp>

namespace heddle::transport {

/// Linux keeps 15 characters.
HEDDLE_DECL void name_this_thread(char const* name) noexcept;

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/thread_name.ipp>
#endif
