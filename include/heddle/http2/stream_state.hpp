// RFC 9113 §5.1 as a table: every state × every input. Pushing is off on both sides, so nothing is ever reserved.
//
//                  send/recv HEADERS
//          idle ------------------------> open
//                                          |  \ send END_STREAM      recv END_STREAM
//                                          |   +--> half_closed_local   half_closed_remote <--+
//                       send/recv RST      |             | recv END_STREAM      | send END_STREAM
//                                          v             v                      v
//                                       closed: finished | reset_sent | reset_received | forgotten
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <heddle/http2/error_code.hpp>

namespace heddle::http2 {

/// How a stream was closed decides what late frames on it mean, so it is part of the state.
enum class stream_state : std::uint8_t {
  idle,
  open,
  half_closed_local,
  half_closed_remote,
  finished,        // END_STREAM in both directions
  reset_sent,      // by us: what the peer had under way is ignored
  reset_received,  // by the peer
  forgotten,       // closed long ago, or skipped: an id below one that was used
  count_
};

enum class stream_input : std::uint8_t {
  recv_headers,
  recv_data,
  recv_end_stream,
  recv_rst_stream,
  recv_window_update,
  send_headers,
  send_data,
  send_end_stream,
  send_rst_stream,
  count_
};

enum class verdict : std::uint8_t {
  proceed,
  ignore,            // legal and without effect
  stream_error,      // the peer broke a rule; only this stream suffers
  connection_error,  // the peer broke a rule that the connection can't survive
  misuse,            // our own side asked for what the state forbids: nothing is sent
};

struct transition {
  stream_state next;
  verdict what = verdict::proceed;
  error_code code = error_code::no_error;
};

namespace detail {

constexpr auto make_stream_table() noexcept {
  using s = stream_state;
  using i = stream_input;
  constexpr auto states = static_cast<std::size_t>(s::count_), inputs = static_cast<std::size_t>(i::count_);
  std::array<std::array<transition, inputs>, states> table{};

  auto set = [&table](s from, i input, transition t) {
    table[static_cast<std::size_t>(from)][static_cast<std::size_t>(input)] = t;
  };
  auto go = [&set](s from, i input, s to) { set(from, input, transition{to}); };
  auto end = [&set](s from, i input, verdict v, error_code c = error_code::no_error) {
    set(from, input, transition{from, v, c});
  };

  for (std::size_t n = 0; n < states; ++n)
    for (i input : {i::send_headers, i::send_data, i::send_end_stream, i::send_rst_stream})
      end(static_cast<s>(n), input, verdict::misuse);

  go(s::idle, i::recv_headers, s::open);
  go(s::idle, i::send_headers, s::open);
  for (i input : {i::recv_data, i::recv_rst_stream, i::recv_window_update, i::recv_end_stream})
    end(s::idle, input, verdict::connection_error, error_code::protocol_error);

  for (s from : {s::open, s::half_closed_local}) {
    go(from, i::recv_headers, from);
    go(from, i::recv_data, from);
    go(from, i::recv_window_update, from);
  }
  for (s from : {s::open, s::half_closed_remote}) {
    go(from, i::send_headers, from);
    go(from, i::send_data, from);
    go(from, i::recv_window_update, from);
  }
  go(s::half_closed_local, i::recv_window_update, s::half_closed_local);  // its tail may still be on the way
  go(s::open, i::recv_end_stream, s::half_closed_remote);
  go(s::open, i::send_end_stream, s::half_closed_local);
  go(s::half_closed_local, i::recv_end_stream, s::finished);
  go(s::half_closed_remote, i::send_end_stream, s::finished);
  for (s from : {s::open, s::half_closed_local, s::half_closed_remote}) {
    go(from, i::recv_rst_stream, s::reset_received);
    go(from, i::send_rst_stream, s::reset_sent);
  }
  for (i input : {i::recv_headers, i::recv_data, i::recv_end_stream})
    end(s::half_closed_remote, input, verdict::stream_error, error_code::stream_closed);

  for (s from : {s::finished, s::reset_sent, s::reset_received, s::forgotten})
    for (i input : {i::recv_rst_stream, i::recv_window_update}) end(from, input, verdict::ignore);
  for (i input : {i::recv_headers, i::recv_data, i::recv_end_stream}) {
    end(s::reset_sent, input, verdict::ignore);
    end(s::reset_received, input, verdict::stream_error, error_code::stream_closed);
  }
  end(s::finished, i::recv_headers, verdict::connection_error, error_code::stream_closed);
  end(s::finished, i::recv_data, verdict::stream_error, error_code::stream_closed);
  end(s::finished, i::recv_end_stream, verdict::stream_error, error_code::stream_closed);
  end(s::forgotten, i::recv_headers, verdict::connection_error, error_code::protocol_error);  // §5.1.1: ids only grow
  end(s::forgotten, i::recv_data, verdict::stream_error, error_code::stream_closed);
  end(s::forgotten, i::recv_end_stream, verdict::stream_error, error_code::stream_closed);
  return table;
}

inline constexpr auto stream_table = make_stream_table();

}  // namespace detail

constexpr transition step(stream_state from, stream_input input) noexcept {
  return detail::stream_table[static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

constexpr bool is_closed(stream_state state) noexcept { return state >= stream_state::finished; }

}  // namespace heddle::http2
