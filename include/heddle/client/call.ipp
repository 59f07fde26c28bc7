#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/client/attempt.ipp>
#include <heddle/client/call_attempts.ipp>
#include <heddle/client/call_interception.ipp>
#include <heddle/client/call_operations.ipp>
#include <heddle/client/call_sending.ipp>
#include <heddle/client/core.hpp>
#include <heddle/client/interception.ipp>
#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/rpc/header_limit.hpp>
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
  replay_counted_ = 0;  // the sum goes with the channel
  self_.reset();        // whoever destroys calls holds them
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
  max_receive_ = receive_limit(core_.options().max_receive_message_size(), "channel_options");
  if (auto const own = options.max_receive_message_size()) max_receive_ = receive_limit(*own, "call_options");
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

HEDDLE_DECL void client_call::hold() {
  self_ = shared_from_this();
  if (!core_.is_shut_down()) owner_ = core_.shared_from_this();
}

HEDDLE_DECL void client_call::start() {
  hold();
  if (done_) {  // let go of before it began
    attempt_status_ = status();
    return recycle_if_quiet();
  }
  count_start();
  if (!attempt_status_.is_ok()) return conclude(std::exchange(attempt_status_, status()));
  if (core_.closed()) return end_with_channel();
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

/// Most calls of a channel begin in the words of the last one.
HEDDLE_DECL header_list const& client_call::request_fields(bool secure) {
  bool const plain = !head_.timeout && head_.metadata.empty();
  known_request& known = core_.last_request();
  if (plain && known.secure == secure && known.path == head_.path && known.subtype == head_.subtype &&
      known.encoding == head_.encoding)
    return known.fields;
  header_list& fields = plain ? known.fields : core_.scratch();
  if (plain) {
    known.secure = secure;
    known.path = head_.path;
    known.subtype = head_.subtype;
    known.encoding = head_.encoding;
    fields.clear();
  }
  rpc::grpc_protocol::instance().write_request(head_, secure ? "https" : "http", core_.user_agent(), fields);
  if (plain) fields.stamp();
  return fields;
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
  header_list const& fields = request_fields(driver.is_secure());
  if (std::size_t const size = fields.list_size(); size > driver.header_limit()) {
    end(here(status(status_code::resource_exhausted,
                    rpc::header_limit_text("the request headers", size, driver.header_limit(), driver.peer()))));
    return true;
  }
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
  if (writing_ && !write_ready_) {
    attempt_.notify_writable();
    if (!attempt_.should_wait()) on_attempt_writable();
  }
  return true;
}

HEDDLE_DECL void client_call::end_unconnected(status why) {
  end(here(std::move(why), "call_options::wait_for_ready()"));
}

HEDDLE_DECL void client_call::end_with_channel() {
  conclude(here(status(status_code::cancelled, "the channel was destroyed")));
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
  if (self_ == nullptr) hold();  // never started: goes back, too
  cancel();
  recycle_if_quiet();
}

HEDDLE_DECL void client_call::recycle_if_quiet() {
  if (!released_ || !done_ || scheduled_ || serving_ || pins_.load(std::memory_order_relaxed) != 0) return;
  if (intercepted_ && interception_->alive()) return;
  attempt_.reset();
  commit();
  early_.clear();
  reads_.begin(reads_.next());  // whatever is still on its way to cancel one is too late
  if (edited_ != nullptr) method_->request().destroy(std::exchange(edited_, nullptr));
  auto const keep = std::exchange(self_, nullptr);
  auto const owner = std::exchange(owner_, nullptr);  // goes first
  if (keep != nullptr) core_.recycle(*this);
}

}  // namespace heddle::detail
