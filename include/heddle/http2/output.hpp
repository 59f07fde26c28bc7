// What goes to the socket, and how an answer that is in a hurry passes what the socket has taken half of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/http2/frame.hpp>

namespace heddle::http2 {

/// The content of a DATA frame that was not copied behind its header.
struct payload {
  std::size_t behind;  // so many bytes of the frames come before it
  bytes_view bytes;
  std::shared_ptr<byte_buffer const> owner;
};

/// What connection::take_output() hands over: `urgent` is sent before `frames`, and each payload in its place there.
class output {
 public:
  byte_buffer urgent;  // PINGs and their acknowledgements pass what is queued
  byte_buffer frames;
  std::vector<payload> payloads;

  bool empty() const noexcept { return urgent.empty() && frames_empty(); }
  bool frames_empty() const noexcept { return frames.empty() && payloads.empty(); }
  /// Of the frames with their payloads.
  std::size_t frames_size() const noexcept {
    std::size_t n = frames.size();
    for (std::size_t i = next_; i < payloads.size(); ++i) n += payloads[i].bytes.size();
    return n;
  }
  /// `f(bytes)` for all that is to be sent, in order.
  template <class F>
  void each_part(F f) const {
    if (!urgent.empty()) f(urgent.view());
    bytes_view rest = frames.view();
    std::size_t at = gone_;
    for (std::size_t i = next_; i < payloads.size(); ++i) {
      std::size_t const before = payloads[i].behind - at;
      if (before != 0) f(rest.first(before));
      rest = rest.subspan(before);
      at += before;
      f(payloads[i].bytes);
    }
    if (!rest.empty()) f(rest);
  }

  /// The first `n` bytes have been sent.
  void consume(std::size_t n) noexcept {
    std::size_t const ahead = std::min(n, urgent.size());
    urgent.consume(ahead);
    n -= ahead;
    if (payloads.empty() && n == frames.size()) {
      frames.clear();
      gone_ = rest_ = 0;
      return;
    }
    while (n != 0) {
      if (rest_ == 0) rest_ = first_frame();
      std::size_t const step = std::min(n, rest_);
      skip(step);
      rest_ -= step;
      n -= step;
    }
  }
  /// From now on what is appended to `urgent` goes out between two frames: the rest of one that was sent in part comes
  /// first.
  void finish_frame() {
    while (rest_ != 0 && !frames_empty()) {
      bytes_view const part = first_part();
      std::size_t const step = std::min(rest_, part.size());
      urgent.append(part.first(step));
      skip(step);
      rest_ -= step;
    }
    rest_ = 0;
  }

 private:
  /// What comes next, in one place.
  bytes_view first_part() const noexcept {
    if (next_ == payloads.size()) return frames.view();
    std::size_t const before = payloads[next_].behind - gone_;
    return before != 0 ? frames.view().first(before) : payloads[next_].bytes;
  }
  void skip(std::size_t n) noexcept {
    while (n != 0) {
      std::size_t const step = std::min(n, first_part().size());
      n -= step;
      if (next_ != payloads.size() && payloads[next_].behind == gone_) {
        payload& sent = payloads[next_];
        sent.bytes = sent.bytes.subspan(step);
        if (!sent.bytes.empty()) continue;
        sent.owner = nullptr;
        if (++next_ != payloads.size()) continue;
        payloads.clear();
        next_ = 0;
      } else {
        frames.consume(step);
        gone_ += step;
      }
    }
    if (frames_empty()) gone_ = 0;
  }
  /// The size of the frame that comes next. HEADERS and its CONTINUATIONs count as one: nothing may come between (RFC
  /// 9113 §6.2).
  std::size_t first_frame() const noexcept {
    for (std::size_t at = 0;;) {
      if (frames.size() - at < frame_header_size) return frames_size();
      frame_header const h = frame_header::parse(frames.data() + at);
      at += frame_header_size + h.length;
      if (h.type == frame_type::data) return std::min(at, frames_size());
      if (at >= frames.size()) return frames_size();  // the client's preface is no frame
      bool const block = h.type == frame_type::headers || h.type == frame_type::continuation;
      if (!block || h.has(flag::end_headers)) return at;
    }
  }

  std::size_t next_ = 0;  // of the payloads
  std::size_t gone_ = 0;  // bytes of the frames that were sent
  std::size_t rest_ = 0;  // of a frame that was sent in part, with its payload
};

}  // namespace heddle::http2
