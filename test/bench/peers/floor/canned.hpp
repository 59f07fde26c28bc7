// Answers of gRPC over HTTP/2 without HPACK, protobuf, stream state or flow control: each DATA frame with END_STREAM is
// echoed between canned HEADERS and trailers. One feed() a read, one output a feed(): what small calls cost at least.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

class canned_answers {
 public:
  char* space() noexcept { return in_.data() + have_; }
  std::size_t room() const noexcept { return in_.size() - have_; }
  std::vector<char>& output() noexcept { return out_; }

  void feed(std::size_t bytes) {
    have_ += bytes;
    char const* at = in_.data();
    char const* const end = at + have_;
    if (!began_) {
      if (have_ < 24) return;  // the client's preface
      at += 24;
      began_ = true;
      frame(4, 0, 0, {"\x00\x03\x00\x00\x27\x10", 6});  // SETTINGS: MAX_CONCURRENT_STREAMS 10 000
      frame(8, 0, 0, {"\x40\x00\x00\x00", 4});  // WINDOW_UPDATE 2^30
    }
    while (end - at >= 9) {
      std::uint32_t const length = number(at, 3);
      if (std::size_t(end - at) < 9 + length) break;
      answer(std::uint8_t(at[3]), std::uint8_t(at[4]), number(at + 5, 4) & 0x7fffffff, {at + 9, length});
      at += 9 + length;
    }
    have_ = std::size_t(end - at);
    std::memmove(in_.data(), at, have_);
  }

 private:
  static std::uint32_t number(char const* from, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | std::uint8_t(from[i]);
    return value;
  }

  void frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    std::size_t const at = out_.size(), length = payload.size();
    out_.resize(at + 9 + length);
    char* const to = out_.data() + at;
    for (int i = 0; i < 3; ++i) to[i] = char(length >> (16 - 8 * i));
    to[3] = char(type);
    to[4] = char(flags);
    for (int i = 0; i < 4; ++i) to[5 + i] = char(stream >> (24 - 8 * i));
    if (length != 0) std::memcpy(to + 9, payload.data(), length);
  }

  void answer(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    static constexpr std::string_view headers{
        "\x88\x0f\x10\x10"
        "application/grpc",
        20};
    static constexpr std::string_view trailers{
        "\x00\x0b"
        "grpc-status"
        "\x01"
        "0",
        15};
    if (type == 0) {
      consumed_ += std::uint32_t(payload.size());
      if ((flags & 1) != 0) {
        frame(1, 4, stream, headers);
        frame(0, 0, stream, payload);
        frame(1, 5, stream, trailers);
      }
      if (consumed_ > 1u << 28) {
        char update[4];
        for (int i = 0; i < 4; ++i) update[i] = char(consumed_ >> (24 - 8 * i));
        frame(8, 0, 0, {update, 4});
        consumed_ = 0;
      }
    } else if (type == 4 && (flags & 1) == 0) {
      frame(4, 1, 0, {});
    } else if (type == 6 && (flags & 1) == 0) {
      frame(6, 1, 0, payload);
    }
  }

  std::vector<char> in_ = std::vector<char>(20 * 1024), out_;
  std::size_t have_ = 0;
  std::uint32_t consumed_ = 0;
  bool began_ = false;
};
