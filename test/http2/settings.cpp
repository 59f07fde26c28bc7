#include <heddle/http2/settings.hpp>

#include "support/catch.hpp"

using namespace heddle::http2;

TEST_CASE("settings are judged by their values") {
  struct row {
    char const* name;
    std::uint16_t id;
    std::uint32_t value;
    bool from_server;
    error_code expected;
  };
  constexpr error_code ok = error_code::no_error, protocol = error_code::protocol_error;
  row const rows[] = {
      {"push off", 2, 0, false, ok},
      {"push on, from a client", 2, 1, false, ok},
      {"push on, from a server", 2, 1, true, protocol},
      {"push off, from a server", 2, 0, true, ok},
      {"push 2", 2, 2, false, protocol},
      {"no streams at all", 3, 0, true, ok},
      {"window 0", 4, 0, false, ok},
      {"the largest window", 4, 0x7fffffff, false, ok},
      {"a larger window", 4, 0x80000000, false, error_code::flow_control_error},
      {"the smallest frame size", 5, 16384, false, ok},
      {"a smaller frame size", 5, 16383, false, protocol},
      {"frame size 0 (CVE-2026-33814)", 5, 0, true, protocol},
      {"the largest frame size", 5, 16777215, false, ok},
      {"a larger frame size", 5, 16777216, false, protocol},
      {"any table size", 1, 0xffffffff, false, ok},
      {"any header list size", 6, 0, false, ok},
      {"an unknown setting", 0x1234, 0xffffffff, false, ok},
      {"setting 0", 0, 1, false, ok},
  };
  for (row const& r : rows) {
    INFO(r.name);
    settings peer;
    auto const wrong = apply(peer, {static_cast<setting_id>(r.id), r.value}, r.from_server);
    CHECK((wrong ? wrong->code : ok) == r.expected);
  }
}

TEST_CASE("a setting takes effect") {
  settings peer;
  CHECK_FALSE(apply(peer, {setting_id::header_table_size, 1}, false));
  CHECK_FALSE(apply(peer, {setting_id::max_concurrent_streams, 2}, false));
  CHECK_FALSE(apply(peer, {setting_id::initial_window_size, 3}, false));
  CHECK_FALSE(apply(peer, {setting_id::max_frame_size, 20000}, false));
  CHECK_FALSE(apply(peer, {setting_id::max_header_list_size, 5}, false));
  CHECK(peer.header_table_size == 1);
  CHECK(peer.max_concurrent_streams == 2);
  CHECK(peer.initial_window_size == 3);
  CHECK(peer.max_frame_size == 20000);
  CHECK(peer.max_header_list_size == 5);
}

TEST_CASE("an entry is two bytes and four, big-endian") {
  std::uint8_t bytes[setting::size];
  setting{static_cast<setting_id>(0x0102), 0x03040506}.write(bytes);
  for (std::uint8_t i = 0; i < setting::size; ++i) CHECK(bytes[i] == i + 1);
  setting const again = setting::parse(bytes);
  CHECK(static_cast<std::uint16_t>(again.id) == 0x0102);
  CHECK(again.value == 0x03040506);
}
