// Where certificates are. OpenSSL says that a file is missing, but not which.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

inline std::string certificate_file(std::string const& folder, std::string const& name) {
  std::string const path = folder + "/" + name;
  if (!std::filesystem::exists(path)) throw std::runtime_error(path + " is missing: certificates.sh makes it");
  return path;
}
