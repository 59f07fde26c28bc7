// What a handler can do with its call.
#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/rpc/packing.hpp>
#include <heddle/server/call.hpp>
#include <heddle/server/interception.hpp>
#include <heddle/server/session.hpp>

namespace heddle::detail {

HEDDLE_DECL void server_call::check_open() const {
  if (over_)
    throw rpc_error(status_code::cancelled, "the call is over: the client has gone, or its deadline has passed");
}

HEDDLE_DECL status server_call::cancelled(std::string_view operation) const {
  return status(status_code::cancelled,
                std::string(operation) + " was cancelled (" + std::string(route_->method->path()) + ")");
}

// ---- reading

HEDDLE_DECL asio::awaitable<bool> server_call::read(void* message, message_ops const& ops) {
  while (!try_read(message, ops)) {
    if (inbound_.finished()) co_return false;
    read_cancelled_ = false;
    exchange_->consumed(inbound_.earn());
    auto const nothing = [] {};
    auto const cancel = [this](asio::cancellation_type) {
      read_cancelled_ = true;
      reader_.complete_later();
    };
    co_await reader_.wait(driver_->get_executor(), nothing, cancel);
    if (read_cancelled_ && !over_) throw rpc_error(cancelled("read()"));
  }
  co_return true;
}

/// In a handler of the exceptions of codecs, and of the message types of applications.
HEDDLE_DECL status server_call::threw(char const* doing, char const* what) {
  auto const again = []() -> status { throw; };
  return status_caught(again, [&](std::exception_ptr error) {
    static_cast<void>(handler_threw(std::move(error)));
    return status(status_code::internal, std::string(doing) + what + " threw an exception");
  });
}

HEDDLE_DECL status server_call::parse(void* message, message_ops const& ops, rpc::message_body body, char const* what) {
  try {
    return rpc::parse_message(message, ops, body, codec_, what);
  } catch (...) {
    return threw("parsing ", what);
  }
}

/// Read by the client, which has limits of its own.
HEDDLE_DECL status server_call::bad_request() const {
  status why = inbound_.error();
  why.set_message("the request: " + std::string(why.message()));
  return why;
}

HEDDLE_DECL bool server_call::try_read(void* message, message_ops const& ops) {
  check_open();
  if (!inbound_.has_message()) {
    if (inbound_.failed() || inbound_.truncated()) throw rpc_error(bad_request());
    return false;
  }
  rpc::message_body const body = inbound_.message(rpc::form_for(ops, codec_));
  if (inbound_.failed()) throw rpc_error(bad_request());
  status refused = parse(message, ops, body, "a request message");
  pop_request();
  request_taken_ = true;
  meter_.received();
  if (refused.is_ok()) refused = see_request(message, ops);
  if (!refused.is_ok()) throw rpc_error(refused);
  return true;
}

/// The one request of a unary or server-streaming call; null leaves the reason in answer_.
HEDDLE_DECL void* server_call::single_request(message_ops const& ops) {
  auto const fail = [this](status why) {
    answer_ = std::move(why);
    return nullptr;
  };
  if (inbound_.failed() || inbound_.truncated()) return fail(bad_request());
  if (!inbound_.has_message())
    return fail(status(status_code::unimplemented, "the request has no message where exactly one is wanted"));
  void* const message = recycled(request_message_, request_ops_, ops);
  rpc::message_body const body = inbound_.message(rpc::form_for(ops, codec_));
  if (inbound_.failed()) return fail(bad_request());
  status wrong = parse(message, ops, body, "the request");
  if (intercepted_ && inbound_.compressed()) rpc::unpacked();  // the bytes stay, what was made of them is the thread's
  if (!wrong.is_ok()) return fail(std::move(wrong));
  if (!intercepted_) {  // an interceptor may want it once more
    pop_request();
    return message;
  }
  status refused = see_request(message, ops);
  return refused.is_ok() ? message : fail(std::move(refused));
}

HEDDLE_DECL void server_call::pop_request() {
  if (std::size_t const earned = inbound_.pop(); earned != 0) exchange_->consumed(earned);
}

HEDDLE_DECL status server_call::show_request(void* message, message_ops const& ops) const {
  if (!interception_->has_request_hooks()) return {};
  message_view view(message, ops);
  return interception_->see_request(view);
}

HEDDLE_DECL void* server_call::recycled(void*& object, message_ops const*& ops, message_ops const& wanted) {
  if (ops != &wanted) {
    if (object != nullptr) ops->destroy(std::exchange(object, nullptr));
    object = wanted.create();
    ops = &wanted;
  }
  return object;
}

// ---- writing

HEDDLE_DECL asio::awaitable<void> server_call::write(void const* message, message_ops const& ops, write_options how) {
  check_open();
  if (!send_message(message, ops, how)) co_return;
  write_cancelled_ = false;
  auto const start = [this] { exchange_->notify_writable(); };
  auto const cancel = [this](asio::cancellation_type) {
    write_cancelled_ = true;
    writer_.complete_later();
  };
  co_await writer_.wait(driver_->get_executor(), start, cancel);
  check_open();
  if (write_cancelled_) throw rpc_error(cancelled("write()"));
}

/// True: whoever writes should wait before the next one.
HEDDLE_DECL bool server_call::send_message(void const* message, message_ops const& ops, write_options how) {
  if (!intercepted_ || !interception_->has_response_hooks()) return frame_message(message, ops, how);
  outgoing_message outgoing(message, ops);
  message_view view = outgoing.view();
  status refused = interception_->see_response(view);
  if (!refused.is_ok()) throw rpc_error(std::move(refused));
  return frame_message(outgoing.get(), ops, how);
}

HEDDLE_DECL bool server_call::frame_message(void const* message, message_ops const& ops, write_options how) {
  if (codec_ != nullptr && !is_raw(ops)) [[unlikely]]
    return frame_coded(message, ops, how);
  std::size_t const size = ops.size(message);
  if (size > shared_->options.max_send_message_size()) [[unlikely]]
    throw_too_large(size);
  compressor const* const with = how.compress() ? encoder_ : nullptr;
  if (intercepted_ && !route_->method->server_streams()) [[unlikely]] {
    held_.clear();  // the last answer counts
    held_.commit(rpc::write_framed(with, message, ops, size, [this](std::size_t n) { return held_.prepare(n); }));
    return false;
  }
  if (!head_sent_) send_head();
  std::size_t const framed =
      rpc::write_framed(with, message, ops, size, [this](std::size_t n) { return exchange_->prepare(n); });
  meter_.sent();
  return exchange_->commit(framed);
}

HEDDLE_DECL bool server_call::frame_coded(void const* message, message_ops const& ops, write_options how) {
  raw_message form;
  status wrong;
  try {
    wrong = codec_->serialize(message, ops, form.bytes());
  } catch (...) {
    wrong = threw("serialising ", "a response message");
  }
  if (!wrong.is_ok()) throw rpc_error(std::move(wrong));
  return frame_message(&form, *ops_of<raw_message>, how);
}

HEDDLE_DECL void server_call::throw_too_large(std::size_t size) const {
  throw rpc_error(status_code::resource_exhausted,
                  "a response message of " + std::to_string(size) +
                      " bytes is larger than server_options::max_send_message_size(), " +
                      std::to_string(shared_->options.max_send_message_size()));
}

/// Only with what the client takes, and only while the head can still say so.
HEDDLE_DECL bool server_call::compress_with(compressor const* encoder) {
  if (head_sent_ || over_ || !held_.empty()) return false;
  encoder_ = encoder != nullptr && accepts_encoding(request_->accepted, encoder->name()) ? encoder : nullptr;
  response_.encoding.assign(encoder_ != nullptr ? encoder_->name() : std::string_view());
  return encoder_ != nullptr;
}

HEDDLE_DECL status server_call::show_head() {
  if (!intercepted_ || head_sent_ || std::exchange(head_shown_, true)) return {};
  return interception_->see_response_headers(response_.metadata);
}

HEDDLE_DECL void server_call::send_head() {
  status refused = show_head();
  if (!refused.is_ok()) throw rpc_error(std::move(refused));
  head_sent_ = true;
  if (!response_.encoding.empty() || !response_.metadata.empty()) {
    header_list& fields = session_->scratch();
    protocol_->write_response(response_, fields);
    return exchange_->send_head(fields);
  }
  plain_fields& plain = session_->plain_head();
  if (plain.protocol != protocol_ || plain.subtype != response_.subtype) {
    plain.protocol = protocol_;
    plain.subtype = response_.subtype;
    plain.fields.clear();
    protocol_->write_response(response_, plain.fields);
    plain.fields.stamp();
  }
  exchange_->send_head(plain.fields);
}

HEDDLE_DECL asio::awaitable<void> server_call::send_headers() {
  check_open();
  if (!head_sent_) send_head();
  co_return;
}

// ---- operations with a completion token, which report what the others throw

template <class F>
status server_call::status_of(F f) {
  auto const done = [&f] {
    f();
    return status();
  };
  return status_caught(done, [this](std::exception_ptr error) { return handler_threw(std::move(error)); });
}

HEDDLE_DECL void server_call::begin_read(void* message, message_ops const& ops, operation_outcome& outcome) {
  read_outcome_ = &outcome;
  read_into_ = message;
  read_ops_ = &ops;
  outcome.why = status_of([&] { outcome.yes = try_read(message, ops); });
  if (outcome.yes || !outcome.why.is_ok() || inbound_.finished()) {
    read_outcome_ = nullptr;
    return reader_.complete_later();
  }
  exchange_->consumed(inbound_.earn());
}

HEDDLE_DECL void server_call::begin_write(void const* message, message_ops const& ops, write_options how,
                                          operation_outcome& outcome) {
  bool must_wait = false;
  outcome.why = status_of([&] {
    check_open();
    must_wait = send_message(message, ops, how);
  });
  if (!must_wait) return writer_.complete_later();
  write_outcome_ = &outcome;
  exchange_->notify_writable();
}

HEDDLE_DECL void server_call::cancel_read() {
  operation_outcome* const outcome = std::exchange(read_outcome_, nullptr);
  if (outcome == nullptr) return;
  outcome->why = cancelled("read()");
  reader_.complete_later();
}

HEDDLE_DECL void server_call::cancel_write() {
  operation_outcome* const outcome = std::exchange(write_outcome_, nullptr);
  if (outcome == nullptr) return;
  outcome->why = cancelled("write()");
  writer_.complete_later();
}

/// Puts what they waited for where those look that are about to be woken.
HEDDLE_DECL void server_call::fill_outcomes() {
  if (wake_reader_ && read_outcome_ != nullptr) {
    read_outcome_->why = status_of([this] { read_outcome_->yes = try_read(read_into_, *read_ops_); });
    wake_reader_ = read_outcome_->yes || !read_outcome_->why.is_ok() || inbound_.finished();
    if (wake_reader_) read_outcome_ = nullptr;
  }
  if (wake_writer_ && write_outcome_ != nullptr)
    std::exchange(write_outcome_, nullptr)->why = status_of([this] { check_open(); });
}

/// The call is over: what its handler left pending ends, after its handler has.
HEDDLE_DECL void server_call::end_operations() {
  bool const reads = read_outcome_ != nullptr, writes = write_outcome_ != nullptr;
  wake_reader_ = wake_writer_ = true;
  fill_outcomes();
  wake_reader_ = wake_writer_ = false;
  if (reads) reader_.complete_later();
  if (writes) writer_.complete_later();
}

HEDDLE_DECL asio::any_io_executor const& stream_operation::home() const noexcept {
  return call_->driver_->get_executor();
}
HEDDLE_DECL waiter& stream_operation::reader() noexcept { return call_->reader_; }
HEDDLE_DECL waiter& stream_operation::writer() noexcept { return call_->writer_; }
HEDDLE_DECL void stream_operation::begin_read(void* message, message_ops const& ops) {
  call_->begin_read(message, ops, outcome_);
}
HEDDLE_DECL void stream_operation::begin_write(void const* message, message_ops const& ops, write_options how) {
  call_->begin_write(message, ops, how, outcome_);
}
HEDDLE_DECL void stream_operation::cancel_read() {
  asio::dispatch(home(), [call = call_] { call->cancel_read(); });
}
HEDDLE_DECL void stream_operation::cancel_write() {
  asio::dispatch(home(), [call = call_] { call->cancel_write(); });
}

HEDDLE_DECL asio::any_io_executor const& send_headers_operation::home() const noexcept {
  return call_->driver_->get_executor();
}
HEDDLE_DECL void send_headers_operation::start() {
  why_ = call_->status_of([this] {
    call_->check_open();
    if (!call_->head_sent_) call_->send_head();
  });
  place_.complete_later();
}

// ---- the ways in for typed code

HEDDLE_DECL server_context& call_access::context(server_call& call) noexcept { return call.context_; }
HEDDLE_DECL void* call_access::single_request(server_call& call, message_ops const& ops) {
  return call.over_ ? nullptr : call.single_request(ops);
}
HEDDLE_DECL status call_access::request_error(server_call& call) { return call.answer_; }
HEDDLE_DECL status call_access::single_response(server_call& call, void const* message, message_ops const& ops) {
  if (!call.over_) call.send_message(message, ops, write_options());
  return {};
}
HEDDLE_DECL void* call_access::lent_reply(server_call& call, message_ops const& ops) noexcept {
  return std::exchange(call.reply_lent_, false) && call.reply_ops_ == &ops ? call.reply_message_ : nullptr;
}
HEDDLE_DECL status call_access::checked_error(status const& error) {
  return error.is_ok() ? status(status_code::internal, "the handler returned OK without a message") : error;
}
HEDDLE_DECL asio::any_io_executor const& call_access::executor(server_call const& call) noexcept {
  return call.driver_->get_executor();
}
HEDDLE_DECL void* call_access::room_for_stream(server_call& call) noexcept { return call.stream_; }
HEDDLE_DECL std::shared_ptr<server_call> call_access::share(server_call& call) { return call.shared_from_this(); }
HEDDLE_DECL asio::awaitable<bool> call_access::read(server_call& call, void* message, message_ops const& ops) {
  return call.read(message, ops);
}
HEDDLE_DECL bool call_access::try_read(server_call& call, void* message, message_ops const& ops) {
  return call.try_read(message, ops);
}
HEDDLE_DECL asio::awaitable<void> call_access::write(server_call& call, void const* message, message_ops const& ops,
                                                     write_options how) {
  return call.write(message, ops, how);
}

}  // namespace heddle::detail

namespace heddle {

HEDDLE_DECL method_descriptor const& server_context::method() const noexcept { return *call_.route_->method; }
HEDDLE_DECL std::string_view server_context::peer() const noexcept { return call_.driver_->peer(); }
HEDDLE_DECL std::shared_ptr<auth_info const> server_context::auth() const {
  return call_.driver_ != nullptr ? call_.driver_->auth() : nullptr;
}
HEDDLE_DECL std::string_view server_context::authority() const noexcept { return call_.request_->authority; }
HEDDLE_DECL metadata const& server_context::request_headers() const noexcept { return call_.request_->metadata; }
HEDDLE_DECL time_point server_context::deadline() const noexcept { return call_.until_; }
HEDDLE_DECL std::optional<duration> server_context::time_left() const noexcept {
  if (call_.until_ == never) return std::nullopt;
  return std::max(duration::zero(), call_.until_ - call_.clock_.now());
}
HEDDLE_DECL std::shared_ptr<call_scope> server_context::scope() {
  if (call_.scope_ == nullptr) {
    call_.scope_ = std::make_shared<call_scope>(call_.until_, call_.clock_);
    if (call_.over_) call_.scope_->end();
  }
  return call_.scope_;
}
HEDDLE_DECL bool server_context::cancelled() const noexcept { return call_.over_; }
HEDDLE_DECL metadata& server_context::headers() noexcept { return call_.response_.metadata; }
HEDDLE_DECL metadata& server_context::trailers() noexcept { return call_.trailers_; }
HEDDLE_DECL asio::awaitable<void> server_context::send_headers() { return call_.send_headers(); }
HEDDLE_DECL bool server_context::compression(std::string_view name) {
  return !call_.over_ && call_.compress_with(call_.shared_->options.compressors().get(name));
}
HEDDLE_DECL bool server_context::request_compressed() const noexcept { return call_.inbound_.compressed(); }
HEDDLE_DECL std::string_view server_context::request_encoding() const noexcept { return call_.request_->encoding; }
HEDDLE_DECL std::string_view server_context::content_subtype() const noexcept { return call_.request_->subtype; }
HEDDLE_DECL void* server_context::kept_reply(message_ops const& ops) {
  call_.reply_lent_ = true;
  return call_.recycled(call_.reply_message_, call_.reply_ops_, ops);
}

}  // namespace heddle
