// What attempts tell their call, and what it makes of that for whoever reads. Nobody is resumed in here.
#pragma once

#include <algorithm>
#include <utility>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client/core.hpp>
#include <heddle/client/interception.ipp>
#include <heddle/rpc/packing.hpp>

namespace heddle::detail {

HEDDLE_DECL void client_call::on_attempt_head() {
  head_received_ = true;
  commit();
  if (awaiting_headers_ || intercepted_) schedule();
}

HEDDLE_DECL void client_call::on_attempt_data() {
  if (reading_ == wants::nothing || done_) return;
  if (reading_ == wants::message && attempt_.inbound().has_message()) return schedule();
  earn();
}

/// What the reader waits for may be larger than any window. What lies behind it is not paid for: a single response
/// would be waited for until the end, however much comes.
HEDDLE_DECL void client_call::earn() {
  rpc::inbound& in = attempt_.inbound();
  if (reading_ == wants::single_response && in.has_more_than_one()) return end(too_many_responses());
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
    attempt_.end();  // what is written until the next one goes into the replay buffer, and into it alone
    return schedule();
  }
  // A server that keeps the deadline may be faster with its status, or resets with CANCEL, or says CANCELLED: our own
  // clock knows better (protocol-http2), and says more.
  bool const kept = s.code() == status_code::deadline_exceeded && s.origin() == status_origin::peer;
  if ((kept || s.code() == status_code::cancelled) && until_ <= core_.get_clock().now()) {
    attempt_.trailers().clear();
    return end(here(status(status_code::deadline_exceeded, deadline_text()), "call_options::timeout()"));
  }
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
  serving_ = true;  // who is resumed may let go of the call, which must not become another one under our hands
  if (std::exchange(retry_pending_, false) && !done_) {
    attempt_.reset();
    core_.pick(*this);
  }
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
  rpc::message_body const body = in.message(rpc::form_for(method_->response(), codec_.get()));
  if (in.failed()) return here(in.error());
  status wrong = parse_response(read_into_, body, "the response");
  attempt_.take();
  if (!wrong.is_ok()) return here(std::move(wrong));
  if (!in.finished()) return too_many_responses();
  response_taken_ = true;
  return see_response(read_into_);
}

HEDDLE_DECL status client_call::too_many_responses() const {
  return here(status(status_code::unimplemented, "the server answered with more than the one message that is wanted",
                     status_origin::transport));
}

HEDDLE_DECL bool client_call::try_read(void* message) {
  rpc::inbound& in = attempt_.inbound();
  show_head();
  if (!in.has_message()) {
    // Found behind a message when that was taken. A status that is not OK says more.
    if (in.failed() && (!done_ || status_.is_ok())) message_failed(here(in.error()));
    return false;
  }
  rpc::message_body const body = in.message(rpc::form_for(method_->response(), codec_.get()));
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

/// In a handler of the exceptions of codecs and message types: they must not get to whoever runs the context.
HEDDLE_DECL status client_call::threw(char const* doing, char const* what) {
  auto const again = []() -> status { throw; };
  return status_caught(again, [&](std::exception_ptr const&) {
    return status(status_code::internal, std::string(doing) + what + " threw an exception");
  });
}

HEDDLE_DECL status client_call::parse_response(void* message, rpc::message_body body, char const* what) const {
  status wrong;
  try {
    wrong = rpc::parse_message(message, method_->response(), body, codec_.get(), what);
  } catch (...) {
    wrong = threw("parsing ", what);
  }
  if (!wrong.is_ok()) wrong.set_origin(status_origin::transport);
  return wrong;
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

}  // namespace heddle::detail
