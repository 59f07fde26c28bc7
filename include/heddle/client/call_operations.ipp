// What callers do with a call: coroutines on their own executor, which go to the channel's where the two differ.
#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client/core.hpp>

namespace heddle::detail {

/// Runs `f(call)` on the channel's executor: now when that is where we are.
template <class F>
void client_call::at_home(bool home, F f) {
  if (home) return f(*this);
  asio::dispatch(core_.get_executor(), [owner = core_.shared_from_this(), self = shared_from_this(), f] { f(*self); });
}

HEDDLE_DECL void client_call::set_single_request(void const* request) {
  status const wrong = send(request, write_options());  // no attempt yet: into the replay buffer
  half_closed_ = true;
  if (!wrong.is_ok()) attempt_status_ = wrong;
}

HEDDLE_DECL void client_call::start_unary(void const* request, void* response) {
  begin_read(wants::single_response, response, nullptr);
  if (codec_ != nullptr) {
    if (attempt_status_.is_ok()) set_single_request(request);
    return start();
  }
  single_ = request;
  half_closed_ = true;
  if (attempt_status_.is_ok()) attempt_status_ = check_size(method_->request().size(request));
  start();
}

// ---- reading

HEDDLE_DECL void client_call::begin_read(wants what, void* message, operation_outcome* outcome) {
  reading_ = what;
  read_into_ = message;
  read_outcome_ = outcome;
  rpc::inbound const& in = attempt_.inbound();
  bool const here_already = what == wants::message && (in.has_message() || in.failed());
  if (attempt_.active() && !done_ && !here_already) earn();
  bool const over = done_ || (intercepted_ && attempts_ended_);
  if (over || here_already) schedule();
}

/// Whoever is being completed already, with a message perhaps, is too late to be cancelled.
HEDDLE_DECL void client_call::cancel_read() {
  if (std::exchange(reading_, wants::nothing) == wants::nothing) return;
  read_outcome_->why = here(status(status_code::cancelled, "read() was cancelled"));
  reader_.complete_later();
}

HEDDLE_DECL asio::awaitable<bool> client_call::read(void* message) {
  bool home = core_.runs_here();
  if (!home) home = core_.is_home(co_await asio::this_coro::executor);
  if (home && try_read(message)) co_return true;
  operation_outcome outcome;
  auto const number = reads_.next();
  auto const start = [this, home, number, message, &outcome] {
    at_home(home, [number, message, &outcome](client_call& call) {
      call.begin_read(wants::message, message, &outcome);
      if (call.reads_.begin(number)) call.cancel_read();
    });
  };
  auto const cancel = [this, home, number](asio::cancellation_type) {
    at_home(home, [number](client_call& call) {
      if (call.reads_.cancel(number)) call.cancel_read();
    });
  };
  co_await reader_.wait(core_.get_executor(), start, cancel);
  if (!outcome.why.is_ok()) throw rpc_error(outcome.why);
  co_return outcome.yes;
}

HEDDLE_DECL asio::awaitable<void> client_call::finish(void* response) {
  bool const home = core_.is_home(co_await asio::this_coro::executor);
  wants const what = response != nullptr ? wants::single_response : wants::the_end;
  operation_outcome outcome;
  auto const start = [this, home, what, response, &outcome] {
    at_home(home, [what, response, &outcome](client_call& call) {
      call.half_close();
      call.begin_read(what, response, &outcome);
    });
  };
  auto const cancel = [this, home](asio::cancellation_type) {
    at_home(home, [](client_call& call) { call.cancel(); });
  };
  co_await reader_.wait(core_.get_executor(), start, cancel);
  if (!outcome.why.is_ok()) throw rpc_error(outcome.why);
}

// ---- writing

HEDDLE_DECL void client_call::begin_write(void const* message, write_options how, operation_outcome& outcome) {
  write_ready_ = false;
  write_outcome_ = &outcome;
  outcome.yes = !over_for_writers();
  if (outcome.yes) outcome.why = send(message, how);
  writing_ = true;
  if (!outcome.yes || !outcome.why.is_ok() || !write_must_wait()) {
    outcome.yes = outcome.yes && outcome.why.is_ok();
    write_ready_ = true;
    return schedule();
  }
  if (attempt_.active()) attempt_.notify_writable();
}

HEDDLE_DECL void client_call::cancel_write() {
  if (!std::exchange(writing_, false)) return;
  write_outcome_->why = here(status(status_code::cancelled, "write() was cancelled"));
  writer_.complete_later();
}

HEDDLE_DECL asio::awaitable<bool> client_call::write(void const* message, write_options how) {
  bool home = core_.runs_here();
  if (!home) home = core_.is_home(co_await asio::this_coro::executor);
  if (home) {
    if (over_for_writers()) co_return false;
    if (!write_must_wait()) {
      status const wrong = send(message, how);
      if (!wrong.is_ok()) throw rpc_error(wrong);
      co_return true;
    }
  }
  operation_outcome outcome;
  auto const number = writes_.next();
  auto const start = [this, home, number, message, how, &outcome] {
    at_home(home, [number, message, how, &outcome](client_call& call) {
      call.begin_write(message, how, outcome);
      if (call.writes_.begin(number)) call.cancel_write();
    });
  };
  auto const cancel = [this, home, number](asio::cancellation_type) {
    at_home(home, [number](client_call& call) {
      if (call.writes_.cancel(number)) call.cancel_write();
    });
  };
  co_await writer_.wait(core_.get_executor(), start, cancel);
  if (!outcome.why.is_ok()) throw rpc_error(outcome.why);
  co_return outcome.yes;
}

HEDDLE_DECL asio::awaitable<void> client_call::writes_done() {
  bool const home = core_.is_home(co_await asio::this_coro::executor);
  at_home(home, [](client_call& call) { call.half_close(); });
}

// ---- headers

HEDDLE_DECL void client_call::begin_headers(metadata* into, operation_outcome& outcome) {
  awaiting_headers_ = true;
  headers_into_ = into;
  headers_outcome_ = &outcome;
  if (head_received_ || done_) schedule();
}

HEDDLE_DECL void client_call::cancel_headers() {
  if (!std::exchange(awaiting_headers_, false)) return;
  headers_outcome_->why = here(status(status_code::cancelled, "headers() was cancelled"));
  headers_.complete_later();
}

HEDDLE_DECL asio::awaitable<void> client_call::wait_headers() {
  bool const home = core_.is_home(co_await asio::this_coro::executor);
  if (home && (head_received_ || done_)) {
    show_head();
    co_return;
  }
  operation_outcome outcome;
  auto const number = header_waits_.next();
  auto const start = [this, home, number, &outcome] {
    at_home(home, [number, &outcome](client_call& call) {
      call.begin_headers(nullptr, outcome);
      if (call.header_waits_.begin(number)) call.cancel_headers();
    });
  };
  auto const cancel = [this, home, number](asio::cancellation_type) {
    at_home(home, [number](client_call& call) {
      if (call.header_waits_.cancel(number)) call.cancel_headers();
    });
  };
  co_await headers_.wait(core_.get_executor(), start, cancel);
  if (!outcome.why.is_ok()) throw rpc_error(outcome.why);
}

// ---- operations with a completion token

HEDDLE_DECL waiter& client_call::place(call_operation::kind what) noexcept {
  using kind = call_operation::kind;
  if (what == kind::headers) return headers_;
  return what == kind::write || what == kind::writes_done ? writer_ : reader_;
}

HEDDLE_DECL operation_numbers& client_call::numbers(call_operation::kind what) noexcept {
  using kind = call_operation::kind;
  if (what == kind::headers) return header_waits_;
  return what == kind::write || what == kind::writes_done ? writes_ : reads_;
}

HEDDLE_DECL void client_call::begin_operation(call_operation::kind what, operation_numbers::number number, void* object,
                                              write_options how, operation_outcome& outcome) {
  pin();
  at_home(false, [what, number, object, how, &outcome](client_call& call) {
    using kind = call_operation::kind;
    call.unpin();
    bool const cancelled = call.numbers(what).begin(number);
    switch (what) {
      case kind::read:
        call.begin_read(wants::message, object, &outcome);
        if (cancelled) call.cancel_read();
        return;
      case kind::write:
        call.begin_write(object, how, outcome);
        if (cancelled) call.cancel_write();
        return;
      case kind::headers:
        call.begin_headers(static_cast<metadata*>(object), outcome);
        if (cancelled) call.cancel_headers();
        return;
      case kind::writes_done:
        call.half_close();
        call.writer_.complete_later();
        return call.recycle_if_quiet();  // for which the pin was in the way
      case kind::finish:
        call.half_close();
        call.begin_read(object != nullptr ? wants::single_response : wants::the_end, object, &outcome);
        if (cancelled) call.cancel();
        return;
    }
  });
}

HEDDLE_DECL void client_call::cancel_operation(call_operation::kind what, operation_numbers::number number) {
  at_home(false, [what, number](client_call& call) {
    using kind = call_operation::kind;
    if (!call.numbers(what).cancel(number)) return;
    if (what == kind::read) call.cancel_read();
    if (what == kind::write) call.cancel_write();
    if (what == kind::headers) call.cancel_headers();
    if (what == kind::finish) call.cancel();
  });
}

HEDDLE_DECL waiter& call_operation::place() noexcept { return call_->place(kind_); }
HEDDLE_DECL asio::any_io_executor const& call_operation::home() const noexcept { return core_->get_executor(); }
HEDDLE_DECL void call_operation::begin(void* object, write_options how) {
  number_ = call_->numbers(kind_).next();  // before it begins: it may be over before this returns
  call_->begin_operation(kind_, number_, object, how, outcome_);
}
HEDDLE_DECL void call_operation::cancel() { call_->cancel_operation(kind_, number_); }

}  // namespace heddle::detail
