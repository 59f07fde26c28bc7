// The encoding "zstd" (RFC 8878). For programs that link libzstd: nothing else includes this.
#pragma once

#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string_view>

#include <heddle/rpc/compression.hpp>

namespace heddle {

namespace detail {

class zstd_compressor final : public compressor {
 public:
  explicit zstd_compressor(int level) noexcept : level_(level) {}

  std::string_view name() const noexcept override { return "zstd"; }

  void compress(bytes_view plain, byte_buffer& out) const override {
    std::size_t const room = ZSTD_compressBound(plain.size());
    std::uint8_t* const to = out.prepare(room);
    std::size_t const made = ZSTD_compressCCtx(contexts().in, to, room, plain.data(), plain.size(), level_);
    if (ZSTD_isError(made)) throw std::bad_alloc();  // with room for everything there is no other reason
    out.commit(made);
  }

  outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const override {
    ZSTD_DCtx* const context = contexts().out;
    ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
    std::size_t const most = std::max(limit, limit + 1);  // one byte more than may be tells that it is too large
    std::size_t total = 0;
    for (std::size_t step = std::max(packed.size() * 4, std::size_t{256});; step = std::max(step, total)) {
      std::size_t const room = std::min(step, most - total);
      ZSTD_outBuffer to = {out.prepare(room), room, 0};
      std::size_t const left = ZSTD_decompressStream(context, &to, &in);
      out.commit(to.pos);
      total += to.pos;
      if (total > limit) return outcome::too_large;
      if (ZSTD_isError(left)) return outcome::malformed;
      if (left == 0) return in.pos == in.size ? outcome::done : outcome::malformed;
      if (in.pos == in.size && to.pos < to.size) return outcome::malformed;  // it wants more
    }
  }

 private:
  struct thread_contexts {
    thread_contexts() : in(ZSTD_createCCtx()), out(ZSTD_createDCtx()) {
      // RFC 8878 §3.1.1.1.2: 8 MiB are what everybody has to have, and nobody may ask for more.
      if (out != nullptr) ZSTD_DCtx_setParameter(out, ZSTD_d_windowLogMax, 23);
    }
    ~thread_contexts() {
      ZSTD_freeCCtx(in);
      ZSTD_freeDCtx(out);
    }
    thread_contexts(thread_contexts const&) = delete;
    ZSTD_CCtx* in;
    ZSTD_DCtx* out;
  };
  static thread_contexts& contexts() {
    static thread_local thread_contexts only;
    if (only.in == nullptr || only.out == nullptr) throw std::bad_alloc();
    return only;
  }

  int level_;
};

}  // namespace detail

/// `level`: 1 is fast, 19 is small, negative ones are faster still. zstd's memory belongs to the thread and is kept
/// from message to message; a message that wants a window of more than 8 MiB is malformed.
inline std::shared_ptr<compressor const> zstd(int level = 3) {
  return std::make_shared<detail::zstd_compressor>(std::clamp(level, -7, 19));
}

}  // namespace heddle
