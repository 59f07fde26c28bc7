// Life of the connection and of its streams: start, time, ends, resets, and what is charged to the peer.
#pragma once

#include <algorithm>

#include <heddle/http2/connection.hpp>
#include <heddle/http2/connection_headers.ipp>
#include <heddle/http2/connection_receive.ipp>
#include <heddle/http2/connection_send.ipp>

namespace heddle::http2 {

namespace detail {

inline limits within_protocol(limits l) noexcept {
  l.stream_window = std::min(l.stream_window, max_window);
  l.connection_window = std::clamp(l.connection_window, 65535u, max_window);  // §6.9.2: it can't begin smaller
  if (!l.adaptive_windows || l.stream_window < 65535) l.max_window = 0;
  l.max_window = std::min(l.max_window, max_window);
  return l;
}

}  // namespace detail

HEDDLE_DECL connection::connection(role who, limits const& l, sink& events, time_point now)
    : who_(who),
      limits_(detail::within_protocol(l)),
      sink_(events),
      now_(now),
      preface_done_(who == role::client),
      settings_deadline_(after(now, l.settings_timeout)),
      recv_window_(limits_.connection_window),
      stream_window_(limits_.stream_window),
      bdp_(stream_window_, limits_.max_window / 2),
      decoder_(4096),  // until the peer acknowledges what we say below
      encoder_(l.header_table_size),
      budgets_(l) {
  if (who_ == role::client) frames_.append(client_preface);
  setting const ours[] = {
      {setting_id::header_table_size, limits_.header_table_size},
      {setting_id::initial_window_size, limits_.stream_window},
      {setting_id::max_header_list_size, limits_.max_header_list_size},
      who_ == role::client ? setting{setting_id::enable_push, 0}
                           : setting{setting_id::max_concurrent_streams, limits_.max_concurrent_streams},
  };
  std::uint8_t* p =
      write_frame(frames_, static_cast<std::uint32_t>(std::size(ours) * setting::size), frame_type::settings, 0, 0);
  for (setting const& s : ours) {
    s.write(p);
    p += setting::size;
  }
  if (recv_window_.size() > 65535) write_window_update(frames_, 0, recv_window_.size() - 65535);  // §6.9.2
  if (who_ == role::client) peer_.max_concurrent_streams = 100;  // until its SETTINGS say more (§6.5.2 recommends it)
}

HEDDLE_DECL connection::~connection() = default;

// ---- time

HEDDLE_DECL time_point connection::next_timer() const noexcept {
  if (failed_) return never;
  return std::min({settings_acked_ ? never : settings_deadline_, goaway_deadline_, stall_check_});
}

HEDDLE_DECL void connection::on_timer(time_point now) {
  now_ = now;
  if (failed_) return;
  if (!settings_acked_ && now >= settings_deadline_)
    return fail(error_code::settings_timeout, "SETTINGS were not acknowledged in time");
  if (now >= goaway_deadline_) {  // the peer does not answer our PING: name the last stream anyway
    shutdown_ = shutdown_state::final;
    goaway_deadline_ = never;
    goaway_last_ = last_peer_id_;
    write_goaway(frames_, goaway_last_, error_code::no_error, goodbye_);
  }
  if (now >= stall_check_) {
    stall_check_ = never;
    for (auto const& s : streams_) {
      if (s->closed() || s->stalled_since_ == never) continue;
      if (answered(*s)) {
        time_point const due = after(s->stalled_since_, patience_with_questions);
        if (due > now)
          stall_check_ = std::min(stall_check_, due);
        else
          reset(*s, error_code::no_error, reason::early_answer, {});
        continue;
      }
      if (s->send_.available() > 0 && send_window_.available() > 0)
        s->stalled_since_ = now;  // it waits for its turn or for the socket, which is not the peer's doing
      time_point const due = after(s->stalled_since_, limits_.stalled_answer_timeout);
      if (due > now) {
        stall_check_ = std::min(stall_check_, due);
        continue;
      }
      reset(*s, error_code::cancel, reason::stalled_answer, "the answer waited too long for the peer's window");
    }
  }
}

// ---- ends

HEDDLE_DECL void connection::fail(error_code code, std::string_view why) {
  if (failed_) return;
  write_goaway(frames_, last_peer_id_, code, why);
  failed_ = true;
  left_ = taken_ + frames_size();  // whoever drives us sends our last word, and with it all that comes before
  sink_.on_failure({code, why});
  lost(why);
}

HEDDLE_DECL void connection::lost(std::string_view why) {
  failed_ = true;
  for (auto const& owned : streams_) {  // the sink may open nothing now, so the vector is stable
    stream& s = *owned;
    if (s.closed() || s.id_ == 0) continue;
    close(s, stream_state::reset_sent);
    stream_reset how;
    how.code = error_code::internal_error;
    how.from = stream_reset::origin::connection;
    how.unprocessed = how.unsent = is_unsent(s);
    how.why = why;
    if (!s.released_) sink_.on_reset(s, how);
    recycle(s);  // the sink may have released it while another one was told
  }
}

HEDDLE_DECL void connection::shut_down(time_point now, std::string_view debug) {
  if (failed_ || shutdown_ != shutdown_state::none) return;
  goodbye_ = debug;
  if (who_ == role::client) {  // nothing is ever opened by a server, so one step is enough
    shutdown_ = shutdown_state::final;
    write_goaway(frames_, 0, error_code::no_error, goodbye_);
    return;
  }
  shutdown_ = shutdown_state::announced;
  goaway_deadline_ = after(now, limits_.goaway_ping_timeout);
  write_goaway(frames_, max_stream_id, error_code::no_error, goodbye_);
  write_ping(frames_, false, shutdown_ping);
}

/// Every RST_STREAM that we send goes through here or through reset_unknown(), and every one is counted.
HEDDLE_DECL void connection::reset(stream& s, error_code code, reason why, std::string_view text) {
  if (s.closed() || failed_) return;
  write_rst_stream(frames_, s.id_, code);
  close(s, stream_state::reset_sent);
  if (!s.released_ && why != reason::application_reset && why != reason::early_answer) {
    stream_reset how;
    how.code = code;
    how.from = stream_reset::origin::local;
    how.why = text;
    sink_.on_reset(s, how);
  }
  recycle(s);
  if (budget_of(why) != budget::none) induced();
  charge(why);
}

HEDDLE_DECL void connection::reset_unknown(stream_id id, error_code code, reason why) {
  if (failed_) return;
  write_rst_stream(frames_, id, code);
  induced();
  closed_.change(id, stream_state::reset_sent);
  charge(why);
}

/// What a peer may do only so often goes through here. Limits without a budget are a fail() where they are passed.
HEDDLE_DECL bool connection::charge(reason why) {
  if (budgets_.charge(why, now_)) return true;
  fail(error_code::enhance_your_calm, exhausted_text(budget_of(why)));
  return false;
}

// ---- streams

HEDDLE_DECL stream& connection::make_stream(stream_id id) {
  stream* s;
  if (free_.empty()) {
    streams_.push_back(std::make_unique<stream>());
    s = streams_.back().get();
    free_.reserve(streams_.size());
  } else {
    s = free_.back();
    free_.pop_back();
  }
  s->id_ = id;
  s->state_ =
      step(stream_state::idle, who_ == role::client ? stream_input::send_headers : stream_input::recv_headers).next;
  s->send_ = http2::send_window(peer_.initial_window_size);
  // Until the peer has our SETTINGS it may count on the 65,535 that everybody starts with.
  s->recv_ = receive_window(settings_acked_ ? stream_window_ : std::max(stream_window_, 65535u));
  s->batch_ = batch_;
  table_.insert(id, s);
  ++live_;
  return *s;
}

HEDDLE_DECL void connection::close(stream& s, stream_state how) {
  s.state_ = how;
  table_.erase(s.id_);
  send_queue_.remove(s);
  writers_.remove(s);
  new_stalls_.remove(s);
  closed_.remember(s.id_, how);
  if (tail_ == &s) tail_ = nullptr;
  pending_ -= s.pending_.size();
  s.pending_.clear();
  s.pending_.shrink(0);
  s.trailers_.clear();
  s.end_pending_ = s.trailers_pending_ = false;
  s.stalled_since_ = never;
  if (how == stream_state::finished) {
    budgets_.call_completed();
  } else {  // nobody reads the rest, so what it holds of the connection's window goes back at once
    grant_connection(s.recv_.held());
    s.recv_ = receive_window(0);
  }
  room_changed_ = true;
}

HEDDLE_DECL void connection::release(stream& s) {
  if (s.released_) return;
  s.released_ = true;
  s.user = nullptr;
  writers_.remove(s);
  consume(s, static_cast<std::size_t>(s.recv_.held()));  // what nobody will read is the connection's again
  bool const ending = who_ == role::server && (s.end_pending_ || s.trailers_pending_);
  if (!s.closed() && !ending && !answered(s)) return reset(s, error_code::cancel, reason::application_reset, {});
  recycle(s);
}

/// Whatever ends or releases a stream calls this; the last of them gives it back.
HEDDLE_DECL void connection::recycle(stream& s) {
  if (!s.released_ || !s.closed()) return;
  --live_;
  s.id_ = 0;
  s.released_ = s.head_received_ = false;
  s.content_left_ = -1;
  free_.push_back(&s);
}

HEDDLE_DECL void connection::consume(stream& s, std::size_t n) {
  if (n == 0 || failed_) return;
  std::int64_t const bytes = std::min(static_cast<std::int64_t>(n), s.recv_.held());
  grant_connection(bytes);
  if (s.released_) return s.recv_.drop(bytes);
  std::uint32_t const increment = s.recv_.consume(bytes);
  // After END_STREAM nothing more comes, so nothing more is granted.
  if (s.state_ == stream_state::open || s.state_ == stream_state::half_closed_local) grant(s.id_, increment);
}

HEDDLE_DECL void connection::tell_room() {
  if (!room_changed_ || failed_ || who_ != role::client) return;
  room_changed_ = false;
  sink_.on_room();
}

HEDDLE_DECL void connection::grant(stream_id id, std::uint32_t increment) {
  if (increment == 0 || failed_) return;
  write_window_update(frames_, id, increment);
}

}  // namespace heddle::http2
