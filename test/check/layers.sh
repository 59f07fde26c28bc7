#!/usr/bin/env bash
# Which room may include what. Arrows go one way; heavy libraries enter through one file each. And what a header-only program
# must not get although it does not use it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# client and server need http2 for the limits that are their options.
# room | heddle rooms beside its own and base | foreign headers (beginnings; the C++ library is always allowed)
rooms='
base       |                                | boost/system/ boost/assert/
hpack      |                                |
http2      | hpack                          |
rpc        |                                |
transport  | http2 rpc                      | boost/asio/ boost/system/ sys/ netinet/ arpa/ unistd.h fcntl.h poll.h
client     | http2 rpc transport            | boost/asio/ boost/system/
server     | http2 rpc transport            | boost/asio/ boost/system/
middleware | rpc client server              | boost/asio/ boost/system/
services   | rpc transport server           | boost/asio/ boost/system/
gateway    | rpc transport server           | boost/asio/ boost/system/ boost/beast/
testing    | hpack http2 rpc transport client server | boost/asio/ boost/system/
top        | hpack http2 rpc transport client server | boost/asio/ boost/system/
src        | hpack http2 rpc transport client server middleware services gateway testing |
'
# foreign header | the only files that may include it, without .hpp or .ipp
doors='
openssl/         | transport/tls transport/tls_auth transport/tls_context transport/tls_core transport/tls_sessions transport/tls_stream transport/tls_text
boost/asio/ssl   | transport/tls transport/tls_auth transport/tls_context transport/tls_core transport/tls_sessions transport/tls_stream transport/tls_text
google/protobuf/ | rpc/protobuf rpc/json services/reflection
zlib.h           | rpc/gzip
zstd             | rpc/zstd
brotli/          | rpc/brotli
snappy           | rpc/snappy
'

files '*.hpp' '*.ipp' | { grep '^include/heddle/' || true; } | tr '\n' '\0' | xargs -0 -r \
  awk -v rooms="$rooms" -v doors="$doors" -f "$here/layers.awk" | report
