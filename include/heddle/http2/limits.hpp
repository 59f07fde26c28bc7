// Every limit that protects a connection from its peer, with its default and the attack that it answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace heddle::http2 {

/// All of them hold for one connection. "Connection error" is GOAWAY with a text that names the limit, then a close.
struct limits {
  /// Streams that a peer may have open, announced to it; counted until the handler ends, not until the stream does
  /// (rapid reset, CVE-2023-44487). More are refused with REFUSED_STREAM.
  std::uint32_t max_concurrent_streams = 100;

  /// A client opens no stream above this id, but asks for a new connection, and a server that sees one above it says
  /// GOAWAY: ids are never used again, and well before their end there is time for that (RFC 9113 §5.1.1).
  std::uint32_t last_stream_id = 0x5fff'ffff;

  /// Decoded size of a header block, name + value + 32 a field (RFC 9113 §6.5.2). More fails the call with
  /// RESOURCE_EXHAUSTED; four times as much is a connection error (HPACK bombs).
  std::uint32_t max_header_list_size = 8 * 1024;
  /// Fields of a block, which cost memory beyond their bytes (CVE-2026-49975). More fails the call.
  std::uint32_t max_header_fields = 128;
  /// CONTINUATION frames a block, and how many frames of a block may be empty (CVE-2024-27983, CVE-2026-33871).
  std::uint32_t max_continuations = 8;
  std::uint32_t max_empty_header_frames = 1;
  /// Our decoder's dynamic table, and the most that our encoder uses whatever the peer offers.
  std::uint32_t header_table_size = 4096;

  /// Unread bytes that a stream, and all streams together, may hold.
  std::uint32_t stream_window = 256 * 1024;
  std::uint32_t connection_window = 1024 * 1024;
  /// Both grow while they are what holds the sender back and readers keep up: the connection's up to `max_window`, a
  /// stream's up to half of it. A stream_window below 65,535 stays as it is.
  bool adaptive_windows = true;
  std::uint32_t max_window = 16 * 1024 * 1024;

  /// Entries of one SETTINGS frame (CVE-2020-11080).
  std::uint32_t max_settings_entries = 32;
  /// How long the peer may take to acknowledge ours: SETTINGS_TIMEOUT after it.
  std::chrono::nanoseconds settings_timeout = std::chrono::seconds(60);

  /// Frames that answer frames (PING and SETTINGS acknowledgements, resets) and wait for a peer that does not read:
  /// nothing is read from it until they are gone (CVE-2019-9512, 9515).
  std::uint32_t max_induced_frames = 100;
  /// DATA frames without content and without END_STREAM, in a row (CVE-2019-9518); each is a glitch, too.
  std::uint32_t max_empty_data_in_row = 1;

  /// Resets that the peer causes: its own early ones and those that it makes us send (CVE-2025-8671). Completed
  /// calls refill the bucket, too.
  double reset_burst = 1000, resets_per_second = 33;
  /// Honest cancellation of calls that ran.
  double cancel_burst = 1000, cancels_per_second = 1000;
  /// Odd but legal frames: unknown types, PRIORITY, WINDOW_UPDATE that no DATA called for, DATA with nothing in it.
  double glitch_burst = 10000, glitches_per_second = 330;

  /// A PING that comes sooner than this after the last one that did not is a strike; more than `max_ping_strikes`
  /// without HEADERS or DATA from us in between are a connection error (gRFC A8). Servers only.
  std::uint32_t max_ping_strikes = 2;
  std::chrono::nanoseconds min_ping_interval = std::chrono::minutes(5);
  /// Without calls it is this long, as for TCP's own keepalive, unless `permit_pings_without_calls`.
  std::chrono::nanoseconds min_ping_interval_without_calls = std::chrono::hours(2);
  bool permit_pings_without_calls = false;

  /// Output that waits for the socket; calls that write more are suspended (CVE-2019-9517).
  std::size_t max_queued_output = 1024 * 1024;
  /// Above this a batch is handed to the socket before more DATA is framed, so that a PING never waits for long.
  std::size_t output_batch = 256 * 1024;
  /// A finished answer that the peer's window keeps from leaving is reset after this time without progress.
  std::chrono::nanoseconds stalled_answer_timeout = std::chrono::seconds(30);
  /// How long a graceful GOAWAY waits for the answer to its PING before it names the last stream.
  std::chrono::nanoseconds goaway_ping_timeout = std::chrono::seconds(10);
};

}  // namespace heddle::http2
