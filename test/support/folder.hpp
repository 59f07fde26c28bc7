// A folder of the test's own, short enough for the names of Unix sockets.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace heddle::test {

class folder {
 public:
  folder() {
    std::string name = std::filesystem::temp_directory_path() / "heddle-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = name;
  }
  folder(folder const&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  std::string path(std::string const& name) const { return root_ + "/" + name; }

 private:
  std::string root_;
};

}  // namespace heddle::test
