// The encodings that every gRPC implementation has: gzip and deflate, by zlib.
#pragma once

#include <memory>

#include <heddle/base/config.hpp>
#include <heddle/rpc/compression.hpp>

namespace heddle {

/// RFC 1952, one member a message. `level`: 1 is fast, 9 is small, 0 only stores, 6 is what zlib and other gRPC
/// implementations take. zlib's memory belongs to the thread and is kept from message to message: 260 KiB where
/// messages are compressed, 40 KiB where they are inflated.
std::shared_ptr<compressor const> gzip(int level = 6);

/// What HTTP and gRPC call "deflate": the zlib format of RFC 1950, not the bare one.
std::shared_ptr<compressor const> deflate(int level = 6);

/// What channels and servers have unless their options say otherwise: gzip, then deflate.
compressor_list const& default_compressors();

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/gzip.ipp>
#endif
