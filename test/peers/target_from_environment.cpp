// For programs that are run against a server in another process.
#include <cstdlib>
#include <stdexcept>

#include "target.hpp"

std::string heddle_peer::foreign_target() {
  char const* const target = std::getenv("HEDDLE_PEER_TARGET");
  if (target == nullptr) throw std::runtime_error("HEDDLE_PEER_TARGET does not say which server to call");
  return target;
}

/// What all implementations have.
std::vector<std::string> heddle_peer::foreign_encodings() { return {"gzip"}; }
