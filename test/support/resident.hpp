// How much memory this process has needed, where the system tells.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace heddle::test {

/// Bytes that were resident at once since the last reset; 0: not known.
inline std::size_t resident_peak() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "VmHWM:") {
      status >> word;
      return std::stoul(word) * 1024;
    }
  return 0;
}

inline std::size_t reset_resident_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
  return resident_peak();
}

}  // namespace heddle::test
