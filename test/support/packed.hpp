// Compressed messages on the wire, written and read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <heddle/rpc/gzip.hpp>
#include <heddle/rpc/message_framing.hpp>

#include "support/raw_peer.hpp"

namespace heddle::test {

inline std::string packed(compressor const& with, std::string_view plain) {
  byte_buffer out;
  with.compress(as_bytes(plain), out);
  return std::string(as_text(out.view()));
}

/// With its five bytes in front.
inline std::string framed_packed(std::string const& body) {
  return std::string(1, '\1') + u32(static_cast<std::uint32_t>(body.size())) + body;
}
inline std::string framed_packed(compressor const& with, Text const& message) {
  return framed_packed(packed(with, message.SerializeAsString()));
}

/// A body that becomes `megabytes` of nothing, as a Text.
inline std::string packed_bomb(compressor const& with, int megabytes) {
  Text message;
  message.set_blob(std::string(static_cast<std::size_t>(megabytes) << 20, '\0'));
  return packed(with, message.SerializeAsString());
}

/// What came on one stream, and its messages: "plain hello 1" or "packed hello 1".
struct stream_content : stream_frames {
  std::vector<std::string> messages;
};

inline stream_content content_of(raw_peer& peer, stream_id id, compressor const& with) {
  stream_content content{frames_of(peer, id), {}};
  for (std::string_view left = content.bytes; !left.empty();) {
    REQUIRE(left.size() >= message_prefix_size);
    std::size_t const size = http2::read_u32(as_bytes(left).data() + 1);
    REQUIRE(left.size() >= message_prefix_size + size);
    bytes_view const body = as_bytes(left.substr(message_prefix_size, size));
    byte_buffer plain;
    if (left[0] == 1)
      CHECK(with.decompress(body, 1 << 20, plain) == compressor::outcome::done);
    else
      plain.append(body);
    Text message;
    CHECK(message.ParseFromArray(plain.data(), static_cast<int>(plain.size())));
    content.messages.push_back((left[0] == 1 ? "packed " : "plain ") + message.text().substr(0, 5) + " " +
                               std::to_string(message.number()));
    left.remove_prefix(message_prefix_size + size);
  }
  return content;
}

/// Long enough to get smaller.
inline Text long_text(std::string const& word, std::int64_t number = 0) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += word + ' ';
  return text(std::move(words), number);
}

}  // namespace heddle::test
