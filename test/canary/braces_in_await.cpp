#include "canary.hpp"

struct options {
  std::vector<int> list;
};
canary::task take(options o) { co_return static_cast<int>(o.list.size()); }
canary::task braces() { co_return co_await take(options{.list = {7}}); }
int main() { return braces().run() - 1; }
