// What the HTTP/2 engine tells its driver, for exchanges and for whom the driver serves.
#pragma once

#include <utility>

#include <heddle/rpc/http_mapping.hpp>
#include <heddle/transport/http2_driver.hpp>

namespace heddle::transport {

HEDDLE_DECL void http2_driver::on_headers(http2::stream& s, header_list const& fields, bool end_stream,
                                          http2::block_size size) {
  http2_exchange* e = static_cast<http2_exchange*>(s.user);
  if (is_server()) {
    if (user_ == nullptr) {  // nobody is there any more
      connection_.reset(s, http2::error_code::refused_stream);
      return connection_.release(s);
    }
    age_.busy();  // also for a call that comes and goes in one batch
    e = &make_exchange(s);
    e->events_ = &user_->on_request(*e);
  }
  if (e != nullptr) e->events_->on_head(fields, end_stream, size == http2::block_size::too_large);
}

HEDDLE_DECL void http2_driver::on_data(http2::stream& s, bytes_view bytes, bool end_stream) {
  auto* const e = static_cast<http2_exchange*>(s.user);
  if (e == nullptr) return connection_.consume(s, bytes.size());
  if (!e->touched_ && !bytes.empty()) {
    e->touched_ = true;
    touched_.push_back(e);
  }
  e->events_->on_body(bytes, end_stream);
}

HEDDLE_DECL void http2_driver::on_trailers(http2::stream& s, header_list const& fields, http2::block_size size) {
  if (auto* const e = static_cast<http2_exchange*>(s.user))
    e->events_->on_trailers(fields, size == http2::block_size::too_large);
}

HEDDLE_DECL void http2_driver::on_reset(http2::stream& s, http2::stream_reset const& how) {
  auto* const e = static_cast<http2_exchange*>(s.user);
  if (e == nullptr) return;
  rpc::exchange_abort abort;
  abort.unprocessed = how.unprocessed;
  abort.unsent = how.unsent;
  if (how.from == http2::stream_reset::origin::connection) {
    abort.connection_lost = true;
    abort.status = closed_with_.is_ok() ? status(status_code::unavailable,
                                                 "HTTP/2 connection error with " + peer_ + ": " + std::string(how.why),
                                                 status_origin::transport)
                                        : closed_with_;
  } else {
    bool const by_peer = how.from == http2::stream_reset::origin::peer;
    std::string text = by_peer ? "the peer reset the stream with " : "the stream was reset with ";
    text += to_string(how.code);
    if (!by_peer || how.unprocessed) text += ": " + std::string(how.why);
    abort.status =
        status(status_from_rst(static_cast<std::uint32_t>(how.code)), std::move(text), status_origin::transport);
  }
  e->events_->on_abort(abort);
}

HEDDLE_DECL void http2_driver::on_writable(http2::stream& s) {
  if (auto* const e = static_cast<http2_exchange*>(s.user)) e->events_->on_writable();
}

HEDDLE_DECL void http2_driver::on_room() {
  ready_ = true;  // the first SETTINGS are here
  if (user_ != nullptr) user_->on_room();
}

HEDDLE_DECL void http2_driver::on_goaway(http2::stream_id, http2::error_code code, std::string_view debug) {
  goaway_text_ = "GOAWAY " + std::string(to_string(code));
  if (!debug.empty()) goaway_text_ += ", " + std::string(debug);
  if (code == http2::error_code::enhance_your_calm && debug == "too_many_pings") too_many_pings_ = keepalive_.is_on();
}

HEDDLE_DECL void http2_driver::on_ping_ack(std::uint64_t) {}

/// What the peer speaks instead, if we know it. Before its SETTINGS only.
HEDDLE_DECL std::string_view http2_driver::not_http2() const {
  std::string_view const said = as_text(input_.view());
  if (is_server()) return said.starts_with("\x16\x03") ? "the peer spoke TLS to a port without" : "";
  if (said.starts_with("HTTP/1"))
    return "the server answered in HTTP/1: it does not speak HTTP/2 with prior knowledge on this port, or wants TLS";
  if (said.starts_with("\x15\x03"))
    return "the server answered with a TLS alert: it wants TLS on this port (heddle::connect_tls)";
  return "";
}

HEDDLE_DECL void http2_driver::on_failure(http2::failure const& what) {
  if (lost_) return;
  lost_ = true;
  std::string text = "HTTP/2 connection error with " + peer_ + ": " + std::string(what.why);
  if (!ready_ && !not_http2().empty()) text = not_http2();
  closed_with_ = status(status_code::unavailable, std::move(text), status_origin::transport);
}

// ---- exchanges

HEDDLE_DECL rpc::exchange* http2_driver::open(header_list const& head, rpc::exchange_events& events) {
  if (!can_open()) return nullptr;
  http2::stream& s = connection_.open(head, false, nullptr);
  if (keepalive_.is_on()) {  // after a long silence the call is to know within keepalive_timeout
    now_ = clock_.now();
    // A PING before the call would be one without calls, of which servers forgive fewer (gRFC A8).
    if (keepalive_.look(now_, true) == keepalive::verdict::ask) ask_whether_alive(ping_order::behind_calls);
  }
  http2_exchange& e = make_exchange(s);
  e.events_ = &events;
  flush_soon();
  return &e;
}

HEDDLE_DECL http2_exchange& http2_driver::make_exchange(http2::stream& s) {
  http2_exchange* e;
  if (free_exchanges_.empty()) {
    exchanges_.push_back(std::make_unique<http2_exchange>(*this));
    e = exchanges_.back().get();
    free_exchanges_.reserve(exchanges_.size());
  } else {
    e = free_exchanges_.back();
    free_exchanges_.pop_back();
  }
  e->stream_ = &s;
  s.user = e;
  return *e;
}

/// It stays in touched_ if it is there.
HEDDLE_DECL void http2_driver::recycle(http2_exchange& e) {
  e.stream_ = nullptr;
  e.events_ = nullptr;
  free_exchanges_.push_back(&e);
}

}  // namespace heddle::transport
