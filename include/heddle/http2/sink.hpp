// What the engine tells whoever drives it.
#pragma once

#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/http2/error_code.hpp>
#include <heddle/http2/frame.hpp>

namespace heddle::http2 {

class stream;

/// Why a connection can't go on. `why` is a literal that names the rule or the limit; it is also the GOAWAY's text.
struct failure {
  error_code code = error_code::no_error;
  std::string_view why;
};

/// How a stream ended before its time.
struct stream_reset {
  enum class origin : std::uint8_t {
    peer,        // it sent RST_STREAM, or GOAWAY with a lower id
    local,       // we found a violation or a limit
    connection,  // the connection failed or was lost
  };
  error_code code = error_code::no_error;
  origin from = origin::peer;
  /// The peer is sure not to have looked at the request: it may be sent again elsewhere (RFC 9113 §8.7).
  bool unprocessed = false;
  /// Client: not even its HEADERS had left when the connection ended or was going away.
  bool unsent = false;
  std::string_view why;
};

/// The header block exceeds a limit of ours; `fields` holds what fitted.
enum class block_size : bool { fits, too_large };

/// Called from inside connection::receive() and its siblings. Implementations note what happened and return: they may
/// call consume(), reset() and release(), but resume nothing and destroy nothing. Views die when the call returns.
class sink {
 public:
  /// Server: a new request, hang your object on `stream.user`. Client: the response head (1xx are skipped).
  virtual void on_headers(stream& stream, header_list const& fields, bool end_stream, block_size size) = 0;
  /// `bytes` stay readable until the buffer given to receive() is reused. They count as held until consume().
  virtual void on_data(stream& stream, bytes_view bytes, bool end_stream) = 0;
  virtual void on_trailers(stream& stream, header_list const& fields, block_size size) = 0;
  /// The stream is over. Not called for resets that the user asked for.
  virtual void on_reset(stream& stream, stream_reset const& how) = 0;
  /// pending() has run low after connection::notify_writable() asked for it.
  virtual void on_writable(stream& stream) = 0;
  /// Client: connection::can_open() may have become true.
  virtual void on_room() = 0;
  /// No new streams here. Those above `last` have been told by on_reset(unprocessed).
  virtual void on_goaway(stream_id last, error_code code, std::string_view debug) = 0;
  virtual void on_ping_ack(std::uint64_t payload) = 0;
  /// GOAWAY is queued, the streams are told next; send the output and close.
  virtual void on_failure(failure const& what) = 0;

 protected:
  ~sink() = default;
};

}  // namespace heddle::http2
