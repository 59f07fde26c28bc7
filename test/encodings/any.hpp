// What every encoding has to do, whatever its library.
#pragma once

#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <heddle/rpc/compression.hpp>

#include "support/catch.hpp"
#include "support/resident.hpp"

namespace heddle::test {

using outcome = compressor::outcome;

inline std::string packed(compressor const& with, std::string_view plain) {
  byte_buffer out;
  with.compress(as_bytes(plain), out);
  return std::string(as_text(out.view()));
}

struct unpacked {
  outcome result;
  std::string text;
};

inline unpacked unpack(compressor const& with, std::string_view body,
                       std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  byte_buffer out;
  outcome const result = with.decompress(as_bytes(body), limit, out);
  return {result, std::string(as_text(out.view()))};
}

inline std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

/// Round trips, the limit, what is cut off, followed by junk or no such thing at all. `nothing`: what no bytes are.
inline void check_encoding(compressor const& with, outcome nothing = outcome::malformed) {
  std::string const texts[] = {
      "", "a", std::string(1000, 'x'), noise(300), noise(200'000), noise(70'000) + std::string(200'000, '\0')};
  for (std::string const& text : texts) {
    INFO(text.size());
    std::string const body = packed(with, text);
    unpacked const whole = unpack(with, body);
    CHECK(whole.result == outcome::done);
    CHECK((whole.text == text));
    CHECK(unpack(with, body, text.size()).result == outcome::done);
    if (!text.empty()) {
      unpacked const over = unpack(with, body, text.size() - 1);
      CHECK(over.result == outcome::too_large);
      CHECK(over.text.size() <= text.size());
      CHECK(unpack(with, body, 0).result == outcome::too_large);
    }
    for (std::string const& more : {std::string(1, 'x'), noise(5000)})
      CHECK(unpack(with, body + more).result == outcome::malformed);
  }
  std::string const body = packed(with, texts[5]), small = packed(with, texts[2]);
  for (std::size_t size = 0; size < small.size(); ++size)
    CHECK(unpack(with, small.substr(0, size)).text.size() <= texts[2].size());
  for (std::size_t const size : {body.size() - 1, body.size() / 2, std::size_t{100}})
    CHECK(unpack(with, body.substr(0, size)).result == outcome::malformed);
  CHECK(unpack(with, "").result == nothing);
  CHECK(unpack(with, noise(1000)).result == outcome::malformed);
  for (std::size_t i = 0; i < small.size(); ++i)  // whatever comes of it, it is not more than the limit
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = small;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      if (unpack(with, damaged, 5000).text.size() > 5001) FAIL("byte " << i);
    }
  CHECK(unpack(with, small).text == texts[2]);  // and the next one is read again
}

/// `body` is a bomb. A decoder may keep a window of up to 16 MiB of its own.
inline void check_bomb(compressor const& with, std::string const& body) {
  std::size_t const before = reset_resident_peak();
  byte_buffer out;
  CHECK(with.decompress(as_bytes(body), 4 << 20, out) == outcome::too_large);
  CHECK(out.size() <= (4 << 20) + 1);
  if (before != 0) CHECK(resident_peak() - before < 40 << 20);
}

}  // namespace heddle::test
