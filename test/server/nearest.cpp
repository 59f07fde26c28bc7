#include <heddle/server/nearest.hpp>

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
  std::vector<std::string> many(64, "SomethingElse");
  many.push_back("Wanted");
  CHECK(nearest("wanted", many).empty());  // a bound for what a request costs
}
