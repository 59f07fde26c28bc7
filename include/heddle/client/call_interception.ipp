// A call and its interceptors: attempts begin when the last of them says so, and their outcome goes back through all.
#pragma once

#include <utility>

#include <heddle/client/core.hpp>
#include <heddle/client/interception.ipp>
#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/rpc/packing.hpp>

namespace heddle::detail {

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
  status refused = interception_->see_response_headers(attempt_.head().metadata);
  if (!refused.is_ok()) message_failed(std::move(refused));
}

HEDDLE_DECL status client_call::see_response(void* message) const {
  if (!intercepted_ || !interception_->has_response_hooks()) return {};
  message_view view(message, method_->response());
  return interception_->see_response(view);
}

}  // namespace heddle::detail
