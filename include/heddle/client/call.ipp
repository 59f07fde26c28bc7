#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/client/attempt.ipp>
#include <heddle/client/call_operations.ipp>
#include <heddle/client/core.hpp>
#include <heddle/rpc/grpc_protocol.hpp>

namespace heddle::detail {

HEDDLE_DECL client_call::client_call(channel_core& core)
    : core_(core), attempt_(*this, rpc::grpc_protocol::instance()) {}

HEDDLE_DECL client_call::~client_call() = default;

HEDDLE_DECL void client_call::orphan() noexcept {
  if (attempt_.driver() != nullptr) attempt_.driver()->unschedule(*this);
  core_.unschedule(*this);
  core_.deadlines().remove(*this);
  attempt_.reset();
  self_.reset();  // whoever destroys calls holds them
}

HEDDLE_DECL void client_call::drop_waiters() noexcept {
  reader_.drop();
  writer_.drop();
  headers_.drop();
}

// ---- the life of a call

HEDDLE_DECL void client_call::prepare(method_descriptor const& method, call_options const& options) {
  method_ = &method;
  head_.path.assign(method.path());
  head_.authority.assign(core_.authority());
  head_.metadata = options.headers();
  until_ = options.timeout() ? after(core_.get_clock().now(), *options.timeout()) : never;
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
}

HEDDLE_DECL void client_call::start() {
  self_ = shared_from_this();
  if (!attempt_status_.is_ok()) return end(std::exchange(attempt_status_, status()));
  if (core_.closed()) return end(status(status_code::cancelled, "the channel was destroyed"));
  if (until_ != never) {
    if (until_ <= core_.get_clock().now())
      return end(status(status_code::deadline_exceeded, "the timeout was over before the call began"));
    core_.deadlines().set(*this, until_);
  }
  core_.pick(*this);
}

HEDDLE_DECL bool client_call::start_attempt(transport::http2_driver& driver) {
  head_.timeout.reset();
  if (until_ != never) head_.timeout = until_ - core_.get_clock().now();  // what is left now, not at the start
  header_list& fields = core_.scratch();
  rpc::grpc_protocol::instance().write_request(head_, driver.is_secure() ? "https" : "http", core_.user_agent(),
                                               fields);
  if (!attempt_.start(driver, fields, max_receive_)) return false;
  if (single_ != nullptr) {
    send_single_request();
  } else if (!replay_.empty()) {
    std::memcpy(attempt_.prepare(replay_.size()), replay_.data(), replay_.size());
    attempt_.commit(replay_.size());
  }
  if (half_closed_) attempt_.send_end();
  if (replay_.size() > core_.options().replay_limit()) committed_ = true;
  if (committed_) replay_.clear();
  if (writing_) {
    attempt_.notify_writable();
    if (!attempt_.should_wait()) on_attempt_writable();
  }
  return true;
}

/// The first status counts. Wakes whoever waits.
HEDDLE_DECL void client_call::end(status s) {
  if (done_) return;
  done_ = true;
  status_ = std::move(s);
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
  end(status(status_code::cancelled, "the call was cancelled here"));
}

HEDDLE_DECL void client_call::on_deadline() {
  std::string text = "the deadline has passed";
  if (!attempt_.active()) {
    text += " while the call waited for a connection";
    status const& last = core_.connection().last_error();
    if (!last.is_ok()) text += " (" + std::string(last.message()) + ")";
  }
  attempt_.inbound().discard();
  attempt_.end();
  end(status(status_code::deadline_exceeded, std::move(text)));
}

HEDDLE_DECL void client_call::release() {
  released_ = true;
  cancel();
  recycle_if_quiet();
}

HEDDLE_DECL void client_call::recycle_if_quiet() {
  if (!released_ || !done_ || scheduled_ || serving_) return;
  attempt_.reset();
  replay_.clear();
  replay_.shrink(64 * 1024);
  auto const keep = std::exchange(self_, nullptr);
  if (keep != nullptr) core_.recycle(*this);
}

// ---- what the attempt says; nobody is resumed here

HEDDLE_DECL void client_call::on_attempt_head() {
  head_received_ = true;
  committed_ = true;
  replay_.clear();
  if (awaiting_headers_) schedule();
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

HEDDLE_DECL void client_call::on_attempt_end(status const& s, bool unprocessed) {
  if (done_) return;
  if (unprocessed && !committed_ && !transparent_retry_used_) {
    transparent_retry_used_ = true;
    retry_pending_ = true;
    return schedule();
  }
  // A server that keeps the deadline resets with CANCEL: our own clock knows better (protocol-http2).
  bool const late =
      s.code() == status_code::cancelled && s.origin() != status_origin::peer && until_ <= core_.get_clock().now();
  end(late ? status(status_code::deadline_exceeded, "the deadline has passed") : s);
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
  serving_ = false;
  if (done_) attempt_.end();  // after those who read from it: what they leave is copied
  recycle_if_quiet();
}

/// Completes the operations that can be. Each may bring the caller back here with the next one.
HEDDLE_DECL void client_call::serve() {
  if (awaiting_headers_ && (head_received_ || done_)) {
    awaiting_headers_ = false;
    headers_.complete();
  }
  if (writing_ && (write_ready_ || done_)) {
    writing_ = write_ready_ = false;
    writer_.complete();
  }
  if (reading_ != wants::nothing && serve_reader()) reader_.complete();
}

/// Puts the result of the waiting read where its caller looks. False: it has to wait on.
HEDDLE_DECL bool client_call::serve_reader() {
  if (reading_ == wants::message && try_read(read_into_)) {
    read_got_ = true;
  } else if (!done_) {
    return false;
  } else if (reading_ == wants::single_response && status_.is_ok()) {
    status_ = single_response();
  } else if (reading_ == wants::message && status_.is_ok() && attempt_.inbound().truncated()) {
    status_ = attempt_.inbound().error();
  }
  reading_ = wants::nothing;
  read_status_ = read_got_ ? status() : status_;
  return true;
}

HEDDLE_DECL status client_call::single_response() {
  rpc::inbound& in = attempt_.inbound();
  if (in.truncated()) return in.error();
  if (!in.has_message())
    return status(status_code::unimplemented, "the server answered OK without a message where one is wanted",
                  status_origin::transport);
  bool const parsed = method_->response().parse(read_into_, in.message());
  attempt_.consumed(in.pop());
  if (!parsed)
    return status(status_code::internal, "the response is no " + std::string(method_->response().type_name()),
                  status_origin::transport);
  if (!in.finished())
    return status(status_code::unimplemented, "the server answered with more than the one message that is wanted",
                  status_origin::transport);
  return {};
}

HEDDLE_DECL bool client_call::try_read(void* message) {
  rpc::inbound& in = attempt_.inbound();
  if (!in.has_message()) {
    // Found behind a message when that was taken. A status that is not OK says more.
    if (in.failed() && (!done_ || status_.is_ok())) message_failed(in.error());
    return false;
  }
  bool const parsed = method_->response().parse(message, in.message());
  attempt_.consumed(in.pop());
  if (parsed) return true;
  message_failed(status(status_code::internal,
                        "a response message is no " + std::string(method_->response().type_name()),
                        status_origin::transport));
  return false;
}

HEDDLE_DECL void client_call::message_failed(status why) {
  attempt_.inbound().discard();
  attempt_.end();
  if (done_)
    status_ = std::move(why);
  else
    end(std::move(why));
}

// ---- sending

/// Queues a message: on the wire, or in the replay buffer until there is one, or both until the call is committed.
HEDDLE_DECL status client_call::send(void const* message) {
  message_ops const& ops = method_->request();
  std::size_t const size = ops.size(message);
  if (size > max_send_)
    return status(status_code::resource_exhausted, "a request message of " + std::to_string(size) +
                                                       " bytes is larger than max_send_message_size, " +
                                                       std::to_string(max_send_));
  std::size_t const framed = message_prefix_size + size;
  if (!committed_ && attempt_.active() && replay_.size() + framed > core_.options().replay_limit()) {
    committed_ = true;
    replay_.clear();
  }
  std::uint8_t* const out = committed_ ? attempt_.prepare(framed) : replay_.prepare(framed);
  write_prefix(out, false, static_cast<std::uint32_t>(size));
  ops.serialize(message, out + message_prefix_size, size);
  if (committed_) {
    attempt_.commit(framed);
  } else {
    replay_.commit(framed);
    if (attempt_.active()) {
      std::memcpy(attempt_.prepare(framed), out, framed);
      attempt_.commit(framed);
    }
  }
  return {};
}

/// A unary request is serialised straight to the wire, and again from its message should there be another attempt.
HEDDLE_DECL void client_call::send_single_request() {
  message_ops const& ops = method_->request();
  std::size_t const size = ops.size(single_);
  std::uint8_t* const out = attempt_.prepare(message_prefix_size + size);
  write_prefix(out, false, static_cast<std::uint32_t>(size));
  ops.serialize(single_, out + message_prefix_size, size);
  attempt_.commit(message_prefix_size + size);
}

HEDDLE_DECL void client_call::half_close() {
  if (std::exchange(half_closed_, true) || done_) return;
  if (attempt_.active()) attempt_.send_end();
}

HEDDLE_DECL bool client_call::write_must_wait() const {
  if (attempt_.active()) return attempt_.should_wait();
  return replay_.size() >= http2::connection::high_water;
}

}  // namespace heddle::detail
