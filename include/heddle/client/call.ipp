#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/client/attempt.ipp>
#include <heddle/client/call_operations.ipp>
#include <heddle/client/core.hpp>
#include <heddle/client/interception.ipp>
#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/rpc/packing.hpp>

namespace heddle::detail {

HEDDLE_DECL client_call::client_call(channel_core& core)
    : core_(core), attempt_(*this, rpc::grpc_protocol::instance(), core.options().compressors()) {
  if (!core.options().compressors().empty()) head_.accepted = core.options().compressors().names();
}

HEDDLE_DECL client_call::~client_call() {
  if (edited_ != nullptr) method_->request().destroy(edited_);
}

HEDDLE_DECL void client_call::orphan() noexcept {
  if (attempt_.driver() != nullptr) attempt_.driver()->unschedule(*this);
  core_.unschedule(*this);
  core_.deadlines().remove(*this);
  leave_parent();
  attempt_.reset();
  self_.reset();  // whoever destroys calls holds them
}

HEDDLE_DECL void client_call::drop_waiters() noexcept {
  reader_.drop();
  writer_.drop();
  headers_.drop();
  if (interception_ != nullptr) interception_->drop();
}

// ---- the life of a call

HEDDLE_DECL void client_call::prepare(method_descriptor const& method, call_options const& options,
                                      std::shared_ptr<method_descriptor const> owner) {
  method_ = &method;
  method_owner_ = std::move(owner);
  head_.path.assign(method.path());
  head_.authority.assign(core_.authority());
  head_.metadata = options.headers();
  time_point const now = core_.get_clock().now();
  until_ = options.timeout() ? after(now, *options.timeout()) : never;
  parent_ = options.parent();
  if (parent_ != nullptr)
    if (auto const left = parent_->time_left()) until_ = std::min(until_, after(now, *left));
  choose_encoder(options);
  choose_codec(options);
  wait_for_ready_ = options.wait_for_ready();
  max_receive_ = options.max_receive_message_size().value_or(core_.options().max_receive_message_size());
  max_send_ = options.max_send_message_size().value_or(core_.options().max_send_message_size());
  single_ = nullptr;
  replay_.clear();
  half_closed_ = committed_ = released_ = done_ = head_received_ = false;
  transparent_retry_used_ = retry_pending_ = false;
  status_ = status();
  reading_ = wants::nothing;
  writing_ = awaiting_headers_ = false;
  attempts_begun_ = attempts_ended_ = head_shown_ = response_taken_ = false;
  attempts_status_ = status();
  intercepted_ = !core_.options().interceptors().empty();
  if (!intercepted_) return;
  if (interception_ == nullptr) interception_ = std::make_unique<client_interception>(*this);
  interception_->reset();
  core_.options().interceptors().collect(method, interception_->chain());
  intercepted_ = !interception_->chain().empty();
}

HEDDLE_DECL void client_call::choose_encoder(call_options const& options) {
  encoder_ = core_.encoder();
  if (options.compression()) {
    std::string const& name = *options.compression();
    encoder_ = core_.options().compressors().find(name);
    if (encoder_ == nullptr && !name.empty() && name != "identity")
      attempt_status_ =
          status(status_code::internal, "compression \"" + name + "\" is none of channel_options::compressors(): " +
                                            std::string(core_.options().compressors().names()));
  }
  head_.encoding.assign(encoder_ != nullptr ? encoder_->name() : std::string_view());
}

HEDDLE_DECL void client_call::choose_codec(call_options const& options) {
  raw_ = is_raw(method_->request()) && is_raw(method_->response());
  std::shared_ptr<codec const> const& wanted = options.codec() ? *options.codec() : core_.options().codec();
  if (codec_ != nullptr || wanted != nullptr) codec_ = raw_ ? nullptr : wanted;
  if (!raw_) {
    head_.subtype.assign(codec_ != nullptr ? codec_->name() : std::string_view());
    if (!options.content_subtype().empty())
      attempt_status_ = status(status_code::internal, "content_subtype(\"" + options.content_subtype() +
                                                          "\") is for calls of raw_message, others have codec()");
  } else {
    head_.subtype.assign(options.content_subtype());
    if (!head_.subtype.empty() && !is_valid_subtype(head_.subtype))
      attempt_status_ =
          status(status_code::internal, "content_subtype(\"" + head_.subtype + "\"): no content-type can say that");
  }
}

HEDDLE_DECL void client_call::start() {
  self_ = shared_from_this();
  if (done_) {  // let go of before it began
    attempt_status_ = status();
    return recycle_if_quiet();
  }
  count_start();
  if (!attempt_status_.is_ok()) return conclude(std::exchange(attempt_status_, status()));
  if (core_.closed()) return conclude(status(status_code::cancelled, "the channel was destroyed"));
  if (until_ != never) {
    if (until_ <= core_.get_clock().now())
      return conclude(here(status(status_code::deadline_exceeded, "the timeout was over before the call began"),
                           "call_options::timeout()"));
    core_.deadlines().set(*this, until_);
  }
  if (parent_ != nullptr && !parent_->add(*this)) return end_with_parent();
  if (intercepted_) return interception_->begin();
  core_.pick(*this);
}

HEDDLE_DECL void client_call::count_start() {
  channelz_node* const node = core_.channelz();
  counted_ = node != nullptr;
  if (!counted_) return;
  node->calls.started.add(1);
  node->calls.last_started.set(node->now());
}

HEDDLE_DECL bool client_call::start_attempt(transport::http2_driver& driver) {
  head_.timeout.reset();
  if (until_ != never) {
    head_.timeout = until_ - core_.get_clock().now();  // what is left now, not at the start
    if (*head_.timeout <= duration::zero()) {
      on_deadline();
      return true;
    }
  }
  header_list& fields = core_.scratch();
  rpc::grpc_protocol::instance().write_request(head_, driver.is_secure() ? "https" : "http", core_.user_agent(),
                                               fields);
  std::optional<std::string_view> subtype;
  if (!raw_) subtype = head_.subtype;
  if (!attempt_.start(driver, fields, max_receive_, subtype)) return false;
  if (single_ != nullptr) {
    send_single_request();
  } else if (!replay_.empty()) {
    std::memcpy(attempt_.prepare(replay_.size()), replay_.data(), replay_.size());
    attempt_.commit(replay_.size());
  }
  if (half_closed_) attempt_.send_end();
  if (replay_has_room(0))
    count_replay();
  else
    commit();
  if (writing_) {
    attempt_.notify_writable();
    if (!attempt_.should_wait()) on_attempt_writable();
  }
  return true;
}

HEDDLE_DECL void client_call::end(status s) {
  if (done_) return;
  if (!intercepted_ || !interception_->running()) return conclude(std::move(s));
  core_.unqueue(*this);
  attempts_ended_ = true;
  attempts_status_ = std::move(s);
  schedule();
}

/// The first status counts. Wakes whoever waits.
HEDDLE_DECL void client_call::conclude(status s) {
  if (done_) return;
  done_ = true;
  status_ = std::move(s);
  leave_parent();
  if (std::exchange(counted_, false))
    (status_.is_ok() ? core_.channelz()->calls.succeeded : core_.channelz()->calls.failed).add(1);
  core_.unqueue(*this);
  if (has_deadline()) {
    core_.deadlines().remove(*this);
    if (core_.connection().state() != connectivity::ready) core_.deadlines().relax();
  }
  schedule();
}

HEDDLE_DECL void client_call::cancel() {
  if (done_) return;
  attempt_.inbound().discard();
  attempt_.end();
  conclude(here(status(status_code::cancelled, "the call was cancelled here")));
}

HEDDLE_DECL void client_call::on_deadline() {
  status late = here(status(status_code::deadline_exceeded, deadline_text()), "call_options::timeout()");
  attempt_.inbound().discard();
  attempt_.end();
  conclude(std::move(late));
}

/// In which phase it has found the call.
HEDDLE_DECL std::string client_call::deadline_text() const {
  std::string const text = "the deadline has passed";
  if (intercepted_ && !attempts_begun_) return text + " before the interceptors let the call begin";
  if (intercepted_ && attempts_ended_) return text + " before the interceptors let the call end";
  if (!attempt_.active()) return text + " while the call waited for " + core_.connection().wanted();
  return text + (head_received_ ? " in the middle of the answer" : " while the call waited for the answer");
}

/// Adds where: the method, the peer unless the text names it, and what could be set otherwise.
HEDDLE_DECL status client_call::here(status s, std::string_view option) const {
  std::string text(s.message());
  bool const with_peer = !peer().empty() && text.find(peer()) == std::string::npos;
  text.append(" (").append(head_.path);
  if (with_peer) text.append(" at ").append(peer());
  if (!option.empty()) text.append(", ").append(option);
  s.set_message(text + ")");
  return s;
}

HEDDLE_DECL void client_call::leave_parent() noexcept {
  if (auto const parent = std::exchange(parent_, nullptr)) parent->remove(*this);
}

HEDDLE_DECL void client_call::on_parent_end() {
  auto owner = core_.weak_from_this().lock();
  if (owner == nullptr) return;
  pin();
  auto const executor = owner->get_executor();
  // Moved: the channel's last owner must not go here, where its calls could not leave the scope.
  asio::post(executor, [owner = std::move(owner), self = shared_from_this()] {
    self->unpin();
    if (!self->done_) self->end_with_parent();
    self->recycle_if_quiet();
  });
}

HEDDLE_DECL void client_call::end_with_parent() {
  if (until_ <= core_.get_clock().now()) return on_deadline();  // which it shares with its parent
  attempt_.inbound().discard();
  attempt_.end();
  conclude(here(status(status_code::cancelled, "the call on whose behalf this one was made is over")));
}

HEDDLE_DECL void client_call::release() {
  released_ = true;
  cancel();
  recycle_if_quiet();
}

HEDDLE_DECL void client_call::recycle_if_quiet() {
  if (!released_ || !done_ || scheduled_ || serving_ || pins_.load(std::memory_order_relaxed) != 0) return;
  if (intercepted_ && interception_->alive()) return;
  attempt_.reset();
  commit();
  early_.clear();
  if (edited_ != nullptr) method_->request().destroy(std::exchange(edited_, nullptr));
  auto const keep = std::exchange(self_, nullptr);
  if (keep != nullptr) core_.recycle(*this);
}

// ---- what the attempt says; nobody is resumed here

HEDDLE_DECL void client_call::on_attempt_head() {
  head_received_ = true;
  commit();
  if (awaiting_headers_ || intercepted_) schedule();
}

HEDDLE_DECL void client_call::on_attempt_data() {
  if (reading_ == wants::nothing) return;
  rpc::inbound& in = attempt_.inbound();
  if (reading_ == wants::message && in.has_message()) return schedule();
  attempt_.consumed(in.earn());
}

HEDDLE_DECL void client_call::on_attempt_writable() {
  write_ready_ = true;
  schedule();
}

HEDDLE_DECL void client_call::on_attempt_end(status const& s, attempt_reach reached) {
  if (done_) return;
  bool const once_more = reached == attempt_reach::library && !transparent_retry_used_;
  if (!committed_ && (once_more || reached == attempt_reach::nowhere)) {
    if (once_more) transparent_retry_used_ = true;
    retry_pending_ = true;
    return schedule();
  }
  // A server that keeps the deadline resets with CANCEL: our own clock knows better (protocol-http2).
  bool const late =
      s.code() == status_code::cancelled && s.origin() != status_origin::peer && until_ <= core_.get_clock().now();
  if (late) return end(here(status(status_code::deadline_exceeded, deadline_text()), "call_options::timeout()"));
  end(s.is_ok() || s.origin() == status_origin::peer ? s : here(s));
}

HEDDLE_DECL void client_call::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  if (attempt_.driver() != nullptr)
    attempt_.driver()->schedule(*this);
  else
    core_.schedule(*this);
}

HEDDLE_DECL void client_call::on_ready() {
  auto const keep = shared_from_this();
  scheduled_ = false;
  if (std::exchange(retry_pending_, false) && !done_) {
    attempt_.reset();
    return core_.pick(*this);
  }
  serving_ = true;  // who is resumed may let go of the call, which must not become another one under our hands
  serve();
  if (intercepted_) serve_interceptors();
  serving_ = false;
  if (done_ || (intercepted_ && attempts_ended_))
    attempt_.end();  // after those who read from it: what they leave is copied
  recycle_if_quiet();
}

/// Completes the operations that can be. Each may bring the caller back here with the next one.
HEDDLE_DECL void client_call::serve() {
  show_head();
  if (awaiting_headers_ && (head_received_ || done_)) {
    awaiting_headers_ = false;
    if (headers_into_ != nullptr) *headers_into_ = headers();
    headers_.complete();
  }
  if (writing_ && (write_ready_ || done_ || (intercepted_ && attempts_ended_ && committed_))) {
    writing_ = write_ready_ = false;
    writer_.complete();
  }
  if (reading_ != wants::nothing && serve_reader()) reader_.complete();
}

/// Puts the result of the waiting read where its caller looks. False: it has to wait on.
HEDDLE_DECL bool client_call::serve_reader() {
  bool const got = reading_ == wants::message && try_read(read_into_);
  if (!got && !done_) return false;
  if (reading_ == wants::single_response && status_.is_ok() && !response_taken_) {
    status_ = single_response();
  } else if (!got && reading_ == wants::message && status_.is_ok() && attempt_.inbound().truncated()) {
    status_ = here(attempt_.inbound().error());
  }
  reading_ = wants::nothing;
  if (read_outcome_ != nullptr) {
    read_outcome_->yes = got;
    if (!got) read_outcome_->why = status_;
  }
  return true;
}

HEDDLE_DECL status client_call::single_response() {
  rpc::inbound& in = attempt_.inbound();
  if (in.truncated()) return here(in.error());
  if (!in.has_message())
    return here(status(status_code::unimplemented, "the server answered OK without a message where one is wanted",
                       status_origin::transport));
  bytes_view const body = in.message();
  if (in.failed()) return here(in.error());
  status wrong = parse_response(read_into_, body, "the response");
  attempt_.take();
  if (!wrong.is_ok()) return here(std::move(wrong));
  if (!in.finished())
    return here(status(status_code::unimplemented, "the server answered with more than the one message that is wanted",
                       status_origin::transport));
  response_taken_ = true;
  return see_response(read_into_);
}

HEDDLE_DECL bool client_call::try_read(void* message) {
  rpc::inbound& in = attempt_.inbound();
  if (!in.has_message()) {
    // Found behind a message when that was taken. A status that is not OK says more.
    if (in.failed() && (!done_ || status_.is_ok())) message_failed(here(in.error()));
    return false;
  }
  show_head();
  bytes_view const body = in.message();
  if (in.failed()) {
    message_failed(here(in.error()));
    return false;
  }
  status refused = parse_response(message, body, "a response message");
  attempt_.take();
  refused = refused.is_ok() ? see_response(message) : here(std::move(refused));
  if (refused.is_ok()) return true;
  message_failed(std::move(refused));
  return false;
}

HEDDLE_DECL status client_call::parse_response(void* message, bytes_view body, char const* what) const {
  message_ops const& ops = method_->response();
  if (codec_ != nullptr && !is_raw(ops)) {
    status wrong = codec_->parse(message, ops, body);
    return wrong.is_ok() ? wrong : wrong.set_origin(status_origin::transport);
  }
  if (ops.parse(message, body)) return {};
  return status(status_code::internal, std::string(what) + " is no " + std::string(ops.type_name()),
                status_origin::transport);
}

HEDDLE_DECL void client_call::message_failed(status why) {
  attempt_.inbound().discard();
  attempt_.end();
  if (done_)
    status_ = std::move(why);
  else if (intercepted_ && attempts_ended_)
    attempts_status_ = std::move(why);
  else
    end(std::move(why));
}

// ---- interceptors

/// `next` is called: sends what was written until now, once it has been seen. False: the call can't be made again.
HEDDLE_DECL bool client_call::begin_attempts() {
  bool const again = std::exchange(attempts_begun_, true);
  if (done_) {
    schedule();
    return true;
  }
  if (again) {
    if (committed_) return false;
    bool const scheduled = std::exchange(scheduled_, false);
    if (attempt_.driver() != nullptr) attempt_.driver()->unschedule(*this);
    core_.unschedule(*this);
    attempt_.reset();
    attempts_ended_ = false;
    if (scheduled) schedule();
  } else {
    status wrong = send_early();
    if (!wrong.is_ok()) {
      end(std::move(wrong));
      return true;
    }
  }
  core_.pick(*this);
  return true;
}

HEDDLE_DECL status client_call::send_early() {
  if (single_ != nullptr) {
    message_view view(single_, method_->request(), edited_);
    status wrong = interception_->see_request(view);
    if (edited_ != nullptr) single_ = edited_;
    return wrong.is_ok() ? check_size(method_->request().size(single_)) : wrong;
  }
  message_ops const& ops = method_->request();
  message_reader reader(0xffff'ffff);
  reader.set_encoded(true);  // the flag says what is to become of it
  void* const message = ops.create();
  std::unique_ptr<void, void (*)(void*) noexcept> const owner(message, ops.destroy);
  while (reader.read(early_.view()) == message_reader::outcome::message) {
    ops.parse(message, reader.body(early_.view()));
    write_options const how = write_options().compress(reader.prefix().compressed);
    early_.consume(reader.wanted());
    status wrong = send(message, how);
    if (!wrong.is_ok()) return wrong;
  }
  early_.shrink(64 * 1024);
  return {};
}

HEDDLE_DECL void client_call::abort_attempts() {
  if (done_ || attempts_ended_) return;
  attempt_.inbound().discard();
  attempt_.end();
  end(status(status_code::cancelled, "an interceptor cancelled the call"));
}

HEDDLE_DECL status client_call::attempts_status() const { return done_ ? status_ : attempts_status_; }

HEDDLE_DECL void client_call::on_interceptors_end(status const& s) {
  attempt_.end();
  conclude(s);
}

/// Goes the way of what is received.
HEDDLE_DECL void client_call::answer(void const* response) {
  if (done_) return;
  message_ops const& ops = method_->response();
  outgoing_message outgoing(response, ops);
  message_view view = outgoing.view();
  status refused = interception_->see_response(view);  // now: they may have returned before it is taken
  if (!refused.is_ok()) throw rpc_error(std::move(refused));
  byte_buffer framed;
  auto const room = [&framed](std::size_t n) { return framed.prepare(n); };
  if (codec_ != nullptr && !is_raw(ops)) {  // as it is going to be read
    raw_message coded;
    status wrong = codec_->serialize(outgoing.get(), ops, coded.bytes());
    if (!wrong.is_ok()) throw rpc_error(std::move(wrong));
    framed.commit(rpc::write_framed(nullptr, &coded, *ops_of<raw_message>, coded.bytes().size(), room));
  } else {
    framed.commit(rpc::write_framed(nullptr, outgoing.get(), ops, ops.size(outgoing.get()), room));
  }
  attempt_.answer(framed.view(), method_->server_streams());
  response_taken_ = false;
  schedule();
}

/// Lets `next` return when the attempts are over and the caller has taken what they brought.
HEDDLE_DECL void client_call::serve_interceptors() {
  if (!interception_->running()) return;
  if (done_) {
    if (!attempts_begun_ || !interception_->waits_in_next()) return interception_->cancel();
    return interception_->resume();
  }
  if (!attempts_ended_ || !interception_->waits_in_next()) return;
  rpc::inbound const& in = attempt_.inbound();
  if (attempts_status_.is_ok() && !method_->server_streams()) {
    if (in.has_message() && reading_ != wants::single_response) return;  // until the caller wants it
    attempts_status_ = single_response();
  } else if (method_->server_streams() && in.has_message()) {
    return;
  } else if (attempts_status_.is_ok() && in.truncated()) {
    attempts_status_ = here(in.error());
  }
  interception_->resume();
}

HEDDLE_DECL void client_call::show_head() {
  if (!intercepted_ || !head_received_ || std::exchange(head_shown_, true)) return;
  interception_->see_response_headers(attempt_.head().metadata);
}

HEDDLE_DECL status client_call::see_response(void* message) const {
  if (!intercepted_ || !interception_->has_response_hooks()) return {};
  message_view view(message, method_->response());
  return interception_->see_response(view);
}

// ---- sending

/// Queues a message: on the wire, or in the replay buffer until there is one, or both until the call is committed.
HEDDLE_DECL status client_call::send(void const* message, write_options how) {
  if (!intercepted_ || !attempts_begun_ || !interception_->has_request_hooks()) return frame(message, how);
  outgoing_message outgoing(message, method_->request());
  message_view view = outgoing.view();
  status wrong = interception_->see_request(view);
  return wrong.is_ok() ? frame(outgoing.get(), how) : wrong;
}

HEDDLE_DECL status client_call::frame(void const* message, write_options how) {
  message_ops const& ops = method_->request();
  bool const early = intercepted_ && !attempts_begun_;  // these are read again, by interceptors
  if (codec_ == nullptr || early || is_raw(ops)) return frame(message, ops, how, early);
  raw_message coded;
  status wrong = codec_->serialize(message, ops, coded.bytes());
  return wrong.is_ok() ? frame(&coded, *ops_of<raw_message>, how, false) : wrong;
}

HEDDLE_DECL status client_call::frame(void const* message, message_ops const& ops, write_options how, bool early) {
  std::size_t const size = ops.size(message);
  status wrong = check_size(size);
  if (!wrong.is_ok()) return wrong;
  byte_buffer& kept = early ? early_ : replay_;
  std::uint8_t* out = nullptr;
  auto const room = [&](std::size_t framed) {
    if (!committed_ && attempt_.active() && !replay_has_room(framed)) commit();
    return out = committed_ ? attempt_.prepare(framed) : kept.prepare(framed);
  };
  compressor const* const with = how.compress() && !early ? encoder_ : nullptr;
  std::size_t const framed = rpc::write_framed(with, message, ops, size, room);
  if (early) out[0] = how.compress() ? 1 : 0;  // not compressed: to be
  if (committed_) {
    attempt_.commit(framed);
  } else {
    kept.commit(framed);
    if (attempt_.active()) {
      std::memcpy(attempt_.prepare(framed), out, framed);
      attempt_.commit(framed);
      count_replay();
    }
  }
  return {};
}

HEDDLE_DECL bool client_call::replay_has_room(std::size_t framed) const noexcept {
  std::size_t const kept = replay_.size() + framed;
  return kept <= core_.options().replay_limit() &&
         core_.replayable() - replay_counted_ + kept <= core_.options().channel_replay_limit();
}

/// Only what an attempt has taken over is in the channel's sum: what waits for one must be kept anyway.
HEDDLE_DECL void client_call::count_replay() noexcept {
  core_.replayable() += replay_.size() - replay_counted_;
  replay_counted_ = replay_.size();
}

/// From here on the call can't be made again.
HEDDLE_DECL void client_call::commit() noexcept {
  committed_ = true;
  core_.replayable() -= std::exchange(replay_counted_, 0);
  replay_.clear();
  replay_.shrink(64 * 1024);
}

HEDDLE_DECL status client_call::check_size(std::size_t size) const {
  if (size <= max_send_) return {};
  return here(status(status_code::resource_exhausted, "the request message of " + std::to_string(size) +
                                                          " bytes is larger than max_send_message_size, " +
                                                          std::to_string(max_send_)),
              "call_options or channel_options::max_send_message_size()");
}

/// A unary request is serialised straight to the wire, and again from its message should there be another attempt.
HEDDLE_DECL void client_call::send_single_request() {
  message_ops const& ops = method_->request();
  auto const room = [this](std::size_t framed) { return attempt_.prepare(framed); };
  attempt_.commit(rpc::write_framed(encoder_, single_, ops, ops.size(single_), room));
}

HEDDLE_DECL void client_call::half_close() {
  if (std::exchange(half_closed_, true) || done_) return;
  if (attempt_.active()) attempt_.send_end();
}

HEDDLE_DECL bool client_call::write_must_wait() const {
  if (attempt_.active()) return attempt_.should_wait();
  return replay_.size() + early_.size() >= http2::connection::high_water;
}

}  // namespace heddle::detail
