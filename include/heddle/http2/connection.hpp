// RFC 9113 as a machine without I/O: bytes and time go in, calls of the sink and bytes come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/base/time.hpp>
#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>
#include <heddle/http2/bdp.hpp>
#include <heddle/http2/budget.hpp>
#include <heddle/http2/flow_window.hpp>
#include <heddle/http2/header_rules.hpp>
#include <heddle/http2/intrusive_list.hpp>
#include <heddle/http2/limits.hpp>
#include <heddle/http2/output.hpp>
#include <heddle/http2/settings.hpp>
#include <heddle/http2/sink.hpp>
#include <heddle/http2/stream.hpp>
#include <heddle/http2/stream_table.hpp>

namespace heddle::http2 {

enum class role : std::uint8_t { client, server };

/// One HTTP/2 connection, either role. Never throws on input, never asserts on input, has no clock and no sockets.
/// Not thread-safe. The sink must outlive it.
class connection final : private hpack::field_sink {
 public:
  HEDDLE_DECL connection(role who, limits const& l, sink& events, time_point now);
  HEDDLE_DECL ~connection();
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  // ---- input

  /// Takes whole frames from the front of `bytes`; returns how many bytes were taken. The rest must come again, with
  /// more behind it. Nothing is taken after a failure, nor while wants_read() is false.
  HEDDLE_DECL std::size_t receive(bytes_view bytes, time_point now);
  /// False while answers wait for the peer to read them (limits::max_induced_frames, max_queued_output).
  bool wants_read() const noexcept {
    return !failed_ && induced_ + induced_in_flight_ < limits_.max_induced_frames &&
           queued_output() < limits_.max_queued_output;
  }
  /// The transport has ended or is being given up: tells every stream.
  HEDDLE_DECL void lost(std::string_view why);
  /// Call at next_timer() or later.
  HEDDLE_DECL void on_timer(time_point now);
  HEDDLE_DECL time_point next_timer() const noexcept;

  // ---- output

  /// Whether take_output() has something to do, if only to look at the time.
  bool has_output() const noexcept { return !frames_.empty() || !urgent_.empty() || !new_stalls_.empty(); }
  /// Hands over everything queued. `into` must be empty; its memory is used for what is queued next.
  HEDDLE_DECL void take_output(output& into, time_point now);
  /// Lets what is urgent pass the rest of what was taken, which the socket is slow with.
  HEDDLE_DECL void take_urgent(output& into);
  /// All but the last `n` bytes of output::frames have left, or are in front of what is urgent.
  void output_remains(std::size_t n) noexcept { left_ = taken_ - n; }
  /// All that was taken has left.
  HEDDLE_DECL void output_written(time_point now);

  // ---- streams, client

  /// Room for another call: the peer's limit, no GOAWAY, ids left.
  HEDDLE_DECL bool can_open() const noexcept;
  /// No new call will ever fit here.
  bool retired() const noexcept {
    return failed_ || goaway_received_ || shutdown_ != shutdown_state::none || ids_spent();
  }
  /// Requires can_open().
  HEDDLE_DECL stream& open(header_list const& head, bool end_stream, void* user);

  // ---- streams, both roles. All are harmless on a stream that is over.

  HEDDLE_DECL void send_headers(stream& s, header_list const& head, bool end_stream);
  /// Room for `n` bytes of data, to be filled and committed before anything else is called here.
  HEDDLE_DECL std::uint8_t* prepare_data(stream& s, std::size_t n);
  HEDDLE_DECL void commit_data(stream& s, std::size_t n);
  /// END_STREAM after all data so far.
  HEDDLE_DECL void end_data(stream& s);
  HEDDLE_DECL void send_trailers(stream& s, header_list const& trailers);
  /// RST_STREAM by the user's wish. `s` stays valid until release().
  void reset(stream& s, error_code code) { reset(s, code, reason::application_reset, {}); }
  /// The application has taken `n` bytes of what on_data() brought: windows grow.
  HEDDLE_DECL void consume(stream& s, std::size_t n);
  /// on_writable() once pending() is below `low_water`.
  HEDDLE_DECL void notify_writable(stream& s) noexcept;
  /// Whether another write should wait: this stream or the whole connection has too much queued.
  bool should_wait(stream const& s) const noexcept {
    return !s.pending_.empty() &&
           (s.pending_.size() >= high_water || pending_ + queued_output() >= limits_.max_queued_output);
  }
  /// Not all of its DATA is on its way.
  bool is_held_back(stream const& s) const noexcept { return !s.pending_.empty(); }
  /// The user is done with `s` and will not name it again; the sink hears no more of it. An open stream is reset with
  /// CANCEL, except a server's whose answer is complete and only waits to be sent.
  HEDDLE_DECL void release(stream& s);

  /// Larger frames than this save nothing, and the other streams would wait for them.
  static constexpr std::size_t most_in_data_frame = 64 * 1024;
  static constexpr std::size_t high_water = 64 * 1024, low_water = 16 * 1024;

  // ---- the connection

  void ping(std::uint64_t payload) { write_ping(frames_, false, payload); }
  /// The same, ahead of what is queued.
  void ping_ahead(std::uint64_t payload) { write_ping(settings_sent_ ? urgent_ : frames_, false, payload); }
  /// GOAWAY in two steps (RFC 9113 §6.8): first with the highest id, then, a round trip later, with the true one.
  /// `debug` is its text, a literal. Does nothing the second time.
  HEDDLE_DECL void shut_down(time_point now, std::string_view debug = "graceful");
  /// After shut_down(): the peer knows the last stream, and all streams have ended and were released.
  bool drained() const noexcept { return failed_ || (shutdown_ == shutdown_state::final && live_ == 0); }
  /// After shut_down(): the peer knows the last stream, or has been told.
  bool last_stream_named() const noexcept { return shutdown_ == shutdown_state::final; }
  /// GOAWAY at once and no more input.
  HEDDLE_DECL void fail(error_code code, std::string_view why);
  bool failed() const noexcept { return failed_; }
  bool settings_received() const noexcept { return settings_received_; }

  /// Streams that are open or whose user has not released them.
  std::size_t live_streams() const noexcept { return live_; }
  std::size_t open_streams() const noexcept { return table_.size(); }
  std::uint64_t count(reason why) const noexcept { return budgets_.count(why); }
  /// What the peer may send on a stream, and on all together, before it has to wait: as it was told last.
  std::uint32_t stream_window() const noexcept { return stream_window_; }
  std::uint32_t connection_window() const noexcept { return recv_window_.size(); }
  settings const& peer_settings() const noexcept { return peer_; }
  /// What we, and what the peer, may still send on all streams together.
  std::int64_t send_credit() const noexcept { return send_window_.available(); }
  std::int64_t receive_credit() const noexcept { return recv_window_.left(); }
  /// What the peer may still send on `s`.
  std::int64_t receive_credit(stream const& s) const noexcept { return std::min(s.recv_.left(), recv_window_.left()); }
  /// Bytes queued and under way.
  std::size_t queued_output() const noexcept { return frames_size() + urgent_.size() + in_flight_; }

 private:
  enum class shutdown_state : std::uint8_t { none, announced, final };
  static constexpr std::uint64_t shutdown_ping = 0x6865'6464'6c65'2121;
  static constexpr duration patience_with_questions = std::chrono::seconds(1);

  struct header_block {
    stream_id id = 0;  // 0: no block is being received
    bool end_stream = false, too_large = false;
    bool self_dependent = false;
    std::uint32_t continuations = 0, empty_frames = 0, fields = 0;
    std::uint64_t version = 0;  // of the decoder when the block began
    std::size_t list_size = 0;
    block_kind kind = block_kind::request;
  };

  /// The last block of its kind. Most calls of a connection begin with the same bytes, and what these mean depends on
  /// nothing but the decoder's table.
  struct known_block {
    header_list fields;
    header_rules rules;
    std::string bytes;  // empty: must be decoded the next time, too
    std::uint64_t version = 0;

    bool repeats(bytes_view block, std::uint64_t now) const noexcept {
      return version == now && !bytes.empty() && bytes == as_text(block);
    }
  };
  static constexpr std::size_t most_known = 1024;

  // connection_receive.ipp
  bool receive_preface(bytes_view& bytes);
  void on_frame(frame_header const& h, bytes_view payload);
  void on_data(frame_header const& h, bytes_view payload);
  void on_rst_stream(frame_header const& h, bytes_view payload);
  void on_settings(frame_header const& h, bytes_view payload);
  void on_ping(frame_header const& h, bytes_view payload);
  bool permits_ping() noexcept;
  void on_goaway(frame_header const& h, bytes_view payload);
  void on_window_update(frame_header const& h, bytes_view payload);
  void on_priority(frame_header const& h, bytes_view payload);
  bool strip_padding(frame_header const& h, bytes_view& payload);
  bool count_empty_data(std::size_t size, bool end_stream);
  bool is_idle(stream_id id) const noexcept;
  stream_state state_of(stream_id id) const noexcept;
  bool judge(stream_id id, stream* s, stream_input input, std::string_view why);
  void end_received(stream& s);
  void after_end_received(stream& s);
  void settings_acknowledged();
  void probe();
  void on_probe_answered();

  // connection_headers.ipp
  void on_headers(frame_header const& h, bytes_view payload);
  void on_continuation(frame_header const& h, bytes_view payload);
  void decode_block(bytes_view fragment, bool last);
  HEDDLE_DECL void on_field(header_field const& field) override;
  void finish_block();
  void finish_request(stream_id id, bool end_stream);
  void finish_response(stream& s, bool end_stream);
  void finish_trailers(stream& s, bool end_stream);

  // connection_send.ipp
  std::size_t frames_size() const noexcept { return frames_.size() + payloads_size_; }
  void pump();
  bool pump_stream(stream& s);
  void queue(stream& s) noexcept;
  void wake_writers();
  void begin_stall(stream& s) noexcept;
  void watch_stalls();
  bool can_send(stream const& s) const noexcept;
  bool ends_with_data_of(stream const& s) const noexcept {
    return tail_ == &s && tail_at_ + frame_header_size + tail_length_ == frames_.size();
  }
  void open_data_frame(stream& s);
  void data_sent(stream& s, std::size_t n) noexcept;
  void write_header_frames(stream_id id, header_list const& fields, bool end_stream);
  void split_header_block(std::size_t at);
  void write_end(stream& s);
  /// Trailers end a gRPC call, and who still sends messages is told at once. DATA ends plain HTTP, whose client may be
  /// about to end its request, or to break a rule: it has `patience_with_questions`, and what is left of its window.
  enum class final_frame : std::uint8_t { headers, data };
  void after_end(stream& s, final_frame last);
  void forgive_pings() noexcept {
    ping_strikes_ = 0;
    last_valid_ping_ = never;
  }

  // connection.ipp
  void reset(stream& s, error_code code, reason why, std::string_view text);
  void reset_unknown(stream_id id, error_code code, reason why);
  bool charge(reason why);
  void close(stream& s, stream_state how);
  void recycle(stream& s);
  stream& make_stream(stream_id id);
  void tell_room();
  void grant_connection(std::int64_t consumed) { grant(0, recv_window_.consume_shared(consumed)); }
  void grant(stream_id id, std::uint32_t increment);
  void induced() noexcept { ++induced_; }
  bool is_unsent(stream const& s) const noexcept { return who_ == role::client && s.head_end_ > left_; }
  /// Completely, while the question goes on.
  bool answered(stream const& s) const noexcept {
    return who_ == role::server && s.state_ == stream_state::half_closed_local;
  }
  bool ids_spent() const noexcept { return who_ == role::client && next_id_ > limits_.last_stream_id; }

  role const who_;
  limits const limits_;
  sink& sink_;
  time_point now_;

  byte_buffer frames_, urgent_;
  std::vector<payload> payloads_;
  std::size_t payloads_size_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t taken_ = 0, left_ = 0;  // bytes of frames: ever handed over, and known to have left
  std::uint32_t induced_ = 0, induced_in_flight_ = 0;
  // The DATA frame that the next message of the same stream is appended to, as long as frames_ ends with it.
  stream* tail_ = nullptr;
  std::size_t tail_at_ = 0, tail_length_ = 0;
  std::size_t tail_room_ = 0;  // what it takes without another look at windows and limits
  bool direct_ = false;  // prepare_data() gave out room in frames_
  std::size_t pending_ = 0;  // of all streams

  settings peer_;
  std::size_t data_frame_max_ = peer_.max_frame_size;
  bool preface_done_, settings_sent_ = false, settings_received_ = false, settings_acked_ = false;
  std::size_t preface_seen_ = 0;
  time_point settings_deadline_;

  send_window send_window_;
  receive_window recv_window_;
  std::int64_t held_before_ = 0;  // what was unread when this receive() began
  std::uint32_t stream_window_;
  bdp_estimator bdp_;

  hpack::decoder decoder_;
  hpack::encoder encoder_;
  header_block block_;
  known_block head_, trailers_;
  known_block* known_ = &head_;  // where block_ goes

  budgets budgets_;
  std::uint32_t batch_ = 0;
  std::uint32_t empty_data_in_row_ = 0;
  std::uint32_t update_credit_ = 100;  // WINDOW_UPDATEs that our DATA calls for
  std::uint32_t ping_strikes_ = 0;
  time_point last_valid_ping_ = never;

  std::vector<std::unique_ptr<stream>> streams_;  // all ever made
  std::vector<stream*> free_;
  stream_table table_;
  closed_streams closed_;
  std::size_t live_ = 0;
  intrusive_list<stream, &stream::sending_> send_queue_;
  intrusive_list<stream, &stream::waiting_> writers_;
  intrusive_list<stream, &stream::stalled_> new_stalls_;
  time_point stall_check_ = never;

  stream_id next_id_ = 1;  // client: of the next stream we open
  stream_id last_peer_id_ = 0;  // server: the highest that the peer has used
  stream_id goaway_last_ = max_stream_id;  // ours: streams above it are not looked at
  bool failed_ = false, room_changed_ = false;
  bool goaway_received_ = false;
  stream_id peer_goaway_last_ = max_stream_id;
  shutdown_state shutdown_ = shutdown_state::none;
  std::string_view goodbye_;
  time_point goaway_deadline_ = never;
};

}  // namespace heddle::http2

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/http2/connection.ipp>
#endif
