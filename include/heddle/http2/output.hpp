// What goes to the socket, and how an answer that is in a hurry passes what the socket has taken half of.
#pragma once

#include <algorithm>
#include <cstddef>

#include <heddle/base/bytes.hpp>
#include <heddle/http2/frame.hpp>

namespace heddle::http2 {

/// What connection::take_output() hands over: `urgent` is sent before `frames`.
class output {
 public:
  byte_buffer urgent;  // PINGs and their acknowledgements pass what is queued
  byte_buffer frames;

  bool empty() const noexcept { return urgent.empty() && frames.empty(); }
  /// The first `n` bytes have been sent.
  void consume(std::size_t n) noexcept {
    std::size_t const ahead = std::min(n, urgent.size());
    urgent.consume(ahead);
    n -= ahead;
    if (n == frames.size()) {
      frames.clear();
      rest_ = 0;
      return;
    }
    std::size_t next = rest_;
    while (next < n) next = end_of_frame(next);
    rest_ = next - n;
    frames.consume(n);
  }
  /// From now on what is appended to `urgent` goes out between two frames: the rest of one that was sent in part comes
  /// first.
  void finish_frame() {
    std::size_t const rest = std::min(rest_, frames.size());
    urgent.append(frames.view().first(rest));
    frames.consume(rest);
    rest_ = 0;
  }

 private:
  /// HEADERS and its CONTINUATIONs count as one: nothing may come between (RFC 9113 §6.2).
  std::size_t end_of_frame(std::size_t at) const noexcept {
    for (;;) {
      if (frames.size() - at < frame_header_size) return frames.size();
      frame_header const h = frame_header::parse(frames.data() + at);
      if (h.length >= frames.size() - at) return frames.size();  // the client's preface is no frame
      at += frame_header_size + h.length;
      bool const block = h.type == frame_type::headers || h.type == frame_type::continuation;
      if (!block || h.has(flag::end_headers)) return at;
    }
  }

  std::size_t rest_ = 0;  // up to the next end of a frame, in `frames`
};

}  // namespace heddle::http2
