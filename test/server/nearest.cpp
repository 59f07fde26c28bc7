#include <heddle/server/nearest.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

using heddle::detail::nearest_name;

namespace {

std::string nearest(std::string const& wanted, std::vector<std::string> const& names) {
  nearest_name search(wanted);
  for (std::string const& name : names) search.look_at(name);
  return std::string(search.found());
}

}  // namespace

TEST_CASE("the nearest name has the fewest letters to change, add or leave out") {
  std::vector<std::string> const names = {"GetFeature", "ListFeatures", "RecordRoute", "RouteChat"};
  CHECK(nearest("GetFeature", names) == "GetFeature");
  CHECK(nearest("getfeature", names) == "GetFeature");
  CHECK(nearest("GetFeatures", names) == "GetFeature");
  CHECK(nearest("ListFeature", names) == "ListFeatures");
  CHECK(nearest("etFeature", names) == "GetFeature");
  CHECK(nearest("GteFeature", names) == "GetFeature");
  CHECK(nearest("RuoteCaht", names).empty());  // four letters
  CHECK(nearest("RouteChart", names) == "RouteChat");
  CHECK(nearest("xRouteChat", names) == "RouteChat");
  CHECK(nearest("abc", {"abd", "abc"}) == "abc");
}

TEST_CASE("strangers learn nothing that they do not nearly know") {
  CHECK(nearest("", {"A", "Get"}).empty());
  CHECK(nearest("a", {"b"}).empty());
  CHECK(nearest("ab", {"cd"}).empty());
  CHECK(nearest("Get", {"Put"}).empty());
  CHECK(nearest("Gets", {"Get"}) == "Get");
  CHECK(nearest("Delete", {"Create"}).empty());
  CHECK(nearest(std::string(101, 'x'), {std::string(101, 'x')}).empty());
  CHECK(nearest("abcdef", {std::string(200, 'x'), "abcdeg"}) == "abcdeg");
  CHECK(nearest("wanted", {"SomethingElse", "Wanted"}) == "Wanted");
  std::vector<std::string> many;
  for (int i = 0; i < 64; ++i) many.push_back("SomethingElse" + std::to_string(i));
  many.push_back("Wanted");
  CHECK(nearest("wanted", many).empty());  // a bound for what a request costs
  many.assign(200, "SomethingElse");
  many.push_back("Wanted");
  CHECK(nearest("wanted", many) == "Wanted");  // what comes again costs nothing
}

TEST_CASE("the distance is the one that the whole table has, as far as it counts") {
  // Levenshtein's, as everybody writes it.
  auto const distance = [](std::string const& a, std::string const& b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
      for (std::size_t j = 0; j <= b.size(); ++j)
        table[i][j] = i == 0   ? j
                      : j == 0 ? i
                               : std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                                           table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
    return table[a.size()][b.size()];
  };
  std::mt19937 random(7);
  auto const word = [&random] {
    std::string text;
    for (std::size_t n = 1 + random() % 14; n != 0; --n) text += static_cast<char>('a' + random() % 3);
    return text;
  };
  int found = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string const wanted = word(), name = word();
    std::size_t const d = distance(wanted, name);
    bool const near = d <= 3 && d * 2 < wanted.size();
    INFO(wanted << " " << name << " " << d);
    CHECK(nearest(wanted, {name}) == (near ? name : ""));
    found += near ? 1 : 0;
  }
  CHECK(found > 100);
}
