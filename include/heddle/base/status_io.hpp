// Printing of statuses, apart from status.hpp because iostreams are slow to compile.
#pragma once

#include <ostream>

#include <heddle/base/status.hpp>

namespace heddle {

inline std::ostream& operator<<(std::ostream& out, status_code code) { return out << to_string(code); }
inline std::ostream& operator<<(std::ostream& out, status const& s) { return out << to_string(s); }

}  // namespace heddle
