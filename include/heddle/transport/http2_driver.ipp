#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <heddle/transport/http2_driver.hpp>

namespace heddle::transport {

namespace detail {

inline constexpr std::size_t most_parts = 64;  // of one write, which is as much as Asio hands to the system
inline constexpr std::size_t min_read = 2 * 1024, max_read = 256 * 1024;
inline constexpr duration linger_time = std::chrono::seconds(1);
inline constexpr std::uint64_t keepalive_ping = 0x6865'6464'6c65'2e2e;
inline constexpr std::string_view http1_answer =
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 90\r\nconnection: close\r\n\r\n"
    "This port speaks gRPC over HTTP/2 (cleartext: prior knowledge; TLS: ALPN h2), not HTTP/1.\n";

}  // namespace detail

HEDDLE_DECL http2_driver::http2_driver(http2::role who, std::unique_ptr<byte_stream> stream,
                                       http2::limits const& limits, clock& c, duration handshake_timeout)
    : who_(who),
      stream_(std::move(stream)),
      executor_(stream_->get_executor()),
      clock_(c),
      handshake_timeout_(handshake_timeout),
      peer_(stream_->peer()),
      deadlines_(c, executor_),
      connection_(who, limits, *this, c.now()),
      now_(c.now()) {}

HEDDLE_DECL http2_driver::~http2_driver() { deadlines_.stop(); }

HEDDLE_DECL void http2_driver::start(http2_driver_user& user) {
  user_ = &user;
  deadlines_.set_owner(weak_from_this());
  deadlines_.after_expiry = [this] { flush_soon(); };
  if (keepalive_.is_on()) stream_->give_up_after(keepalive_.timeout());
  keepalive_.heard(now_);
  age_.start(now_);
  handshake_until_ = after(now_, handshake_timeout_);
  deadlines_.set(*this, handshake_until_);
  if (!is_server()) flush();  // a server's SETTINGS go with its first answer, or to HTTP/1 not at all
  if (!closed_) read_more();
}

// ---- channelz

HEDDLE_DECL void http2_driver::record(std::shared_ptr<heddle::detail::channelz_node> parent) {
  auto registry = parent->registry();
  channelz_ = std::make_shared<heddle::detail::channelz_node>(
      std::move(registry), heddle::detail::channelz_kind::socket, std::move(parent), peer_, clock_, stream_->local());
}

HEDDLE_DECL void http2_driver::update_channelz() {
  channelz_->local_window.set(connection_.send_credit());
  channelz_->remote_window.set(connection_.receive_credit());
  if (stream_->is_secure() && !channelz_->has_auth() && connection_.settings_received())
    channelz_->set_auth(stream_->auth());
}

// ---- the loop

HEDDLE_DECL void http2_driver::read_more() {
  if (reading_ || closed_) return;
  reading_ = true;
  stream_->read_some(asio::mutable_buffer(input_.prepare(read_size_), read_size_), shared_from_this());
}

HEDDLE_DECL void http2_driver::on_read(error_code ec, std::size_t n) {
  heddle::detail::thread_check::turn const here(check_.get());
  reading_ = false;
  if (closed_) return;
  now_ = clock_.now();
  if (ec) {
    if (lingering_) return finish_close();
    return lose(ec == asio::error::eof ? "the peer closed it" : stream_->describe(ec));
  }
  if (lost_) return read_more();  // to nobody's ears
  keepalive_.heard(now_);
  input_.commit(n);
  if (n == read_size_) {
    read_size_ = std::min(read_size_ * 2, detail::max_read);
    quiet_reads_ = 0;
  } else if (n < read_size_ / 4 && ++quiet_reads_ >= 16) {
    read_size_ = std::max(read_size_ / 2, detail::min_read);
    quiet_reads_ = 0;
  }
  take_input();
}

HEDDLE_DECL void http2_driver::take_input() {
  if (is_server() && !preface_checked_) {
    bool const no_alpn = stream_->is_secure() && stream_->application_protocol() != "h2";
    prefix const first = no_alpn ? prefix::http1 : first_bytes();
    if (first == prefix::more) return read_more();
    preface_checked_ = true;
    if (first == prefix::http1) return answer_http1();
  }
  in_batch_ = true;
  std::size_t const taken = connection_.receive(input_.view(), now_);
  if (connection_.settings_received()) handshake_until_ = never;
  run_ready();
  settle();
  in_batch_ = false;
  input_.consume(taken);
  input_.shrink(read_size_ * 2);
  paused_ = !connection_.wants_read() && !connection_.failed();
  set_low_watermark();
  after_batch();
  if (closed_) return;
  if (!paused_) return read_more();
  if (connection_.wants_read()) post_round();  // the flush made room again: the rest of the input has its turn
}

/// What a connection's first bytes are. Anything that is neither goes to the engine, which says PROTOCOL_ERROR.
HEDDLE_DECL http2_driver::prefix http2_driver::first_bytes() const {
  std::string_view const text = as_text(input_.view()), preface = http2::client_preface;
  std::size_t const n = std::min(text.size(), preface.size());
  if (text.substr(0, n) == preface.substr(0, n)) return n < preface.size() ? prefix::more : prefix::http2;
  // A request line begins with a method in capitals. A TLS hello does not, and waits for an answer as long as we do.
  std::string_view const method = text.substr(0, text.find(' '));
  auto const capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!std::all_of(method.begin(), method.end(), capital)) return prefix::http2;
  auto const end = text.find('\n');
  if (end == std::string_view::npos) return text.size() < 4096 ? prefix::more : prefix::http2;
  return text.substr(0, end).find(" HTTP/1.") != std::string_view::npos ? prefix::http1 : prefix::http2;
}

HEDDLE_DECL void http2_driver::answer_http1() {
  error_code ec;
  stream_->write_some(asio::buffer(detail::http1_answer), ec);
  connection_.lost("HTTP/1");
  http2::output discarded;
  connection_.take_output(discarded, now_);
  closed_with_ = status(status_code::unavailable,
                        stream_->is_secure() ? "the peer did not ask for HTTP/2 by ALPN" : "the peer spoke HTTP/1");
  lost_ = true;
  after_batch();
}

HEDDLE_DECL void http2_driver::run_ready() {
  while (ready_item* const item = ready_items_.pop()) item->on_ready();
}

HEDDLE_DECL void http2_driver::settle() {
  missing_ = 0;
  for (http2_exchange* const e : touched_) {
    e->touched_ = false;
    if (e->events_ == nullptr) continue;
    std::size_t const missing = e->events_->on_settled();
    if (missing < low_watermark::least) continue;
    auto const credit = static_cast<std::size_t>(std::max<std::int64_t>(0, connection_.receive_credit(*e->stream_)));
    missing_ = std::min({missing, credit, missing_ == 0 ? missing : missing_});
  }
  touched_.clear();
}

/// The peer's frames of a message take nine bytes each, and of the next one a part may be here.
HEDDLE_DECL void http2_driver::set_low_watermark() {
  if (missing_ == 0 && low_watermark_.value() == 1) return;
  std::size_t const coming = missing_ + missing_ / http2::settings().max_frame_size * http2::frame_header_size;
  if (low_watermark_.wait_for(coming - std::min(coming, input_.size()), now_)) tell_low_watermark();
}

HEDDLE_DECL void http2_driver::tell_low_watermark() {
  if (!stream_->receive_low_watermark(low_watermark_.value())) low_watermark_.refuse();
}

HEDDLE_DECL void http2_driver::flush() {
  if (write_blocked_ || closed_) return;
  bool const was = std::exchange(in_batch_, true);  // what output_written() wakes waits for the next round
  while (connection_.has_output() || !output_.empty()) {
    if (output_.empty())
      connection_.take_output(output_, now_);
    else
      connection_.take_urgent(output_);
    if (output_.empty()) break;
    error_code ec;
    std::size_t const n = write_output(ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      write_blocked_ = true;
      stream_->wait_writable(shared_from_this());
      break;
    }
    if (ec) {
      in_batch_ = was;
      return lose(stream_->describe(ec));
    }
    output_.consume(n);
    connection_.output_remains(output_.frames_size());
    if (output_.empty()) {
      output_.frames.shrink(64 * 1024);
      output_.urgent.shrink(4 * 1024);
      connection_.output_written(now_);
    }
  }
  in_batch_ = was;
}

HEDDLE_DECL std::size_t http2_driver::write_output(error_code& ec) {
  if (output_.urgent.empty() && output_.payloads.empty())
    return stream_->write_some(asio::buffer(output_.frames.data(), output_.frames.size()), ec);
  parts_.clear();
  output_.each_part([this](bytes_view part) {
    if (parts_.size() < detail::most_parts) parts_.push_back(asio::buffer(part.data(), part.size()));
  });
  return stream_->write_some(parts_, ec);
}

HEDDLE_DECL void http2_driver::on_writable(error_code ec) {
  heddle::detail::thread_check::turn const here(check_.get());
  write_blocked_ = false;
  if (closed_) return;
  now_ = clock_.now();
  if (ec) return lose(stream_->describe(ec));
  flush();
  if (paused_ && !closed_ && connection_.wants_read()) {
    paused_ = false;
    if (!input_.empty()) return take_input();
    read_more();
  }
  after_batch();
}

/// What every entry into the driver ends with.
HEDDLE_DECL void http2_driver::after_batch() {
  flush();
  if (channelz_ != nullptr) update_channelz();
  if (closed_) return;
  if (!ready_items_.empty()) post_round();
  if (!retired_told_ && !is_server() && connection_.retired()) {
    retired_told_ = true;
    if (user_ != nullptr) user_->on_retired(why_retired());
  }
  bool const unused = !is_server() && connection_.retired() && connection_.live_streams() == 0;
  if (lost_ || connection_.drained() || unused) linger();
  connection_.live_streams() != 0 ? age_.busy() : age_.idle(now_);
  if (connection_.last_stream_named()) age_.last_stream_named(now_);
  time_point const next =
      std::min({connection_.next_timer(), handshake_until_, linger_until_, next_look(), low_watermark_.due()});
  // Of a later one nothing is said: the earlier fires, and looks. Silence moves on with every read.
  if (next == never || !has_deadline() || next < deadline()) deadlines_.set(*this, next);
}

HEDDLE_DECL status http2_driver::why_retired() const {
  if (!closed_with_.is_ok() || goaway_text_.empty()) return closed_with_;
  return status(status_code::unavailable, peer_ + " takes no calls: it said " + goaway_text_, status_origin::transport);
}

/// We have no more to say. A close now could destroy our last word on its way to the peer, so wait for its end,
/// briefly.
HEDDLE_DECL void http2_driver::linger() {
  if (linger_until_ == never) linger_until_ = after(now_, detail::linger_time);
  if (lingering_ || write_blocked_ || !output_.frames_empty()) return;
  if (closed_with_.is_ok()) closed_with_ = status(status_code::unavailable, "the connection was shut down");
  lost_ = lingering_ = true;
  stream_->shut_down_write();
  read_more();
}

HEDDLE_DECL void http2_driver::schedule(ready_item& item) {
  ready_items_.push(item);
  if (!in_batch_) post_round();
}

HEDDLE_DECL void http2_driver::flush_soon() {
  heddle::detail::thread_check::turn const here(check_.get());
  if (!in_batch_) post_round();
}

HEDDLE_DECL void http2_driver::post_round() {
  if (round_posted_) return;
  round_posted_ = true;
  asio::post(executor_, [self = std::static_pointer_cast<http2_driver>(shared_from_this())] { self->round(); });
}

HEDDLE_DECL void http2_driver::round() {
  heddle::detail::thread_check::turn const here(check_.get());
  round_posted_ = false;
  now_ = clock_.now();
  in_batch_ = true;
  run_ready();
  in_batch_ = false;
  if (closed_) return;
  if (paused_ && connection_.wants_read()) {
    paused_ = false;
    return take_input();
  }
  after_batch();
}

// ---- time

HEDDLE_DECL void http2_driver::on_deadline() {
  heddle::detail::thread_check::turn const here(check_.get());
  now_ = clock_.now();
  if (now_ >= linger_until_) return finish_close();
  if (now_ >= handshake_until_) {
    handshake_until_ = never;
    return lose("the peer sent no HTTP/2 SETTINGS in time (handshake timeout)");
  }
  if (low_watermark_.look(now_)) tell_low_watermark();
  in_batch_ = true;
  connection_.on_timer(now_);
  in_batch_ = false;
  if (!lost_) look_at_life();
  if (!closed_) post_round();
}

HEDDLE_DECL time_point http2_driver::next_look() const noexcept {
  if (lost_) return never;
  // Before the peer's SETTINGS the handshake has its own deadline, and who knows what the peer speaks.
  bool const greeted = connection_.settings_received();
  return std::min(age_.next(), greeted ? keepalive_.next(connection_.live_streams() != 0) : never);
}

HEDDLE_DECL void http2_driver::ask_whether_alive(ping_order order) {
  order == ping_order::ahead ? connection_.ping_ahead(detail::keepalive_ping)
                             : connection_.ping(detail::keepalive_ping);
  if (channelz_ != nullptr) channelz_->keepalives_sent.add(1);
}

HEDDLE_DECL void http2_driver::look_at_life() {
  if (now_ < next_look()) return;
  if (connection_.settings_received()) {
    auto const found = keepalive_.look(now_, connection_.live_streams() != 0);
    if (found == keepalive::verdict::ask) ask_whether_alive(ping_order::ahead);
    if (found == keepalive::verdict::dead)
      return lose(std::string("nothing was heard after a keepalive PING in time (keepalive_timeout of ") +
                  (is_server() ? "server_options)" : "channel_options)"));
  }
  auto const said = age_.look(now_);
  if (said == connection_age::verdict::idle) connection_.shut_down(now_, "max_idle");
  if (said == connection_age::verdict::aged) connection_.shut_down(now_, "max_age");
  if (said != connection_age::verdict::over) return;
  lost_ = true;  // what is queued still goes out, and then the end
  closed_with_ = status(status_code::unavailable, "max_connection_age_grace is over", status_origin::transport);
  connection_.lost("max_connection_age_grace is over");
}

// ---- ends

HEDDLE_DECL void http2_driver::shut_down() {
  now_ = clock_.now();
  connection_.shut_down(now_);
  flush_soon();
}

HEDDLE_DECL void http2_driver::close(status const& why) {
  if (closed_) return;
  auto const keep = shared_from_this();
  if (!lost_) {
    lost_ = true;
    closed_with_ = why;
    connection_.lost(why.message());
  }
  finish_close();
}

/// The transport is gone: nothing can be said any more.
HEDDLE_DECL void http2_driver::lose(std::string const& why) {
  if (closed_) return;
  if (!lost_) {
    std::string text = "connection to " + peer_ + " lost: " + why;
    if (!ready_ && !not_http2().empty()) text += ": " + std::string(not_http2());
    if (!goaway_text_.empty()) text += " (the peer had said " + goaway_text_ + ")";
    if (too_many_pings_)
      text += "; new connections of the channel ask half as often: see channel_options::keepalive_time";
    closed_with_ = status(status_code::unavailable, std::move(text), status_origin::transport);
  }
  close(closed_with_);
}

HEDDLE_DECL void http2_driver::finish_close() {
  if (closed_) return;
  closed_ = true;
  deadlines_.remove(*this);
  deadlines_.stop();
  stream_->close();
  if (channelz_ != nullptr) channelz_->leave();
  if (!ready_items_.empty()) post_round();
  if (http2_driver_user* const user = std::exchange(user_, nullptr)) user->on_closed(closed_with_);
}

}  // namespace heddle::transport
