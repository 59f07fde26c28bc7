#include <heddle/http2/stream_table.hpp>

#include <map>
#include <random>

#include <heddle/http2/stream.hpp>

#include "support/catch.hpp"

using namespace heddle::http2;

TEST_CASE("a stream table finds what a map finds") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    stream_table table;
    std::map<stream_id, stream*> model;
    std::array<stream, 8> values;
    unsigned const spread = 1 + seed * 37;
    for (int i = 0; i < 3000; ++i) {
      stream_id const id = random() % spread * 2 + 1;
      if (model.count(id) != 0) {
        table.erase(id);
        model.erase(id);
      } else if (random() % 3 != 0) {
        stream* const value = &values[random() % values.size()];
        table.insert(id, value);
        model[id] = value;
      } else {
        table.erase(id);  // was not there
      }
      if (table.size() != model.size()) REQUIRE(table.size() == model.size());
      if (i % 50 != 0) continue;
      for (stream_id n = 1; n <= spread * 2 + 1; n += 2) {
        auto const at = model.find(n);
        stream* const expected = at == model.end() ? nullptr : at->second;
        if (table.find(n) != expected) REQUIRE(n == 0);
      }
      std::size_t seen = 0;
      table.for_each([&](stream&) { ++seen; });
      REQUIRE(seen == model.size());
    }
  }
}

TEST_CASE("an empty stream table finds nothing and erases nothing") {
  stream_table table;
  CHECK(table.find(1) == nullptr);
  table.erase(1);
  CHECK(table.size() == 0);
}

TEST_CASE("ids from all over the space live together") {
  stream_table table;
  stream value;
  stream_id const ids[] = {1, 3, 33, 65, 0x7fffffff, 0x7ffffffd, 0x40000001, 129};
  for (stream_id id : ids) table.insert(id, &value);
  for (stream_id id : ids) CHECK(table.find(id) == &value);
  CHECK(table.find(5) == nullptr);
  for (stream_id id : ids) table.erase(id);
  CHECK(table.size() == 0);
  for (stream_id id : ids) CHECK(table.find(id) == nullptr);
}

TEST_CASE("the last 256 closed streams are remembered") {
  closed_streams closed;
  CHECK(closed.find(1) == stream_state::forgotten);
  for (stream_id id = 1; id <= 2 * 300; id += 2)
    closed.remember(id, id % 3 == 0 ? stream_state::finished : stream_state::reset_sent);
  for (stream_id id = 1; id <= 2 * 44; id += 2) CHECK(closed.find(id) == stream_state::forgotten);
  for (stream_id id = 2 * 44 + 1; id <= 2 * 300; id += 2)
    CHECK(closed.find(id) == (id % 3 == 0 ? stream_state::finished : stream_state::reset_sent));
}

TEST_CASE("a changed memory takes the place of the old one") {
  closed_streams closed;
  closed.remember(1, stream_state::finished);
  closed.change(1, stream_state::reset_sent);
  closed.change(3, stream_state::reset_received);
  CHECK(closed.find(1) == stream_state::reset_sent);
  CHECK(closed.find(3) == stream_state::reset_received);
  for (stream_id id = 5; id < 5 + 2 * 254; id += 2) closed.remember(id, stream_state::finished);
  CHECK(closed.find(1) == stream_state::reset_sent);
  closed.remember(10001, stream_state::finished);
  CHECK(closed.find(1) == stream_state::forgotten);
}
