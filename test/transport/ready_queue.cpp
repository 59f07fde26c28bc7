#include <heddle/transport/ready_queue.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

struct item final : heddle::transport::ready_item {
  item(std::string& l, char n) : log(l), name(n) {}
  void on_ready() override { log += name; }
  std::string& log;
  char name;
};

void run(heddle::transport::ready_queue& queue) {
  while (auto* const next = queue.pop()) next->on_ready();
}

}  // namespace

TEST_CASE("ready items run in their order, each once") {
  heddle::transport::ready_queue queue;
  std::string log;
  item a(log, 'a'), b(log, 'b'), c(log, 'c');
  CHECK(queue.empty());
  queue.push(a);
  queue.push(b);
  queue.push(a);
  queue.push(c);
  CHECK(!queue.empty());
  run(queue);
  CHECK(log == "abc");
  CHECK(queue.empty());
  queue.push(a);
  run(queue);
  CHECK(log == "abca");
}

TEST_CASE("a ready item can leave from anywhere in the queue") {
  for (std::string const leaving : {"a", "b", "c", "ab", "bc", "ac", "abc", "cba"}) {
    INFO(leaving);
    heddle::transport::ready_queue queue;
    std::string log, expected;
    item a(log, 'a'), b(log, 'b'), c(log, 'c'), d(log, 'd');
    std::vector<item*> const all = {&a, &b, &c};
    for (item* i : all) queue.push(*i);
    for (char const name : leaving) queue.remove(*all[std::size_t(name - 'a')]);
    queue.remove(d);
    queue.push(d);
    for (item* i : all)
      if (leaving.find(i->name) == std::string::npos) expected += i->name;
    run(queue);
    CHECK(log == expected + "d");
  }
}
