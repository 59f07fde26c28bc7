#pragma once

#include <algorithm>
#include <utility>

#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/server/call.hpp>
#include <heddle/server/call_operations.ipp>
#include <heddle/server/interception.ipp>
#include <heddle/server/runner.ipp>
#include <heddle/server/session.hpp>

namespace heddle::detail {

HEDDLE_DECL server_call::server_call(server_session& session)
    : session_(&session),
      shared_(session.shared()),
      driver_(session.driver()),
      clock_(driver_->get_clock()),
      context_(*this) {}

HEDDLE_DECL server_call::~server_call() {
  if (listening_) shutdown_service::of(driver_->get_executor()).remove(*this);
  driver_->unschedule(*this);
  driver_->deadlines().remove(*this);
  meter_.end();
  if (request_message_ != nullptr) request_ops_->destroy(request_message_);
  if (reply_message_ != nullptr) reply_ops_->destroy(reply_message_);
}

// ---- a call begins

HEDDLE_DECL void server_call::begin(rpc::exchange& exchange) noexcept {
  exchange_ = &exchange;
  meter_.begin(driver_->channelz(), true);
  phase_ = phase::head;
  over_ = head_sent_ = request_complete_ = false;
  cancel_pending_ = false;
  wake_reader_ = wake_writer_ = false;
  intercepted_ = request_taken_ = head_shown_ = false;
  held_.clear();
  http_status_ = 0;
  answer_ = status();
  until_ = never;
  route_ = nullptr;
  encoder_ = nullptr;
  codec_ = nullptr;
  response_.clear();
  trailers_.clear();
}

HEDDLE_DECL void server_call::on_head(header_list const& fields, bool end, bool too_large) {
  inbound_.reset(receive_limit(shared_->options.max_receive_message_size(), "server_options"));
  bool const known = recall_request(fields);
  status wrong = known ? status() : route_request(fields);
  if (phase_ != phase::rejecting) {  // it is a call: everything from here on is answered in its protocol
    if (!request_->subtype.empty()) response_.subtype = request_->subtype;
    if (request_->timeout) until_ = after(clock_.now(), *request_->timeout);
    if (too_large)
      wrong = status(status_code::resource_exhausted,
                     "the request headers are larger than server_options::limits().max_header_list_size, " +
                         std::to_string(shared_->options.limits().max_header_list_size) + ", or have too many fields");
    if (!known) {
      if (wrong.is_ok()) wrong = check_request();
      if (!wrong.is_ok()) return reject(std::move(wrong));
      if (named_ == nullptr || route_ != &named_->route)
        session_->last_head() = {&fields, fields.revision(), request_, protocol_, route_, codec_};
    }
    phase_ = phase::receiving;
    meter_.call();
    begin_encodings();
    if (until_ != never) driver_->deadlines().set(*this, until_);
    if (route_->method->client_streams()) driver_->schedule(*this);
  }
  if (end) request_ended();
}

/// True: the last call of this connection that began did so in the same words.
HEDDLE_DECL bool server_call::recall_request(header_list const& fields) {
  known_head& known = session_->last_head();
  if (known.fields != &fields || known.revision != fields.revision()) {
    known = known_head();
    if (request_ == nullptr || request_.use_count() != 1) request_ = std::make_shared<rpc::request_head>();
    request_->clear();
    return false;
  }
  request_ = known.head;
  protocol_ = known.protocol;
  route_ = known.route;
  codec_ = known.form;
  return true;
}

/// For who changes it.
HEDDLE_DECL rpc::request_head& server_call::own_request() {
  if (request_.use_count() != 1) request_ = std::make_shared<rpc::request_head>(*request_);
  return *request_;
}

/// Reads the head. Leaves phase `rejecting` when HTTP itself has to refuse.
HEDDLE_DECL status server_call::route_request(header_list const& fields) {
  std::string_view const type = fields.get(header_name::content_type);
  protocol_ = nullptr;
  for (rpc::wire_protocol const* const p : shared_->protocols)
    if (p->speaks(type)) protocol_ = p;
  if (fields.get(header_name::method) != "POST") {
    reject_http(405, "gRPC calls are POST requests\n", fields);
    return {};
  }
  if (protocol_ == nullptr) {
    reject_http(415, "this server speaks gRPC: content-type application/grpc\n", fields);
    return {};
  }
  for (header_field const field : fields) {
    if (field.token != header_name::path) continue;
    route_ = shared_->routes.find(field);
    break;
  }
  status const wrong = protocol_->read_request(fields, *request_);
  if (route_ == nullptr) route_ = fallback_route();
  return wrong;
}

HEDDLE_DECL route const* server_call::fallback_route() {
  route const* const fallback = shared_->routes.fallback();
  if (fallback == nullptr || !router::is_canonical(request_->path)) return nullptr;
  method_descriptor const method(request_->path, call_kind::bidi_streaming, ops_of<raw_message>, ops_of<raw_message>,
                                 idempotency::unknown);
  named_ = std::make_unique<named_route>(named_route{method, {nullptr, fallback->self, fallback->serve, {}}});
  named_->route.method = &named_->method;
  shared_->options.interceptors().collect(named_->method, named_->route.interceptors);
  return &named_->route;
}

HEDDLE_DECL status server_call::check_request() {
  if (route_ == nullptr) return shared_->routes.not_found(request_->path);
  if (!request_->subtype.empty() && request_->subtype != "proto") {
    method_descriptor const& method = *route_->method;
    codec_list const& known = shared_->options.codecs();
    codec_ = known.find(request_->subtype);
    bool const raw = is_raw(method.request()) && is_raw(method.response());
    if (codec_ == nullptr && !raw && !same_subtype(request_->subtype, "proto"))
      return status(status_code::unimplemented, "content-type application/grpc+" + request_->subtype +
                                                    " is not supported here, only " + known.names() +
                                                    ": server_options::add_codec()");
  }
  compressor_list const& known = shared_->options.compressors();
  if (!request_->encoding.empty() && known.find(request_->encoding) == nullptr) {
    response_.accepted = known.names();
    return status(status_code::unimplemented, "grpc-encoding " + request_->encoding + " is not supported here, only " +
                                                  response_.accepted + ": server_options::compressors()");
  }
  if (until_ != never && *request_->timeout <= duration::zero())
    return status(status_code::deadline_exceeded, "the deadline had passed when the call arrived");
  return {};
}

/// Of a request that was found good.
HEDDLE_DECL void server_call::begin_encodings() {
  server_shared const& shared = *shared_;
  if (!request_->encoding.empty()) inbound_.set_decoder(shared.options.compressors().find(request_->encoding));
  if (shared.encoder != nullptr) compress_with(shared.encoder);
}

// ---- calls that never reach a handler

HEDDLE_DECL void server_call::reject(status why) {
  phase_ = phase::rejecting;
  answer_ = std::move(why);
  request_complete_ = true;  // a gRPC client is told at once: it might wait for that before it sends more
  driver_->schedule(*this);
}

HEDDLE_DECL void server_call::reject_http(int http_status, std::string_view text, header_list const& fields) {
  phase_ = phase::rejecting;
  http_status_ = http_status;
  answer_ = status(status_code::unknown, std::string(text));
  // A body of a known length is heard out, for curl: others might wait for the answer before they end theirs.
  request_complete_ = fields.get(header_name::content_length).empty();
  if (request_complete_) driver_->schedule(*this);
}

HEDDLE_DECL void server_call::answer_rejection() {
  if (http_status_ == 0) {
    send_status(answer_);
    return end_exchange();
  }
  meter_.answered(false);
  header_list& fields = session_->scratch();
  // A person with curl gets words, and any HTTP client an end without trailers that it would not know.
  std::string_view const text = answer_.message();
  fields.add(header_name::status, std::to_string(http_status_));
  fields.add(header_name::content_type, "text/plain");
  fields.add(header_name::content_length, std::to_string(text.size()));
  exchange_->send_head(fields);
  std::copy(text.begin(), text.end(), exchange_->prepare(text.size()));
  exchange_->commit(text.size());
  exchange_->send_end();
  end_exchange();
}

// ---- input

HEDDLE_DECL void server_call::on_body(bytes_view bytes, bool end) {
  if (phase_ == phase::rejecting || over_) {
    exchange_->consumed(bytes.size());
  } else {
    inbound_.lend(bytes);
    if (phase_ == phase::receiving && !route_->method->client_streams()) {
      if (inbound_.failed()) return reject(bad_request());
      if (inbound_.has_more_than_one())  // at once: what is read ahead of a handler must have an end
        return reject(status(status_code::unimplemented, "the request has more than the one message that is wanted"));
      if (!end) exchange_->consumed(inbound_.earn());  // a single request may be larger than any window
    } else if (reader_.waiting()) {
      if (inbound_.has_message() || inbound_.failed()) {
        wake_reader_ = true;
        driver_->schedule(*this);
      } else if (!end) {
        exchange_->consumed(inbound_.earn());
      }
    }
  }
  if (end) request_ended();
}

HEDDLE_DECL void server_call::on_trailers(header_list const&, bool) { request_ended(); }

HEDDLE_DECL void server_call::request_ended() {
  request_complete_ = true;
  inbound_.end();
  if (reader_.waiting()) wake_reader_ = true;
  if (phase_ != phase::running || wake_reader_) driver_->schedule(*this);
}

HEDDLE_DECL std::size_t server_call::on_settled() {
  inbound_.keep();
  return inbound_.missing();
}

HEDDLE_DECL void server_call::on_writable() {
  wake_writer_ = true;
  driver_->schedule(*this);
}

HEDDLE_DECL void server_call::on_abort(rpc::exchange_abort const& why) {
  over_ = true;
  cancel_pending_ = true;
  if (why.connection_lost) std::exchange(exchange_, nullptr)->release();
  driver_->schedule(*this);
}

HEDDLE_DECL void server_call::on_deadline() {
  abandon(status(status_code::deadline_exceeded, "the deadline has passed on the server"));
}

HEDDLE_DECL void server_call::abandon(status const& why) {
  if (phase_ == phase::idle || over_) return;
  over_ = true;
  cancel_pending_ = true;
  if (http_status_ != 0 || exchange_->is_held_back())
    exchange_->cancel();
  else
    send_status(why);
  driver_->schedule(*this);
}

// ---- what follows from it, after the batch

HEDDLE_DECL void server_call::on_ready() {
  if (phase_ == phase::running) {
    auto const keep = shared_from_this();
    if (cancel_pending_) cancel_handler();
    return wake();
  }
  if (phase_ == phase::idle) return;
  if (over_) return end_exchange();
  if (phase_ == phase::rejecting) {
    if (request_complete_) answer_rejection();
    return;
  }
  if (route_->method->client_streams() || request_complete_) start_handler();
}

HEDDLE_DECL void server_call::wake() {
  if (over_) wake_reader_ = wake_writer_ = true;
  fill_outcomes();
  if (std::exchange(wake_writer_, false)) writer_.complete();
  if (std::exchange(wake_reader_, false)) reader_.complete();
}

// ---- the end

HEDDLE_DECL void server_call::finish(status const& s) {
  if (!over_) {
    if (!s.is_ok()) held_.clear();
    if (!head_sent_ && !(held_.empty() && response_.metadata.empty())) send_head();
    if (!held_.empty()) {
      std::copy(held_.data(), held_.data() + held_.size(), exchange_->prepare(held_.size()));
      exchange_->commit(held_.size());
      meter_.sent();
    }
    if (!over_) send_status(s);  // else the head was more than the client takes
  }
  end_exchange();
}

/// The end of the answer, or all of it.
HEDDLE_DECL void server_call::send_status(status const& s) {
  meter_.answered(s.is_ok());
  if (head_sent_) return send_end(s);
  header_list& fields = session_->scratch();
  protocol_->write_trailers_only(response_, s, trailers_, fields);
  exchange_->send_head_and_end(fields);
}

HEDDLE_DECL void server_call::send_end(status const& s) {
  if (!s.is_ok() || !trailers_.empty() || !s.trailers().empty()) {
    header_list& fields = session_->scratch();
    protocol_->write_trailers(s, trailers_, fields);
    return exchange_->send_trailers(fields);
  }
  plain_fields& plain = session_->plain_end();
  if (plain.protocol != protocol_) {
    plain.protocol = protocol_;
    plain.fields.clear();
    protocol_->write_trailers(status(), trailers_, plain.fields);
    plain.fields.stamp();
  }
  exchange_->send_trailers(plain.fields);
}

HEDDLE_DECL void server_call::end_exchange() {
  over_ = true;
  end_scope();
  end_operations();
  bool const ran = std::exchange(phase_, phase::idle) == phase::running;
  if (has_deadline()) driver_->deadlines().remove(*this);
  meter_.end();
  inbound_.discard();
  inbound_.shrink();
  held_.clear();
  held_.shrink(64 * 1024);
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->release();
  if (session_ == nullptr) return;
  if (ran) session_->handler_ended();
  session_->recycle(*this);
}

/// The handler has returned: so have the calls that were made for it.
HEDDLE_DECL void server_call::end_scope() {
  if (auto const ended = std::exchange(scope_, nullptr)) ended->end();
}

HEDDLE_DECL void server_call::detach() noexcept {
  retired_ = true;
  over_ = true;
  if (phase_ != phase::running) parked_.drop();
}

HEDDLE_DECL void server_call::orphan() noexcept {
  detach();
  session_ = nullptr;
  listening_ = phase_ == phase::running;
  if (listening_) shutdown_service::of(driver_->get_executor()).add(*this);
}

HEDDLE_DECL void server_call::on_context_shutdown() noexcept {
  auto const keep = weak_from_this().lock();
  drop_waiters();
}

HEDDLE_DECL void server_call::drop_waiters() noexcept {
  read_outcome_ = write_outcome_ = nullptr;
  parked_.drop();
  reader_.drop();
  writer_.drop();
}

}  // namespace heddle::detail
