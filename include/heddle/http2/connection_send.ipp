// What leaves: header blocks, DATA within two windows and one socket, and the queue of those that must wait.
#pragma once

#include <algorithm>
#include <cstring>

#include <heddle/http2/connection.hpp>

namespace heddle::http2 {

HEDDLE_DECL void connection::take_output(output& into, time_point now) {
  now_ = now;
  tell_room();  // a call that was cancelled here made room, and nothing may ever be received again
  if (!failed_) pump();
  watch_stalls();
  settings_sent_ = true;
  tail_ = nullptr;
  taken_ += frames_size();
  in_flight_ = frames_size() + urgent_.size();
  into.frames.swap(frames_);
  into.payloads.swap(payloads_);
  into.urgent.swap(urgent_);
  payloads_size_ = 0;
  induced_in_flight_ = induced_;
  induced_ = 0;
}

HEDDLE_DECL void connection::take_urgent(output& into) {
  if (urgent_.empty()) return;
  into.finish_frame();
  into.urgent.append(urgent_.view());
  in_flight_ += urgent_.size();
  urgent_.clear();
}

HEDDLE_DECL void connection::output_written(time_point now) {
  now_ = now;
  left_ = taken_;
  in_flight_ = 0;
  induced_in_flight_ = 0;
  if (!failed_) pump();
}

HEDDLE_DECL bool connection::can_open() const noexcept {
  return !retired() && table_.size() < peer_.max_concurrent_streams;
}

HEDDLE_DECL stream& connection::open(header_list const& head, bool end_stream, void* user) {
  stream& s = make_stream(next_id_);
  next_id_ += 2;
  s.user = user;
  send_headers(s, head, end_stream);
  s.head_end_ = taken_ + frames_size();
  return s;
}

HEDDLE_DECL void connection::send_headers(stream& s, header_list const& head, bool end_stream) {
  if (!can_send(s) || !s.pending_.empty()) return;
  write_header_frames(s.id_, head, end_stream);
  if (end_stream) {
    s.state_ = step(s.state_, stream_input::send_end_stream).next;
    after_end(s, final_frame::headers);
  }
}

HEDDLE_DECL void connection::write_header_frames(stream_id id, header_list const& fields, bool end_stream) {
  std::uint8_t const flags = flag::end_headers | (end_stream ? flag::end_stream : std::uint8_t{0});
  if (bytes_view const known = encoder_.known(fields); !known.empty()) [[likely]] {
    frames_.prepare(frame_header_size + hpack::encoder::known_room);
    std::uint8_t* const block =
        write_frame(frames_, static_cast<std::uint32_t>(known.size()), frame_type::headers, flags, id);
    std::memcpy(block, known.data(), hpack::encoder::known_room);
    return forgive_pings();
  }
  std::size_t const at = frames_.size();
  write_frame(frames_, 0, frame_type::headers, flags, id);
  encoder_.encode(fields, frames_);
  std::size_t const length = frames_.size() - at - frame_header_size;
  frame_header::write_length(frames_.data() + at, static_cast<std::uint32_t>(length));
  forgive_pings();
  if (length > peer_.max_frame_size) [[unlikely]]
    split_header_block(at);
}

/// The last frame, which begins at `at`, has a whole block, larger than the peer's frames: what is too much for it goes
/// into CONTINUATION frames.
HEDDLE_DECL void connection::split_header_block(std::size_t at) {
  stream_id const id = frame_header::parse(frames_.data() + at).id;
  std::size_t const most = peer_.max_frame_size;
  frame_header::write_length(frames_.data() + at, static_cast<std::uint32_t>(most));
  frames_.data()[at + 4] &= flag::end_stream;  // END_HEADERS moves to the last CONTINUATION
  byte_buffer rest;
  rest.append(frames_.view().subspan(at + frame_header_size + most));
  frames_.remove_suffix(rest.size());
  while (!rest.empty()) {
    std::size_t const n = std::min(rest.size(), most);
    std::uint8_t const last = n == rest.size() ? flag::end_headers : std::uint8_t{0};
    std::memcpy(write_frame(frames_, static_cast<std::uint32_t>(n), frame_type::continuation, last, id), rest.data(),
                n);
    rest.consume(n);
  }
}

// ---- DATA

HEDDLE_DECL std::uint8_t* connection::prepare_data(stream& s, std::size_t n) {
  if (n <= tail_room_ && ends_with_data_of(s)) {
    direct_ = true;
    return frames_.prepare(n);
  }
  auto const most = std::min(send_window_.available(), s.send_.available());
  std::size_t const queued = queued_output();
  direct_ = s.pending_.empty() && n <= data_frame_max_ && static_cast<std::int64_t>(n) <= most &&
            queued + n <= limits_.output_batch && can_send(s);
  tail_room_ = 0;  // nothing passes what waits
  if (!direct_) return s.pending_.prepare(n);
  // A frame that many small messages share costs its nine bytes once.
  if (!ends_with_data_of(s) || tail_length_ + n > data_frame_max_) {
    frames_.prepare(frame_header_size + n);
    open_data_frame(s);
  }
  tail_room_ =
      std::min({data_frame_max_ - tail_length_, static_cast<std::size_t>(most), limits_.output_batch - queued});
  return frames_.prepare(n);
}

HEDDLE_DECL void connection::commit_data(stream& s, std::size_t n) {
  if (direct_) {
    frames_.commit(n);
    tail_room_ -= n;
    return data_sent(s, n);
  }
  if (!can_send(s)) return;
  s.pending_.commit(n);
  pending_ += n;
  queue(s);
  pump();
}

HEDDLE_DECL void connection::end_data(stream& s) {
  if (!can_send(s)) return;
  s.end_pending_ = true;
  if (s.pending_.empty())
    write_end(s);
  else
    begin_stall(s);
}

HEDDLE_DECL void connection::send_trailers(stream& s, header_list const& trailers) {
  if (!can_send(s)) return;
  if (s.pending_.empty()) {
    write_header_frames(s.id_, trailers, true);
    s.state_ = step(s.state_, stream_input::send_end_stream).next;
    return after_end(s, final_frame::headers);
  }
  s.trailers_ = trailers;
  s.trailers_pending_ = true;
  begin_stall(s);
}

/// Data may follow: the state allows it and the end was not announced.
HEDDLE_DECL bool connection::can_send(stream const& s) const noexcept {
  return !failed_ && !s.end_pending_ && !s.trailers_pending_ &&
         step(s.state_, stream_input::send_data).what == verdict::proceed;
}

HEDDLE_DECL void connection::open_data_frame(stream& s) {
  tail_ = &s;
  tail_at_ = frames_.size();
  tail_length_ = tail_room_ = 0;
  write_frame(frames_, 0, frame_type::data, 0, s.id_);
  forgive_pings();
}

HEDDLE_DECL void connection::data_sent(stream& s, std::size_t n) noexcept {
  tail_length_ += n;
  frame_header::write_length(frames_.data() + tail_at_, static_cast<std::uint32_t>(tail_length_));
  s.send_.take(static_cast<std::int64_t>(n));
  send_window_.take(static_cast<std::int64_t>(n));
  // A peer may answer every message with two updates; crumbs that its own tiny updates made us send earn none.
  if (n >= 256 || s.pending_.empty())
    update_credit_ = static_cast<std::uint32_t>(std::min<std::size_t>(update_credit_ + 10 + n / 16, 100000));
}

HEDDLE_DECL void connection::write_end(stream& s) {
  final_frame const last = s.trailers_pending_ ? final_frame::headers : final_frame::data;
  if (last == final_frame::headers) {
    write_header_frames(s.id_, s.trailers_, true);
  } else if (ends_with_data_of(s)) {
    frames_.data()[tail_at_ + 4] |= flag::end_stream;
    tail_ = nullptr;
  } else {
    write_frame(frames_, 0, frame_type::data, flag::end_stream, s.id_);
    forgive_pings();
  }
  s.state_ = step(s.state_, stream_input::send_end_stream).next;
  after_end(s, last);
}

HEDDLE_DECL void connection::after_end(stream& s, final_frame last) {
  s.end_pending_ = s.trailers_pending_ = false;
  s.stalled_since_ = never;
  new_stalls_.remove(s);
  if (s.state_ == stream_state::finished) {
    close(s, stream_state::finished);
    recycle(s);
  } else if (who_ == role::server) {
    // The answer is complete before the question: without a reset the stream would stay open (RFC 9113 §8.1).
    if (last == final_frame::headers) return reset(s, error_code::no_error, reason::early_answer, {});
    s.stalled_since_ = now_;
    stall_check_ = std::min(stall_check_, after(now_, patience_with_questions));
  }
}

// ---- those that wait

HEDDLE_DECL void connection::queue(stream& s) noexcept {
  if (!s.pending_.empty()) send_queue_.push_back(s);
}

/// Streams take turns, a frame each, as long as the connection's window and the socket take any.
HEDDLE_DECL void connection::pump() {
  while (!send_queue_.empty() && send_window_.available() > 0 && queued_output() < limits_.output_batch) {
    stream& s = send_queue_.pop_front();
    if (pump_stream(s)) send_queue_.push_back(s);
  }
  if (!writers_.empty()) wake_writers();
}

/// Sends one frame of `s`. True when more could follow; otherwise a WINDOW_UPDATE queues the stream again.
HEDDLE_DECL bool connection::pump_stream(stream& s) {
  bytes_view const first = s.pending_.front();
  auto const n = static_cast<std::size_t>(std::max<std::int64_t>(
      0, std::min<std::int64_t>({static_cast<std::int64_t>(first.size()), send_window_.available(), s.send_.available(),
                                 static_cast<std::int64_t>(data_frame_max_)})));
  if (n == 0) return false;
  open_data_frame(s);
  auto owner = n >= pending_data::least_shared ? s.pending_.owner() : nullptr;
  bool const shared = owner != nullptr;
  if (shared) {
    payloads_.push_back({frames_.size(), first.first(n), std::move(owner)});
    payloads_size_ += n;
  } else {
    frames_.append(first.first(n));
  }
  s.pending_.consume(n);
  pending_ -= n;
  data_sent(s, n);
  if (shared) tail_ = nullptr;  // nothing is appended to it
  if (s.stalled_since_ != never) s.stalled_since_ = now_;
  if (!s.pending_.empty()) return s.send_.available() > 0;
  s.pending_.shrink(low_water);
  if (s.end_pending_ || s.trailers_pending_) write_end(s);
  return false;
}

HEDDLE_DECL void connection::notify_writable(stream& s) noexcept {
  if (!s.closed()) writers_.push_back(s);
}

HEDDLE_DECL void connection::wake_writers() {
  bool const crowded = pending_ + queued_output() >= limits_.max_queued_output;
  for (std::size_t n = writers_.size(); n != 0 && !writers_.empty(); --n) {  // once round: the sink may change it
    stream& s = writers_.pop_front();
    if (s.pending_.size() > low_water || (crowded && !s.pending_.empty()))
      writers_.push_back(s);
    else
      sink_.on_writable(s);
  }
}

HEDDLE_DECL void connection::begin_stall(stream& s) noexcept {
  if (who_ == role::server) new_stalls_.push_back(s);
}

/// Starts the clock of finished answers that a window holds back (limits::stalled_answer_timeout).
HEDDLE_DECL void connection::watch_stalls() {
  while (!new_stalls_.empty()) {
    new_stalls_.pop_front().stalled_since_ = now_;
    stall_check_ = std::min(stall_check_, after(now_, limits_.stalled_answer_timeout));
  }
}

}  // namespace heddle::http2
