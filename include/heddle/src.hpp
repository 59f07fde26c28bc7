// The compiled mode: exactly one translation unit of a program includes this, and all units define
// HEDDLE_SEPARATE_COMPILATION.
#pragma once

#ifndef HEDDLE_SEPARATE_COMPILATION
#error heddle/src.hpp needs HEDDLE_SEPARATE_COMPILATION in every translation unit
#endif

// g++ takes the frames of coroutines that are defined once, here, for types of a header.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

#include <heddle/base/base64.ipp>
#include <heddle/base/metadata.ipp>
#include <heddle/base/percent.ipp>
#include <heddle/base/random.ipp>
#include <heddle/base/status.ipp>
#include <heddle/base/utf8.ipp>
#include <heddle/base/wire.ipp>

#include <heddle/hpack/decoder.ipp>
#include <heddle/hpack/encoder.ipp>
#include <heddle/hpack/huffman.ipp>

#include <heddle/http2/connection.ipp>
#include <heddle/http2/connection_headers.ipp>
#include <heddle/http2/connection_receive.ipp>
#include <heddle/http2/connection_send.ipp>
#include <heddle/http2/header_rules.ipp>

#include <heddle/rpc/codec.ipp>
#include <heddle/rpc/compression.ipp>
#include <heddle/rpc/foreign_answer.ipp>
#include <heddle/rpc/grpc_protocol.ipp>
#include <heddle/rpc/gzip.ipp>
#include <heddle/rpc/header_limit.ipp>
#include <heddle/rpc/inbound.ipp>
#include <heddle/rpc/message_body.ipp>
#include <heddle/rpc/message_framing.ipp>
#include <heddle/rpc/packing.ipp>
#include <heddle/rpc/status_details.ipp>
#include <heddle/rpc/status_fields.ipp>
#include <heddle/rpc/timeout.ipp>

#include <heddle/transport/call_scope.ipp>
#include <heddle/transport/channelz_registry.ipp>
#include <heddle/transport/clock.ipp>
#include <heddle/transport/deadlines.ipp>
#include <heddle/transport/host_port.ipp>
#include <heddle/transport/http2_driver.ipp>
#include <heddle/transport/http2_driver_sink.ipp>
#include <heddle/transport/http2_exchange.ipp>
#include <heddle/transport/interceptor.ipp>
#include <heddle/transport/memory.ipp>
#include <heddle/transport/socket_address.ipp>
#include <heddle/transport/socket_file.ipp>
#include <heddle/transport/thread_name.ipp>

#include <heddle/client/attempt.ipp>
#include <heddle/client/call.ipp>
#include <heddle/client/call_attempts.ipp>
#include <heddle/client/call_interception.ipp>
#include <heddle/client/call_operations.ipp>
#include <heddle/client/call_sending.ipp>
#include <heddle/client/calls.ipp>
#include <heddle/client/channel.ipp>
#include <heddle/client/connector.ipp>
#include <heddle/client/core.ipp>
#include <heddle/client/generic.ipp>
#include <heddle/client/interception.ipp>
#include <heddle/client/resolver.ipp>
#include <heddle/client/subchannel.ipp>
#include <heddle/client/target.ipp>
#include <heddle/client/unary.ipp>

#include <heddle/server/call.ipp>
#include <heddle/server/call_operations.ipp>
#include <heddle/server/core.ipp>
#include <heddle/server/interception.ipp>
#include <heddle/server/listener.ipp>
#include <heddle/server/nearest.ipp>
#include <heddle/server/router.ipp>
#include <heddle/server/runner.ipp>
#include <heddle/server/server.ipp>
#include <heddle/server/session.ipp>
#include <heddle/server/thread_per_core.ipp>

#include <heddle/services/channelz.ipp>
#include <heddle/services/channelz_messages.ipp>
#include <heddle/services/descriptor_index.ipp>
#include <heddle/services/health.ipp>
#include <heddle/services/reflection_lite.ipp>
#include <heddle/services/reflection_messages.ipp>
#include <heddle/sync_wait.ipp>
#include <heddle/testing/frame_codec.ipp>
#include <heddle/testing/scripted_link.ipp>
#include <heddle/testing/scripted_peer.ipp>
#include <heddle/testing/scripted_server.ipp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
