// What each frame means (RFC 9113 §6), except the header blocks.
#pragma once

#include <algorithm>
#include <cstring>

#include <heddle/http2/connection.hpp>

namespace heddle::http2 {

HEDDLE_DECL std::size_t connection::receive(bytes_view bytes, time_point now) {
  now_ = now;
  if (failed_ || bytes.empty()) return 0;
  ++batch_;
  held_before_ = recv_window_.held();
  std::size_t const all = bytes.size();
  if (!preface_done_ && !receive_preface(bytes)) return all - bytes.size();
  while (wants_read() && bytes.size() >= frame_header_size) {
    frame_header const h = frame_header::parse(bytes.data());
    if (h.length > settings().max_frame_size) {  // ours is never announced, so it is the default
      fail(error_code::frame_size_error, "frame larger than MAX_FRAME_SIZE");
      break;
    }
    if (bytes.size() < frame_header_size + h.length) break;
    bytes_view const payload = bytes.subspan(frame_header_size, h.length);
    bytes = bytes.subspan(frame_header_size + h.length);
    on_frame(h, payload);
  }
  if (!failed_) {
    pump();
    tell_room();
  }
  return all - bytes.size();
}

HEDDLE_DECL bool connection::receive_preface(bytes_view& bytes) {
  std::size_t const n = std::min(bytes.size(), client_preface.size() - preface_seen_);
  if (std::memcmp(bytes.data(), client_preface.data() + preface_seen_, n) != 0) {
    fail(error_code::protocol_error, "this port speaks HTTP/2 with prior knowledge: no connection preface");
    return false;
  }
  preface_seen_ += n;
  bytes = bytes.subspan(n);
  preface_done_ = preface_seen_ == client_preface.size();
  return preface_done_;
}

HEDDLE_DECL void connection::on_frame(frame_header const& h, bytes_view payload) {
  if (block_.id != 0 && (h.type != frame_type::continuation || h.id != block_.id))
    return fail(error_code::protocol_error, "a header block was interrupted by another frame");
  if (!settings_received_ && (h.type != frame_type::settings || h.has(flag::ack)))
    return fail(error_code::protocol_error, "the first frame is not SETTINGS");
  switch (h.type) {
    case frame_type::data: return on_data(h, payload);
    case frame_type::headers: return on_headers(h, payload);
    case frame_type::priority: return on_priority(h, payload);
    case frame_type::rst_stream: return on_rst_stream(h, payload);
    case frame_type::settings: return on_settings(h, payload);
    case frame_type::push_promise: return fail(error_code::protocol_error, "PUSH_PROMISE, though push is off");
    case frame_type::ping: return on_ping(h, payload);
    case frame_type::goaway: return on_goaway(h, payload);
    case frame_type::window_update: return on_window_update(h, payload);
    case frame_type::continuation: return on_continuation(h, payload);
  }
  charge(reason::unknown_frame);
}

// ---- who is meant

HEDDLE_DECL bool connection::is_idle(stream_id id) const noexcept {
  bool const ours = (id & 1) == (who_ == role::client ? 1u : 0u);
  if (who_ == role::client) return !ours || id >= next_id_;
  return ours || id > last_peer_id_;
}

HEDDLE_DECL stream_state connection::state_of(stream_id id) const noexcept {
  stream_state const how = closed_.find(id);
  if (how != stream_state::forgotten) return how;
  if (who_ == role::server && (id & 1) == 1 && id > goaway_last_) return stream_state::reset_sent;  // as good as
  if (is_idle(id)) return stream_state::idle;
  // A client knows that it used the id: an answer that comes after so many others were closed is merely late.
  return who_ == role::client ? stream_state::reset_sent : how;
}

/// Asks the state table about a frame. True: go on. `s` is null when the stream is not open.
HEDDLE_DECL bool connection::judge(stream_id id, stream* s, stream_input input, std::string_view why) {
  transition const t = step(s != nullptr ? s->state_ : state_of(id), input);
  switch (t.what) {
    case verdict::proceed: return s != nullptr;
    case verdict::ignore:
    case verdict::misuse: return false;
    case verdict::connection_error: fail(t.code, why); return false;
    case verdict::stream_error: break;
  }
  if (s != nullptr)
    reset(*s, t.code, reason::stream_closed, why);
  else
    reset_unknown(id, t.code, reason::frame_on_closed_stream);
  return false;
}

HEDDLE_DECL bool connection::strip_padding(frame_header const& h, bytes_view& payload) {
  if (!h.has(flag::padded)) return true;
  if (payload.empty() || payload[0] >= payload.size()) {
    fail(error_code::protocol_error, "padding longer than its frame");
    return false;
  }
  payload = payload.subspan(1, payload.size() - 1 - payload[0]);
  return true;
}

// ---- DATA

HEDDLE_DECL void connection::on_data(frame_header const& h, bytes_view payload) {
  if (h.id == 0) return fail(error_code::protocol_error, "DATA on stream 0");
  // §6.9: padding is flow controlled, and so is data that nobody wants.
  if (!recv_window_.receive(h.length)) return fail(error_code::flow_control_error, "connection window exceeded");
  if (bdp_.received(h.length)) probe();
  bool const end = h.has(flag::end_stream);
  if (!strip_padding(h, payload) || !count_empty_data(payload.size(), end)) return;
  stream* const s = table_.find(h.id);
  if (s == nullptr) {
    grant_connection(h.length);
    return static_cast<void>(judge(h.id, nullptr, stream_input::recv_data, "DATA on an idle stream"));
  }
  if (!judge(h.id, s, stream_input::recv_data, "DATA after END_STREAM")) {
    if (!failed_) grant_connection(h.length);
    return;
  }
  if (!s->recv_.receive(h.length)) {
    grant_connection(h.length);
    return reset(*s, error_code::flow_control_error, reason::stream_flow_control, "stream window exceeded");
  }
  if (who_ == role::client && !s->head_received_)
    return reset(*s, error_code::protocol_error, reason::malformed_headers, "DATA before HEADERS");
  if (h.has(flag::padded)) consume(*s, h.length - payload.size());  // padding goes back at once
  if (s->content_left_ >= 0) {
    s->content_left_ -= static_cast<std::int64_t>(payload.size());
    if (s->content_left_ < 0 || (end && s->content_left_ != 0))
      return reset(*s, error_code::protocol_error, reason::content_length_mismatch, "DATA and content-length differ");
  }
  if (end) end_received(*s);
  if (s->released_)
    consume(*s, payload.size());
  else
    sink_.on_data(*s, payload, end);
  if (end) after_end_received(*s);
}

HEDDLE_DECL bool connection::count_empty_data(std::size_t size, bool end_stream) {
  if (size != 0 || end_stream) {
    empty_data_in_row_ = 0;
    return true;
  }
  if (++empty_data_in_row_ <= limits_.max_empty_data_in_row) return charge(reason::empty_data);
  fail(error_code::enhance_your_calm, "too_many_empty_frames");
  return false;
}

/// Before the sink is told: it may release the stream.
HEDDLE_DECL void connection::end_received(stream& s) {
  s.state_ = step(s.state_, stream_input::recv_end_stream).next;
  if (s.state_ == stream_state::finished) close(s, stream_state::finished);
}

HEDDLE_DECL void connection::after_end_received(stream& s) {
  // The answer is complete and we had more to say: without a reset the stream would stay open (PROTOCOL-HTTP2).
  if (who_ == role::client && s.state_ == stream_state::half_closed_remote)
    return reset(s, error_code::no_error, reason::early_answer, {});
  recycle(s);
}

// ---- the frames that are numbers

HEDDLE_DECL void connection::on_rst_stream(frame_header const& h, bytes_view payload) {
  if (h.id == 0) return fail(error_code::protocol_error, "RST_STREAM on stream 0");
  if (payload.size() != 4) return fail(error_code::frame_size_error, "RST_STREAM is not 4 bytes long");
  stream* const s = table_.find(h.id);
  if (!judge(h.id, s, stream_input::recv_rst_stream, "RST_STREAM on an idle stream")) {
    if (failed_) return;
    stream_state const how = state_of(h.id);
    closed_.change(h.id, stream_state::reset_received);
    // One that crosses our own end of the stream is honest.
    if (how != stream_state::finished && how != stream_state::reset_sent) charge(reason::frame_on_closed_stream);
    return;
  }
  // A reset in the very batch of its HEADERS is the attack, and so is one while handlers of cancelled calls take up
  // more than half of the house; any other cancels a call that had its chance.
  bool const early = s->batch_ == batch_ || (live_ - table_.size()) * 2 > limits_.max_concurrent_streams;
  stream_reset how;
  how.code = static_cast<error_code>(read_u32(payload.data()));
  how.unprocessed = how.code == error_code::refused_stream && !s->head_received_;
  how.why = "the peer reset the stream";
  close(*s, stream_state::reset_received);
  if (!s->released_) sink_.on_reset(*s, how);
  recycle(*s);
  if (who_ == role::server) charge(early ? reason::early_reset : reason::cancelled_by_peer);
}

HEDDLE_DECL void connection::on_settings(frame_header const& h, bytes_view payload) {
  if (h.id != 0) return fail(error_code::protocol_error, "SETTINGS on a stream");
  if (h.has(flag::ack)) {
    if (!payload.empty()) return fail(error_code::frame_size_error, "SETTINGS acknowledgement with a payload");
    if (!settings_acked_) settings_acknowledged();
    return;
  }
  if (payload.size() % setting::size != 0)
    return fail(error_code::frame_size_error, "SETTINGS is not entries of 6 bytes");
  if (payload.size() / setting::size > limits_.max_settings_entries)
    return fail(error_code::enhance_your_calm, "too_many_settings");
  if (!settings_received_ && who_ == role::client) peer_.max_concurrent_streams = settings().max_concurrent_streams;
  settings_received_ = true;
  std::int64_t const window = peer_.initial_window_size;
  for (; !payload.empty(); payload = payload.subspan(setting::size)) {
    setting const entry = setting::parse(payload.data());
    if (auto wrong = apply(peer_, entry, who_ == role::client)) return fail(wrong->code, wrong->why);
    if (entry.id == setting_id::header_table_size) encoder_.peer_max_table_size(entry.value);
  }
  data_frame_max_ = std::min<std::size_t>(peer_.max_frame_size, most_in_data_frame);
  bool overflow = false;
  std::int64_t const delta = std::int64_t{peer_.initial_window_size} - window;
  if (delta != 0) {
    table_.for_each([&](stream& s) {  // §6.9.2: also below zero
      if (!s.send_.grow(delta)) overflow = true;
      if (s.send_.available() > 0) queue(s);
    });
  }
  if (overflow) return fail(error_code::flow_control_error, "INITIAL_WINDOW_SIZE overflows a stream's window");
  write_frame(frames_, 0, frame_type::settings, flag::ack, 0);
  induced();
  room_changed_ = true;
}

/// From here on the peer keeps to our SETTINGS; so far it may have counted on the defaults, if those are larger.
HEDDLE_DECL void connection::settings_acknowledged() {
  settings_acked_ = true;
  decoder_.max_table_size(limits_.header_table_size);
  if (limits_.stream_window >= 65535) return;
  table_.for_each([this](stream& s) { grant(s.id_, s.recv_.shrink(limits_.stream_window)); });
}

/// Ahead of what is queued: the time that our own data needs is no part of the round trip.
HEDDLE_DECL void connection::probe() {
  if (!settings_acked_) return;
  bdp_.began(now_);
  write_ping(urgent_, false, bdp_estimator::ping_payload);
}

HEDDLE_DECL void connection::on_probe_answered() {
  if (!bdp_.answered(now_, held_before_)) return;
  // Twice as much for all together: one stream that nobody reads must not take up all of the connection's window.
  std::uint32_t const each = bdp_.estimate(), all = each * 2;
  if (all > recv_window_.size()) {
    write_window_update(frames_, 0, all - recv_window_.size());
    recv_window_.widen(all);
  }
  if (each <= stream_window_) return;
  setting const wider{setting_id::initial_window_size, each};
  wider.write(write_frame(frames_, static_cast<std::uint32_t>(setting::size), frame_type::settings, 0, 0));
  stream_window_ = each;
  table_.for_each([each](stream& s) { s.recv_.widen(each); });
}

HEDDLE_DECL void connection::on_ping(frame_header const& h, bytes_view payload) {
  if (h.id != 0) return fail(error_code::protocol_error, "PING on a stream");
  if (payload.size() != 8) return fail(error_code::frame_size_error, "PING is not 8 bytes long");
  std::uint64_t const content = std::uint64_t{read_u32(payload.data())} << 32 | read_u32(payload.data() + 4);
  if (h.has(flag::ack)) {
    if (shutdown_ == shutdown_state::announced && content == shutdown_ping) {
      shutdown_ = shutdown_state::final;
      goaway_deadline_ = never;
      goaway_last_ = last_peer_id_;
      write_goaway(frames_, goaway_last_, error_code::no_error, goodbye_);
      return;
    }
    if (content == bdp_estimator::ping_payload) return on_probe_answered();
    return sink_.on_ping_ack(content);
  }
  if (who_ == role::server && !permits_ping()) return fail(error_code::enhance_your_calm, "too_many_pings");
  write_ping(settings_sent_ ? urgent_ : frames_, true, content);  // §3.4: nothing comes before the first SETTINGS
  induced();
}

/// gRFC A8, "Server Enforcement", to the letter: what is measured from is the last PING that was no strike, and strikes
/// add up until we send HEADERS or DATA.
HEDDLE_DECL bool connection::permits_ping() noexcept {
  bool const calls = table_.size() != 0 || limits_.permit_pings_without_calls;
  auto const apart = calls ? limits_.min_ping_interval : limits_.min_ping_interval_without_calls;
  if (last_valid_ping_ != never && now_ < after(last_valid_ping_, apart))
    return ++ping_strikes_ <= limits_.max_ping_strikes;
  last_valid_ping_ = now_;
  return true;
}

HEDDLE_DECL void connection::on_goaway(frame_header const& h, bytes_view payload) {
  if (h.id != 0) return fail(error_code::protocol_error, "GOAWAY on a stream");
  if (payload.size() < 8) return fail(error_code::frame_size_error, "GOAWAY is shorter than 8 bytes");
  stream_id const last = read_u32(payload.data()) & max_stream_id;
  auto const code = static_cast<error_code>(read_u32(payload.data() + 4));
  if (last > peer_goaway_last_) return fail(error_code::protocol_error, "GOAWAY with a growing last stream");
  peer_goaway_last_ = last;
  goaway_received_ = true;
  if (who_ == role::client) {
    for (auto const& owned : streams_) {
      stream& s = *owned;
      if (s.closed() || s.id_ == 0 || s.id_ <= last) continue;
      close(s, stream_state::reset_received);
      stream_reset how;
      how.code = error_code::refused_stream;
      how.unprocessed = true;
      how.unsent = is_unsent(s);
      how.why = "the server is going away and has not looked at the call";
      if (!s.released_) sink_.on_reset(s, how);
      recycle(s);
    }
  }
  sink_.on_goaway(last, code, as_text(payload.subspan(8, std::min<std::size_t>(payload.size() - 8, 256))));
}

HEDDLE_DECL void connection::on_window_update(frame_header const& h, bytes_view payload) {
  if (payload.size() != 4) return fail(error_code::frame_size_error, "WINDOW_UPDATE is not 4 bytes long");
  std::uint32_t const increment = read_u32(payload.data()) & max_window;
  if (update_credit_ > 0)
    --update_credit_;
  else if (!charge(reason::idle_window_update))
    return;
  if (h.id == 0) {
    if (increment == 0) return fail(error_code::protocol_error, "WINDOW_UPDATE of 0");
    if (!send_window_.grow(increment)) return fail(error_code::flow_control_error, "connection window above 2^31-1");
    return;
  }
  stream* const s = table_.find(h.id);
  if (!judge(h.id, s, stream_input::recv_window_update, "WINDOW_UPDATE on an idle stream")) return;
  if (increment == 0) {
    reset(*s, error_code::protocol_error, reason::stream_window_zero, "WINDOW_UPDATE of 0");
  } else if (!s->send_.grow(increment)) {
    reset(*s, error_code::flow_control_error, reason::stream_window_overflow, "stream window above 2^31-1");
  } else if (s->send_.available() > 0) {
    queue(*s);
  }
}

HEDDLE_DECL void connection::on_priority(frame_header const& h, bytes_view payload) {
  if (h.id == 0) return fail(error_code::protocol_error, "PRIORITY on stream 0");
  bool const sized = payload.size() == 5;
  if (sized && (read_u32(payload.data()) & max_stream_id) != h.id)
    return static_cast<void>(charge(reason::priority_frame));  // RFC 9113 §5.3: the old scheme has no effect
  error_code const code = sized ? error_code::protocol_error : error_code::frame_size_error;
  reason const why = sized ? reason::self_dependency : reason::stream_frame_size;
  std::string_view const text = sized ? "a stream that depends on itself" : "PRIORITY is not 5 bytes long";
  if (stream* const s = table_.find(h.id)) return reset(*s, code, why, text);
  switch (state_of(h.id)) {
    case stream_state::idle: return fail(code, text);
    case stream_state::reset_sent: return static_cast<void>(charge(why));  // one reset is enough
    default: return reset_unknown(h.id, code, why);  // §6.3 names no state
  }
}

}  // namespace heddle::http2
