// The examples of RFC 7541 Appendix C.2 to C.6.
#include <string>
#include <string_view>
#include <vector>

#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::hpack::decoder;
using hpack_test::bytes;

namespace {

struct example {
  char const* name;
  char const* block;
  char const* fields;
  char const* table;  // afterwards, the newest entry first
};

std::vector<example> const examples = {
    {"C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header\n",
     "custom-key: custom-header\n"},
    {"C.2.2", "040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path\n", ""},
    {"C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\n", ""},
    {"C.2.4", "82", ":method: GET\n", ""},
    {"C.3.1", "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n",
     ":authority: www.example.com\n"},
    {"C.3.2", "8286 84be 5808 6e6f 2d63 6163 6865",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n"
     "cache-control: no-cache\n",
     "cache-control: no-cache\n"
     ":authority: www.example.com\n"},
    {"C.3.3", "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
     ":method: GET\n"
     ":scheme: https\n"
     ":path: /index.html\n"
     ":authority: www.example.com\n"
     "custom-key: custom-value\n",
     "custom-key: custom-value\n"
     "cache-control: no-cache\n"
     ":authority: www.example.com\n"},
    {"C.4.1", "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n",
     ":authority: www.example.com\n"},
    {"C.4.2", "8286 84be 5886 a8eb 1064 9cbf",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n"
     "cache-control: no-cache\n",
     "cache-control: no-cache\n"
     ":authority: www.example.com\n"},
    {"C.4.3", "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
     ":method: GET\n"
     ":scheme: https\n"
     ":path: /index.html\n"
     ":authority: www.example.com\n"
     "custom-key: custom-value\n",
     "custom-key: custom-value\n"
     "cache-control: no-cache\n"
     ":authority: www.example.com\n"},
    {"C.5.1",
     "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 "
     "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 "
     "6c65 2e63 6f6d",
     ":status: 302\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"
     ":status: 302\n"},
    {"C.5.2", "4803 3330 37c1 c0bf",
     ":status: 307\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     ":status: 307\n"
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"},
    {"C.5.3",
     "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d "
     "54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 "
     "5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e "
     "3d31",
     ":status: 200\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
     "location: https://www.example.com\n"
     "content-encoding: gzip\n"
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n",
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
     "content-encoding: gzip\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"},
    {"C.6.1",
     "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 "
     "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
     ":status: 302\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"
     ":status: 302\n"},
    {"C.6.2", "4883 640e ffc1 c0bf",
     ":status: 307\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     ":status: 307\n"
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"},
    {"C.6.3",
     "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab "
     "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f "
     "9587 3160 65c0 03ed 4ee5 b106 3d50 07",
     ":status: 200\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
     "location: https://www.example.com\n"
     "content-encoding: gzip\n"
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n",
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
     "content-encoding: gzip\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"},
};

// The examples of one section are one connection; those of C.2 stand alone.
struct story {
  char const* section;
  std::uint32_t table_size;
  std::vector<example> steps;
};

std::vector<story> stories() {
  std::vector<story> result;
  for (example const& step : examples) {
    std::string_view const name(step.name);
    bool const alone = name.starts_with("C.2");
    if (alone || name.ends_with(".1"))
      result.push_back({step.name, name.starts_with("C.5") || name.starts_with("C.6") ? 256u : 4096u, {}});
    result.back().steps.push_back(step);
  }
  return result;
}

// What the dynamic table holds, asked for by index; the decoder is dead afterwards.
std::string table_of(decoder& decoder, std::size_t expected_count) {
  bytes all;
  for (std::size_t i = 0; i < expected_count; ++i) all.push_back(static_cast<std::uint8_t>(0x80 + 62 + i));
  std::string const text = hpack_test::decode(decoder, all);
  bytes const beyond = {static_cast<std::uint8_t>(0x80 + 62 + expected_count)};
  return text + hpack_test::decode(decoder, beyond);
}

}  // namespace

TEST_CASE("the header blocks of RFC 7541 Appendix C decode, cut anywhere, and leave the table that it shows") {
  for (story const& story : stories()) {
    std::size_t longest = 0;
    for (example const& step : story.steps) longest = std::max(longest, hpack_test::hex(step.block).size());
    // In two pieces, cut at every byte; then a byte at a time.
    for (std::size_t cut = 0; cut <= longest + 1; ++cut) {
      for (std::size_t stop = 1; stop <= story.steps.size(); ++stop) {
        decoder decoder(story.table_size);
        for (std::size_t i = 0; i < stop; ++i) {
          example const& step = story.steps[i];
          bytes const block = hpack_test::hex(step.block);
          auto const cuts = cut > longest ? hpack_test::every_byte(block.size())
                                          : std::vector<std::size_t>{std::min(cut, block.size())};
          INFO(step.name << " cut at " << cut);
          REQUIRE(hpack_test::decode_cut(decoder, block, cuts) == step.fields);
        }
        example const& last = story.steps[stop - 1];
        std::size_t const count = hpack_test::parse_fields(last.table).size();
        std::string const error(to_string(heddle::hpack::decode_error::bad_index));
        REQUIRE(table_of(decoder, count) == last.table + error);
      }
    }
  }
}

TEST_CASE("the header lists of RFC 7541 Appendix C come back from what the encoder makes of them") {
  for (story const& story : stories()) {
    heddle::hpack::encoder encoder(story.table_size);
    decoder decoder(story.table_size);
    for (example const& step : story.steps) {
      heddle::byte_buffer out;
      encoder.encode(hpack_test::to_list(step.fields), out);
      INFO(step.name);
      CHECK(hpack_test::decode(decoder, out.view()) == step.fields);
    }
  }
}

TEST_CASE("where the encoder takes the choices of RFC 7541 Appendix C it writes the same bytes") {
  for (example const& step : examples) {
    std::string_view const name(step.name);
    if (name != "C.2.4" && name != "C.4.1") continue;
    heddle::hpack::encoder encoder;
    heddle::byte_buffer out;
    encoder.encode(hpack_test::to_list(step.fields), out);
    INFO(step.name);
    CHECK(hpack_test::to_hex(out.view()) == hpack_test::to_hex(hpack_test::hex(step.block)));
  }
}
