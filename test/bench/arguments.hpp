// PORT and the words after it, and flags with their values anywhere: --tls CERT KEY, --threads N.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench_program {

class arguments {
 public:
  /// `flags` has the name of each flag, "--threads", with the number of its values.
  arguments(int argc, char** argv, std::map<std::string, std::size_t> const& flags) {
    for (int i = 1; i < argc; ++i) {
      std::string const word = argv[i];
      if (word.rfind("--", 0) != 0) {
        words_.push_back(word);
        continue;
      }
      auto const known = flags.find(word);
      if (known == flags.end()) throw std::invalid_argument("there is no " + word);
      if (std::size_t(argc - i - 1) < known->second) throw std::invalid_argument(word + " lacks a value");
      auto& values = values_[word];
      for (std::size_t n = known->second; n > 0; --n) values.emplace_back(argv[++i]);
    }
  }

  std::vector<std::string> const& words() const noexcept { return words_; }
  bool has(std::string const& flag) const { return values_.count(flag) != 0; }
  std::string const& value(std::string const& flag, std::size_t index = 0) const { return values_.at(flag).at(index); }
  unsigned long number(std::string const& flag, unsigned long otherwise) const {
    return has(flag) ? std::stoul(value(flag)) : otherwise;
  }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace bench_program
