// One request and its answer, whatever carries them: HTTP/2 now, HTTP/1.1 in the gateway. A call talks through one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/base/status.hpp>

namespace heddle::rpc {

/// Why the other side's half was cut off.
struct exchange_abort {
  /// What a client's call ends with; a server's is told CANCELLED.
  heddle::status status;
  /// The peer is sure not to have looked at the request.
  bool unprocessed = false;
  /// More than that: the request has never left.
  bool unsent = false;
  /// The connection is gone: release() before the callback returns.
  bool connection_lost = false;
};

/// The outgoing half, implemented by a transport. Everything is harmless when the exchange is over.
class exchange {
 public:
  /// Server: the response head. (A client's head opens the exchange.) One that is more than the peer takes becomes a
  /// RESOURCE_EXHAUSTED that ends the exchange: on_abort(). Ends that are too large lose metadata and details instead.
  virtual void send_head(header_list const& fields) = 0;
  /// Server: a head and nothing else.
  virtual void send_head_and_end(header_list const& fields) = 0;
  /// Room for `n` body bytes; fill and commit() them before anything else is called.
  virtual std::uint8_t* prepare(std::size_t n) = 0;
  /// Returns should_wait().
  virtual bool commit(std::size_t n) = 0;
  /// Client: no more body.
  virtual void send_end() = 0;
  /// Server: the end of the answer.
  virtual void send_trailers(header_list const& fields) = 0;
  /// RST_STREAM(CANCEL), or a close.
  virtual void cancel() = 0;
  /// The application took `n` bytes of the body: the peer may send as many again.
  virtual void consumed(std::size_t n) = 0;
  /// So much is queued that whoever writes should wait for on_writable().
  virtual bool should_wait() const = 0;
  virtual void notify_writable() = 0;
  /// Some of the body waits for the peer, or for the transport.
  virtual bool is_held_back() const = 0;
  /// The call is done with it. Cancels what is still open. The exchange must not be used again.
  virtual void release() = 0;

 protected:
  ~exchange() = default;
};

/// The incoming half, implemented by a call. Implementations take note and schedule; they resume nothing.
class exchange_events {
 public:
  virtual void on_head(header_list const& fields, bool end, bool too_large) = 0;
  /// `bytes` live until on_settled().
  virtual void on_body(bytes_view bytes, bool end) = 0;
  virtual void on_trailers(header_list const& fields, bool too_large) = 0;
  virtual void on_abort(exchange_abort const& why) = 0;
  virtual void on_writable() = 0;
  /// The input batch is done with: what on_body() lent is about to be overwritten. Returns how many bytes of the body
  /// are sure to come before the call gets any further; 0: it does not know.
  virtual std::size_t on_settled() = 0;

 protected:
  ~exchange_events() = default;
};

}  // namespace heddle::rpc
