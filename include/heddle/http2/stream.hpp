// One stream: its place in the state table, its two windows, and what waits to be sent on it.
#pragma once

#include <cstdint>

#include <heddle/base/header_list.hpp>
#include <heddle/base/time.hpp>
#include <heddle/http2/flow_window.hpp>
#include <heddle/http2/frame.hpp>
#include <heddle/http2/intrusive_list.hpp>
#include <heddle/http2/pending_data.hpp>
#include <heddle/http2/stream_state.hpp>

namespace heddle::http2 {

/// Owned and recycled by the connection. Its user keeps the reference until it calls connection::release(), also
/// when the stream is long closed: late operations on a closed stream are harmless.
class stream {
 public:
  stream_id id() const noexcept { return id_; }
  stream_state state() const noexcept { return state_; }
  bool closed() const noexcept { return is_closed(state_); }
  /// Data that waits for a window or for the socket.
  std::size_t pending() const noexcept { return pending_.size(); }
  /// Bytes of a message that could be sent now without waiting, as far as this stream's own window goes.
  std::int64_t send_window() const noexcept { return send_.available(); }
  receive_window const& received() const noexcept { return recv_; }

  /// The object that the user hangs on the stream.
  void* user = nullptr;

 private:
  friend class connection;

  stream_id id_ = 0;
  stream_state state_ = stream_state::idle;
  http2::send_window send_;
  receive_window recv_;

  pending_data pending_;
  header_list trailers_;
  bool end_pending_ = false;       // END_STREAM follows pending_
  bool trailers_pending_ = false;  // trailers_ follow pending_
  bool released_ = false;
  bool head_received_ = false;
  std::uint32_t batch_ = 0;   // the receive() call that opened it
  std::uint64_t head_end_ = 0;  // where its HEADERS end in all that the connection ever sends
  std::int64_t content_left_ = -1;  // of a declared content-length; -1: none was declared
  time_point stalled_since_ = never;
  list_links<stream> sending_;  // pending_ waits for its turn
  list_links<stream> waiting_;  // for on_writable(), when pending_ has run low
  list_links<stream> stalled_;  // the end follows pending_, and has no clock yet
};

}  // namespace heddle::http2
