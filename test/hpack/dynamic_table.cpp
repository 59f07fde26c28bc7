#include <heddle/hpack/dynamic_table.hpp>

#include <deque>
#include <random>
#include <string>
#include <utility>

#include "support/catch.hpp"

using heddle::header_name;
using heddle::hpack::dynamic_table;

TEST_CASE("an entry counts its text and 32 bytes") {
  dynamic_table table(100);
  CHECK(table.insert(header_name::other, "custom-key", "custom-header"));
  CHECK(table.size() == 55);
  CHECK(table.count() == 1);
  CHECK(table[0].name == "custom-key");
  CHECK(table[0].value == "custom-header");
  CHECK(table.insert(header_name::te, "", ""));
  CHECK(table.size() == 87);
  CHECK(table[0].token == header_name::te);
  CHECK(table[1].name == "custom-key");
}

TEST_CASE("an entry that never fits empties the table") {
  dynamic_table table(64);
  CHECK(table.insert(header_name::other, "a", "b"));
  CHECK_FALSE(table.insert(header_name::other, "name", std::string(29, 'x')));
  CHECK(table.count() == 0);
  CHECK(table.size() == 0);
  CHECK(table.insert(header_name::other, "name", std::string(28, 'x')));
  CHECK(table.size() == 64);
  table.limit(0);
  CHECK(table.count() == 0);
  CHECK_FALSE(table.insert(header_name::other, "", ""));
}

TEST_CASE("the table is a FIFO through any sequence of insertions and limits") {
  std::mt19937 random(41);
  for (std::uint32_t const most : {0u, 31u, 32u, 33u, 200u, 4096u, 20000u}) {
    dynamic_table table(most);
    std::deque<std::pair<std::string, std::string>> model;
    std::size_t model_size = 0, limit = most;
    auto const evict_to = [&](std::size_t size) {
      for (; model_size > size; model.pop_back())
        model_size -= model.back().first.size() + model.back().second.size() + 32;
    };
    for (int i = 0; i < 3000; ++i) {
      if (random() % 50 == 0) {
        limit = most == 0 ? 0 : random() % (most + 1);
        table.limit(static_cast<std::uint32_t>(limit));
        evict_to(limit);
      }
      std::string const name(random() % 20, static_cast<char>('a' + i % 26));
      std::string const value(random() % 10 == 0 ? random() % 1500 : random() % 30, static_cast<char>('A' + i % 26));
      std::size_t const size = name.size() + value.size() + 32;
      evict_to(size > limit ? 0 : limit - size);
      if (size <= limit) {
        model.emplace_front(name, value);
        model_size += size;
      }
      std::uint32_t const number = table.next_number();
      REQUIRE(table.insert(header_name::other, name, value) == (size <= limit));
      if (size <= limit) REQUIRE(table.position(number) == 0);
      REQUIRE(table.count() == model.size());
      REQUIRE(table.size() == model_size);
      std::size_t wrong = 0;
      for (std::uint32_t position = 0; position < table.count(); ++position) {
        auto const field = table[position];
        wrong += field.name != model[position].first || field.value != model[position].second;
      }
      REQUIRE(wrong == 0);
    }
  }
}
