// The encoding "snappy": the framing format, which gRPC programs in Go call so, and not a bare block. For programs that
// link libsnappy: nothing else includes this.
#pragma once

#include <snappy-c.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include <heddle/rpc/compression.hpp>

namespace heddle {

namespace detail {

inline constexpr auto crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? c >> 1 ^ 0x82F63B78 : c >> 1;
    table[i] = c;
  }
  return table;
}();

/// framing_format.txt of snappy: chunks of a type, a length of three bytes and what it says.
class snappy_compressor final : public compressor {
 public:
  std::string_view name() const noexcept override { return "snappy"; }

  void compress(bytes_view plain, byte_buffer& out) const override {
    out.append(stream_begin);
    while (!plain.empty()) {
      bytes_view const piece = plain.first(std::min(plain.size(), max_chunk));
      plain = plain.subspan(piece.size());
      std::size_t size = snappy_max_compressed_length(piece.size());
      std::uint8_t* const to = out.prepare(chunk_head + size);
      if (snappy_compress(text(piece), piece.size(), reinterpret_cast<char*>(to + chunk_head), &size) != SNAPPY_OK)
        throw std::bad_alloc();  // with room for everything there is no other reason
      std::uint8_t type = compressed_chunk;
      if (size >= piece.size()) {
        type = plain_chunk;
        size = piece.size();
        std::copy(piece.begin(), piece.end(), to + chunk_head);
      }
      write_little(to, type | static_cast<std::uint64_t>(size + 4) << 8, 4);
      write_little(to + 4, checksum(piece), 4);
      out.commit(chunk_head + size);
    }
  }

  outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const override {
    if (packed.empty()) return outcome::done;  // Go's writer makes nothing of nothing, not even the beginning
    if (!as_text(packed).starts_with(stream_begin)) return outcome::malformed;
    for (std::size_t total = 0; !packed.empty();) {
      if (packed.size() < 4) return outcome::malformed;
      std::uint8_t const type = packed[0];
      std::size_t const size = read_little(packed.data() + 1, 3);
      if (packed.size() - 4 < size) return outcome::malformed;
      bytes_view const chunk = packed.subspan(4, size);
      packed = packed.subspan(4 + size);
      if (type == stream_begin_chunk) {  // may be said again
        if (as_text(chunk) != stream_begin.substr(4)) return outcome::malformed;
        continue;
      }
      if (type >= first_skippable) continue;
      if (type > plain_chunk || size < 4) return outcome::malformed;
      bytes_view const body = chunk.subspan(4);
      std::size_t plain_size = body.size();
      if (type == compressed_chunk && snappy_uncompressed_length(text(body), body.size(), &plain_size) != SNAPPY_OK)
        return outcome::malformed;
      if (plain_size > max_chunk) return outcome::malformed;
      if (plain_size > limit - total) return outcome::too_large;
      std::uint8_t* const to = out.prepare(plain_size);
      if (type == plain_chunk)
        std::copy(body.begin(), body.end(), to);
      else if (snappy_uncompress(text(body), body.size(), reinterpret_cast<char*>(to), &plain_size) != SNAPPY_OK)
        return outcome::malformed;
      if (checksum({to, plain_size}) != read_little(chunk.data(), 4)) return outcome::malformed;
      out.commit(plain_size);
      total += plain_size;
    }
    return outcome::done;
  }

 private:
  static constexpr std::string_view stream_begin = std::string_view("\xff\x06\0\0sNaPpY", 10);
  static constexpr std::uint8_t compressed_chunk = 0, plain_chunk = 1, first_skippable = 0x80,
                                stream_begin_chunk = 0xff;
  static constexpr std::size_t max_chunk = 65536, chunk_head = 8;

  static char const* text(bytes_view bytes) noexcept { return reinterpret_cast<char const*>(bytes.data()); }
  static void write_little(std::uint8_t* out, std::uint64_t value, int bytes) noexcept {
    for (int i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(value >> 8 * i);
  }
  static std::uint32_t read_little(std::uint8_t const* in, int bytes) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= std::uint32_t{in[i]} << 8 * i;
    return value;
  }
  static std::uint32_t checksum(bytes_view bytes) noexcept {
    std::uint32_t c = ~std::uint32_t{0};
    for (std::uint8_t const b : bytes) c = c >> 8 ^ crc32c_table[(c ^ b) & 0xFF];
    c = ~c;
    return (c >> 15 | c << 17) + 0xa282ead8;
  }
};

}  // namespace detail

inline std::shared_ptr<compressor const> snappy() { return std::make_shared<detail::snappy_compressor>(); }

}  // namespace heddle
