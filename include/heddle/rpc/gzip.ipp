#pragma once

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include <heddle/rpc/gzip.hpp>

namespace heddle {

namespace detail {

/// zlib's names for the two: bits of the window, and 16 more for gzip.
enum class zlib_format : int { zlib = 15, gzip = 15 + 16 };

/// z_stream counts in 32 bits.
inline constexpr std::size_t max_zlib_piece = std::size_t{1} << 30;

inline uInt zlib_piece(std::size_t n) noexcept { return static_cast<uInt>(std::min(n, max_zlib_piece)); }

class zlib_deflater {
 public:
  zlib_deflater() noexcept = default;
  zlib_deflater(zlib_deflater const&) = delete;
  ~zlib_deflater() {
    if (level_ != unused) ::deflateEnd(&stream_);
  }

  /// One for each format and thread.
  static zlib_deflater& of_thread(zlib_format format) {
    static thread_local zlib_deflater zlib, gzip;
    return format == zlib_format::gzip ? gzip : zlib;
  }

  z_stream& begin(zlib_format format, int level) {
    if (level_ == unused) {
      if (deflateInit2(&stream_, level, Z_DEFLATED, static_cast<int>(format), 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    } else {
      ::deflateReset(&stream_);
      stream_.next_out = nullptr;  // old versions flush when the level changes, and this is another message's
      stream_.avail_out = 0;
      if (level != level_) ::deflateParams(&stream_, level, Z_DEFAULT_STRATEGY);
    }
    level_ = level;
    return stream_;
  }

 private:
  static constexpr int unused = -100;
  z_stream stream_{};
  int level_ = unused;
};

class zlib_inflater {
 public:
  zlib_inflater() noexcept = default;
  zlib_inflater(zlib_inflater const&) = delete;
  ~zlib_inflater() {
    if (used_) ::inflateEnd(&stream_);
  }

  static zlib_inflater& of_thread() {
    static thread_local zlib_inflater only;
    return only;
  }

  z_stream& begin(zlib_format format) {
    int const bits = static_cast<int>(format);
    if ((used_ ? ::inflateReset2(&stream_, bits) : inflateInit2(&stream_, bits)) != Z_OK) throw std::bad_alloc();
    used_ = true;
    return stream_;
  }

 private:
  z_stream stream_{};
  bool used_ = false;
};

class zlib_compressor final : public compressor {
 public:
  zlib_compressor(std::string_view name, zlib_format format, int level) noexcept
      : name_(name), format_(format), level_(std::clamp(level, 0, 9)) {}

  std::string_view name() const noexcept override { return name_; }
  HEDDLE_DECL void compress(bytes_view plain, byte_buffer& out) const override;
  HEDDLE_DECL outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const override;

 private:
  std::string_view name_;
  zlib_format format_;
  int level_;
};

HEDDLE_DECL void zlib_compressor::compress(bytes_view plain, byte_buffer& out) const {
  z_stream& z = zlib_deflater::of_thread(format_).begin(format_, level_);
  std::size_t room = ::deflateBound(&z, static_cast<uLong>(plain.size()));
  std::uint8_t* to = out.prepare(room);
  for (int result = Z_OK; result != Z_STREAM_END;) {
    uInt const in = zlib_piece(plain.size()), space = zlib_piece(room);
    z.next_in = const_cast<Bytef*>(plain.data());
    z.avail_in = in;
    z.next_out = to;
    z.avail_out = space;
    result = ::deflate(&z, in == plain.size() ? Z_FINISH : Z_NO_FLUSH);
    std::size_t const made = space - z.avail_out;
    plain = plain.subspan(in - z.avail_in);
    out.commit(made);
    to += made;
    room -= made;
  }
}

HEDDLE_DECL compressor::outcome zlib_compressor::decompress(bytes_view packed, std::size_t limit,
                                                            byte_buffer& out) const {
  z_stream& z = zlib_inflater::of_thread().begin(format_);
  std::size_t const most = std::max(limit, limit + 1);  // one byte more than may be tells that it is too large
  std::size_t total = 0;
  for (std::size_t step = std::max(packed.size() * 4, std::size_t{256});; step = std::max(step, total)) {
    uInt const in = zlib_piece(packed.size()), space = zlib_piece(std::min(step, most - total));
    z.next_in = const_cast<Bytef*>(packed.data());
    z.avail_in = in;
    z.next_out = out.prepare(space);
    z.avail_out = space;
    int const result = ::inflate(&z, Z_NO_FLUSH);
    std::size_t const made = space - z.avail_out;
    packed = packed.subspan(in - z.avail_in);
    out.commit(made);
    total += made;
    if (total > limit) return outcome::too_large;
    if (result == Z_STREAM_END) return packed.empty() ? outcome::done : outcome::malformed;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_BUF_ERROR) return outcome::malformed;
    if (packed.empty() && z.avail_out != 0) return outcome::malformed;  // it wants more
  }
}

}  // namespace detail

HEDDLE_DECL std::shared_ptr<compressor const> gzip(int level) {
  return std::make_shared<detail::zlib_compressor>("gzip", detail::zlib_format::gzip, level);
}

HEDDLE_DECL std::shared_ptr<compressor const> deflate(int level) {
  return std::make_shared<detail::zlib_compressor>("deflate", detail::zlib_format::zlib, level);
}

HEDDLE_DECL compressor_list const& default_compressors() {
  static compressor_list const both = compressor_list().add(gzip()).add(deflate());
  return both;
}

}  // namespace heddle
