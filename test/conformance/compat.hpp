// How the suite's runner talks to the programs under test: messages behind their length on stdin and stdout, and what
// its protos call headers and errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include <heddle/base/base64.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>

#include "connectrpc/conformance/v1/service.pb.h"

namespace conformance {

using namespace connectrpc::conformance::v1;

using length_prefix = std::array<unsigned char, 4>;

inline std::size_t length_of(length_prefix const& p) noexcept {
  return std::size_t{p[0]} << 24 | std::size_t{p[1]} << 16 | std::size_t{p[2]} << 8 | p[3];
}

template <class Message>
void write_message(std::ostream& out, Message const& message) {
  std::string const body = message.SerializeAsString();
  auto const byte = [n = body.size()](int shift) { return static_cast<char>(n >> shift & 0xff); };
  std::array<char, 4> const prefix = {byte(24), byte(16), byte(8), byte(0)};
  out.write(prefix.data(), prefix.size()).write(body.data(), static_cast<std::streamsize>(body.size())).flush();
}

/// Calls `add(key, value)` for each. The suite writes keys as it likes, and values of `-bin` keys as base64.
template <class Headers, class Add>
void for_headers(Headers const& from, Add add) {
  for (Header const& header : from) {
    std::string key = header.name();
    for (char& c : key)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (std::string const& value : header.value()) {
      std::string bytes;
      bool const binary = heddle::is_binary_metadata_key(key) && heddle::base64_decode(value, bytes);
      add(key, binary ? bytes : value);
    }
  }
}

template <class Headers>
void add_headers(Headers const& from, heddle::metadata& to) {
  for_headers(from, [&to](std::string const& key, std::string const& value) { to.add(key, value); });
}

template <class Headers>
void show_headers(heddle::metadata const& from, Headers& to) {
  for (heddle::metadata::entry const entry : from) {
    Header* header = nullptr;
    for (Header& earlier : to)
      if (earlier.name() == entry.key) header = &earlier;
    if (header == nullptr) {
      header = to.Add();
      header->set_name(std::string(entry.key));
    }
    std::string text;
    if (heddle::is_binary_metadata_key(entry.key))
      heddle::base64_encode(entry.value, text);
    else
      text = entry.value;
    header->add_value(std::move(text));
  }
}

inline heddle::status status_of(Error const& error) {
  heddle::status s(static_cast<heddle::status_code>(error.code()), error.message());
  for (auto const& detail : error.details()) s.add_detail(detail.type_url(), detail.value());
  return s;
}

inline void show_status(heddle::status const& from, Error& to) {
  to.set_code(static_cast<Code>(from.code()));
  to.set_message(std::string(from.message()));
  for (heddle::status_detail const& detail : from.details()) {
    auto& any = *to.add_details();
    any.set_type_url(detail.type_url());
    any.set_value(detail.value());
  }
}

}  // namespace conformance
