// All encodings that this program was linked with.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <heddle/rpc/gzip.hpp>
#if defined(CONFORMANCE_BROTLI)
#include <heddle/rpc/brotli.hpp>
#endif
#if defined(CONFORMANCE_SNAPPY)
#include <heddle/rpc/snappy.hpp>
#endif
#if defined(CONFORMANCE_ZSTD)
#include <heddle/rpc/zstd.hpp>
#endif

#include "connectrpc/conformance/v1/config.pb.h"

namespace conformance {

inline heddle::compressor_list encodings() {
  heddle::compressor_list all = heddle::default_compressors();
#if defined(CONFORMANCE_BROTLI)
  all.add(heddle::brotli());
#endif
#if defined(CONFORMANCE_SNAPPY)
  all.add(heddle::snappy());
#endif
#if defined(CONFORMANCE_ZSTD)
  all.add(heddle::zstd());
#endif
  return all;
}

/// What `grpc-encoding` calls it.
inline std::string_view name_of(connectrpc::conformance::v1::Compression compression) {
  using namespace connectrpc::conformance::v1;
  switch (compression) {
    case COMPRESSION_UNSPECIFIED:
    case COMPRESSION_IDENTITY: return "identity";
    case COMPRESSION_GZIP: return "gzip";
    case COMPRESSION_BR: return "br";
    case COMPRESSION_ZSTD: return "zstd";
    case COMPRESSION_DEFLATE: return "deflate";
    case COMPRESSION_SNAPPY: return "snappy";
    default: throw std::invalid_argument("unknown compression " + std::string(Compression_Name(compression)));
  }
}

}  // namespace conformance
