// What the HPACK tests share: hex, a sink that remembers, and ways to cut a block in pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/hpack/decoder.hpp>

namespace hpack_test {

using bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t no_limit = 1u << 20;

/// "40 0a6b" → {0x40, 0x0a, 0x6b}
inline bytes hex(std::string_view text) {
  bytes result;
  int digits = 0;
  for (char const c : text) {
    if (c == ' ') continue;
    unsigned const digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (digits++ % 2 == 0)
      result.push_back(static_cast<std::uint8_t>(digit << 4));
    else
      result.back() = static_cast<std::uint8_t>(result.back() | digit);
  }
  return result;
}

inline std::string to_hex(heddle::bytes_view in) {
  std::string result;
  for (std::uint8_t const byte : in) {
    result += "0123456789abcdef"[byte >> 4];
    result += "0123456789abcdef"[byte & 15];
  }
  return result;
}

struct recorded_field {
  heddle::header_name token;
  bool never_index;
  std::string name, value;
  std::uint32_t* cookie;
};

class recorder final : public heddle::hpack::field_sink {
 public:
  void on_field(heddle::header_field const& field) override {
    fields.push_back({field.token, field.never_index, std::string(field.name), std::string(field.value), field.cookie});
  }

  /// "name: value\n" for each field.
  std::string text() const {
    std::string result;
    for (recorded_field const& field : fields) result += field.name + ": " + field.value + "\n";
    return result;
  }

  std::vector<recorded_field> fields;
};

/// What a whole block comes to, as text: the fields, then the error if there is one.
inline std::string decode(heddle::hpack::decoder& decoder, heddle::bytes_view block,
                          std::size_t max_string = no_limit) {
  recorder sink;
  auto const error = decoder.decode(block, true, max_string, sink);
  return error == heddle::hpack::decode_error::none ? sink.text() : sink.text() + std::string(to_string(error));
}

/// The same in pieces that end at `cuts` (in order).
inline std::string decode_cut(heddle::hpack::decoder& decoder, heddle::bytes_view block,
                              std::vector<std::size_t> const& cuts, std::size_t max_string = no_limit) {
  recorder sink;
  auto error = heddle::hpack::decode_error::none;
  std::size_t from = 0;
  for (std::size_t const cut : cuts) {
    // A copy of its own, so that a look beyond the piece is one beyond its memory.
    heddle::bytes_view const part = block.subspan(from, cut - from);
    bytes const piece(part.begin(), part.end());
    error = decoder.decode(piece, false, max_string, sink);
    from = cut;
  }
  heddle::bytes_view const part = block.subspan(from);
  bytes const piece(part.begin(), part.end());
  error = decoder.decode(piece, true, max_string, sink);
  return error == heddle::hpack::decode_error::none ? sink.text() : sink.text() + std::string(to_string(error));
}

inline std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i <= size; ++i) cuts.push_back(i);
  return cuts;
}

/// "name: value\n…" → fields
inline std::vector<std::pair<std::string, std::string>> parse_fields(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> result;
  while (!text.empty()) {
    std::string_view const line = text.substr(0, text.find('\n'));
    std::size_t const colon = line.find(": ", 1);
    result.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    text.remove_prefix(line.size() + 1);
  }
  return result;
}

inline heddle::header_list to_list(std::string_view text) {
  heddle::header_list list;
  for (auto const& [name, value] : parse_fields(text)) list.add(name, value);
  return list;
}

}  // namespace hpack_test
