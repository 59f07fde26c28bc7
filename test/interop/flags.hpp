// "--name=value" and "--name value", as gRPC's own interop programs take them.
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace interop {

class flags {
 public:
  flags(int argc, char** argv, std::set<std::string> const& known) {
    for (int i = 1; i < argc; ++i) {
      std::string word = argv[i];
      if (!word.starts_with("-")) throw std::invalid_argument("what is \"" + word + "\"?");
      word.erase(0, word.starts_with("--") ? 2 : 1);
      auto const equals = word.find('=');
      std::string const name = word.substr(0, equals);
      if (known.count(name) == 0) throw std::invalid_argument("unknown flag --" + name);
      if (equals != std::string::npos)
        values_[name] = word.substr(equals + 1);
      else if (i + 1 < argc && argv[i + 1][0] != '-')
        values_[name] = argv[++i];
      else
        values_[name] = "true";
    }
  }
  std::string get(std::string const& name, std::string fallback) const {
    auto const found = values_.find(name);
    return found == values_.end() ? std::move(fallback) : found->second;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace interop
