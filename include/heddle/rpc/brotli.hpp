// The encoding "br" (RFC 7932). For programs that link libbrotlienc and libbrotlidec: nothing else includes this.
#pragma once

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string_view>

#include <heddle/rpc/compression.hpp>

namespace heddle {

namespace detail {

class brotli_compressor final : public compressor {
 public:
  explicit brotli_compressor(int quality) noexcept : quality_(quality) {}

  std::string_view name() const noexcept override { return "br"; }

  void compress(bytes_view plain, byte_buffer& out) const override {
    std::size_t size = BrotliEncoderMaxCompressedSize(plain.size());
    std::uint8_t* const to = out.prepare(size);
    if (!BrotliEncoderCompress(quality_, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, plain.size(), plain.data(), &size,
                               to))
      throw std::bad_alloc();  // with room for everything there is no other reason
    out.commit(size);
  }

  outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const override {
    struct destroyer {
      void operator()(BrotliDecoderState* s) const noexcept { BrotliDecoderDestroyInstance(s); }
    };
    std::unique_ptr<BrotliDecoderState, destroyer> const state(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
    if (state == nullptr) throw std::bad_alloc();
    std::size_t in_size = packed.size();
    std::uint8_t const* in = packed.data();
    std::size_t const most = std::max(limit, limit + 1);  // one byte more than may be tells that it is too large
    std::size_t total = 0;
    for (std::size_t step = std::max(packed.size() * 4, std::size_t{256});; step = std::max(step, total)) {
      std::size_t const room = std::min(step, most - total);
      std::size_t left = room;
      std::uint8_t* to = out.prepare(room);
      auto const result = BrotliDecoderDecompressStream(state.get(), &in_size, &in, &left, &to, nullptr);
      out.commit(room - left);
      total += room - left;
      if (total > limit) return outcome::too_large;
      if (result == BROTLI_DECODER_RESULT_SUCCESS) return in_size == 0 ? outcome::done : outcome::malformed;
      if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return outcome::malformed;
    }
  }

 private:
  int quality_;
};

}  // namespace detail

/// `quality`: 0 is fast, 11 is small and very slow. Unlike the others brotli has no state to use again, so that each
/// message allocates.
inline std::shared_ptr<compressor const> brotli(int quality = 5) {
  return std::make_shared<detail::brotli_compressor>(std::clamp(quality, BROTLI_MIN_QUALITY, BROTLI_MAX_QUALITY));
}

}  // namespace heddle
