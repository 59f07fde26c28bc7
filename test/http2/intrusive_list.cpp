#include <heddle/http2/intrusive_list.hpp>

#include <string>

#include "support/catch.hpp"

using namespace heddle::http2;

namespace {

struct item {
  char name;
  list_links<item> first, second;
};
using first_list = intrusive_list<item, &item::first>;
using second_list = intrusive_list<item, &item::second>;

template <class List>
std::string drained(List& list) {
  std::string names;
  while (!list.empty()) names += list.pop_front().name;
  return names;
}

}  // namespace

TEST_CASE("an intrusive list is first in, first out, and each is in it once") {
  item a{'a', {}, {}}, b{'b', {}, {}}, c{'c', {}, {}};
  first_list list;
  CHECK(list.empty());
  for (item* i : {&a, &b, &a, &c}) list.push_back(*i);
  CHECK(list.size() == 3);
  CHECK(first_list::contains(a));
  CHECK(drained(list) == "abc");
  CHECK(list.size() == 0);
  CHECK(!first_list::contains(a));
}

TEST_CASE("whoever is in an intrusive list can leave it from anywhere") {
  for (std::string const gone : {"", "a", "b", "c", "ab", "ac", "bc", "ca", "abc", "cba"}) {
    INFO(gone);
    item items[] = {{'a', {}, {}}, {'b', {}, {}}, {'c', {}, {}}};
    first_list list;
    second_list other;
    for (item& i : items) {
      list.push_back(i);
      other.push_back(i);
    }
    std::string left = "abc";
    for (char const name : gone) {
      list.remove(items[name - 'a']);
      list.remove(items[name - 'a']);
      left.erase(left.find(name), 1);
    }
    CHECK(list.size() == left.size());
    CHECK(drained(list) == left);
    CHECK(drained(other) == "abc");
    list.push_back(items[1]);
    CHECK(drained(list) == "b");
  }
}
