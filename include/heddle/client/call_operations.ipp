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
  status const wrong = send(request);  // no attempt yet: into the replay buffer
  half_closed_ = true;
  if (!wrong.is_ok()) attempt_status_ = wrong;
}

HEDDLE_DECL void client_call::start_unary(void const* request, void* response) {
  single_ = request;
  half_closed_ = true;
  begin_read(wants::single_response, response);
  attempt_status_ = check_size(method_->request().size(request));
  start();
}

// ---- reading

HEDDLE_DECL void client_call::begin_read(wants what, void* message) {
  reading_ = what;
  read_into_ = message;
  read_got_ = read_cancelled_ = false;
  if (attempt_.active() && !done_) attempt_.consumed(attempt_.inbound().earn());
  rpc::inbound const& in = attempt_.inbound();
  bool const over = done_ || (intercepted_ && attempts_ended_);
  if (over || (what == wants::message && (in.has_message() || in.failed()))) schedule();
}

HEDDLE_DECL void client_call::cancel_wait(bool& pending, waiter& w, bool& cancelled) {
  if (!std::exchange(pending, false)) return;
  cancelled = true;
  w.complete_later();
}

HEDDLE_DECL asio::awaitable<bool> client_call::read(void* message) {
  bool const home = co_await asio::this_coro::executor == core_.get_executor();
  if (home && try_read(message)) co_return true;
  auto const start = [this, home, message] {
    at_home(home, [message](client_call& call) { call.begin_read(wants::message, message); });
  };
  auto const cancel = [this, home](asio::cancellation_type) {
    at_home(home, [](client_call& call) {
      if (std::exchange(call.reading_, wants::nothing) == wants::nothing) return;
      call.read_cancelled_ = true;
      call.reader_.complete_later();
    });
  };
  co_await reader_.wait(core_.get_executor(), start, cancel);
  if (read_cancelled_) throw rpc_error(status_code::cancelled, "read() was cancelled");
  if (!read_got_ && !read_status_.is_ok()) throw rpc_error(read_status_);
  co_return read_got_;
}

HEDDLE_DECL asio::awaitable<void> client_call::finish(void* response) {
  bool const home = co_await asio::this_coro::executor == core_.get_executor();
  wants const what = response != nullptr ? wants::single_response : wants::the_end;
  auto const start = [this, home, what, response] {
    at_home(home, [what, response](client_call& call) {
      call.half_close();
      call.begin_read(what, response);
    });
  };
  auto const cancel = [this, home](asio::cancellation_type) {
    at_home(home, [](client_call& call) { call.cancel(); });
  };
  co_await reader_.wait(core_.get_executor(), start, cancel);
  if (!read_status_.is_ok()) throw rpc_error(read_status_);
}

// ---- writing

HEDDLE_DECL void client_call::begin_write(void const* message) {
  write_ready_ = write_cancelled_ = false;
  write_accepted_ = !over_for_writers();
  write_status_ = write_accepted_ ? send(message) : status();
  writing_ = true;
  if (!write_accepted_ || !write_status_.is_ok() || !write_must_wait()) {
    write_ready_ = true;
    return schedule();
  }
  if (attempt_.active()) attempt_.notify_writable();
}

HEDDLE_DECL asio::awaitable<bool> client_call::write(void const* message) {
  bool const home = co_await asio::this_coro::executor == core_.get_executor();
  if (home) {
    if (over_for_writers()) co_return false;
    if (!write_must_wait()) {
      status const wrong = send(message);
      if (!wrong.is_ok()) throw rpc_error(wrong);
      co_return true;
    }
  }
  auto const start = [this, home, message] {
    at_home(home, [message](client_call& call) { call.begin_write(message); });
  };
  auto const cancel = [this, home](asio::cancellation_type) {
    at_home(home, [](client_call& call) { call.cancel_wait(call.writing_, call.writer_, call.write_cancelled_); });
  };
  co_await writer_.wait(core_.get_executor(), start, cancel);
  if (write_cancelled_) throw rpc_error(status_code::cancelled, "write() was cancelled");
  if (!write_status_.is_ok()) throw rpc_error(write_status_);
  co_return write_accepted_;
}

HEDDLE_DECL asio::awaitable<void> client_call::writes_done() {
  bool const home = co_await asio::this_coro::executor == core_.get_executor();
  at_home(home, [](client_call& call) { call.half_close(); });
}

// ---- headers

HEDDLE_DECL void client_call::begin_headers() {
  awaiting_headers_ = true;
  headers_cancelled_ = false;
  if (head_received_ || done_) schedule();
}

HEDDLE_DECL asio::awaitable<void> client_call::wait_headers() {
  bool const home = co_await asio::this_coro::executor == core_.get_executor();
  if (home && (head_received_ || done_)) {
    show_head();
    co_return;
  }
  auto const start = [this, home] { at_home(home, [](client_call& call) { call.begin_headers(); }); };
  auto const cancel = [this, home](asio::cancellation_type) {
    at_home(home, [](client_call& call) {
      call.cancel_wait(call.awaiting_headers_, call.headers_, call.headers_cancelled_);
    });
  };
  co_await headers_.wait(core_.get_executor(), start, cancel);
  if (headers_cancelled_) throw rpc_error(status_code::cancelled, "headers() was cancelled");
}

}  // namespace heddle::detail
