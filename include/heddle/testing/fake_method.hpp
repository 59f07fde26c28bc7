// One method of a generated fake: what it answers, and how it was called.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/server/service.hpp>
#include <heddle/transport/clock.hpp>

namespace heddle {

namespace detail {

/// What the four kinds share. Not thread-safe: scripted and asked where the fake is served, or while nothing is. A call
/// that runs keeps the script that it began with.
template <class Request, class Answer, class... Arguments>
class fake_method {
 public:
  /// The signature of the generated handler.
  using handler = std::function<reply<Answer>(server_context&, Arguments&...)>;

  fake_method() {}
  fake_method(fake_method const&) = delete;
  fake_method& operator=(fake_method const&) = delete;

  /// Every call from now on is served by `f`, a coroutine as one would write in a service. Empty: UNIMPLEMENTED.
  fake_method& operator=(handler f) {
    handler_ = f ? std::make_shared<handler const>(std::move(f)) : nullptr;
    return *this;
  }
  /// Every call from now on ends with `s`, which is not OK.
  void fails(status s) {
    *this = [s = std::move(s)](server_context&, Arguments&...) -> reply<Answer> { co_return s; };
  }
  /// The next call without such a status ends with `s`; the script is for the calls after it.
  void fails_once(status s) { failures_.push_back(std::move(s)); }
  /// Every call from now on waits before it does anything else. `time` outlives the calls. Zero: no more.
  void delays(clock& time, duration d) noexcept {
    clock_ = &time;
    delay_ = d;
  }

  /// How many calls have come.
  std::size_t calls() const noexcept { return headers_.size(); }
  /// The request metadata of each call.
  std::vector<metadata> const& headers() const noexcept { return headers_; }
  /// The request messages of all calls. A stream's messages are here when returns() reads them; what a handler of the
  /// test reads, it can keep by itself.
  std::vector<Request> const& requests() const noexcept { return requests_; }

 protected:
  void record(Request const& request) { requests_.push_back(request); }

  /// For client streams: all that the client sends.
  template <class Stream>
  asio::awaitable<void> record_all(Stream& stream) {
    Request message;
    while (co_await stream.read(message)) record(message);
  }
  /// For server streams.
  template <class Stream, class Response>
  static asio::awaitable<status> write_all(Stream& stream, std::vector<Response> const& all, status const& end) {
    for (Response const& each : all) co_await stream.write(each);
    co_return end;
  }

  reply<Answer> serve(server_context& context, Arguments&... arguments) {
    headers_.push_back(context.request_headers());
    auto const script = handler_;
    status failure;
    if (!failures_.empty()) {
      failure = std::move(failures_.front());
      failures_.pop_front();
    }
    if (delay_ > duration::zero()) co_await clock_->sleep_for(delay_);
    if (!failure.is_ok()) co_return failure;
    if (script == nullptr) co_return co_await unimplemented<Answer>(context);
    co_return co_await (*script)(context, arguments...);
  }

 private:
  std::shared_ptr<handler const> handler_;
  std::deque<status> failures_;
  clock* clock_ = nullptr;
  duration delay_ = duration::zero();
  std::vector<metadata> headers_;
  std::vector<Request> requests_;
};

}  // namespace detail

namespace testing {

template <class Request, class Response>
class fake_unary : public heddle::detail::fake_method<Request, Response, Request> {
  using base = heddle::detail::fake_method<Request, Response, Request>;

 public:
  using base::operator=;
  /// Every call from now on is answered with `response`.
  void returns(Response response) {
    *this = [r = std::move(response)](server_context&, Request&) -> reply<Response> { co_return r; };
  }

  reply<Response> heddle_serve_(server_context& context, Request& request) {
    this->record(request);
    return this->serve(context, request);
  }
};

template <class Request, class Response>
class fake_server_streaming : public heddle::detail::fake_method<Request, void, Request, writer<Response>> {
  using base = heddle::detail::fake_method<Request, void, Request, writer<Response>>;

 public:
  using base::operator=;
  /// Every call from now on gets these messages, then `end`.
  void returns(std::vector<Response> messages, status end = ok) {
    *this = [all = std::move(messages), end = std::move(end)](server_context&, Request&,
                                                              writer<Response>& out) -> reply<void> {
      co_return co_await base::write_all(out, all, end);
    };
  }

  reply<void> heddle_serve_(server_context& context, Request& request, writer<Response>& out) {
    this->record(request);
    return this->serve(context, request, out);
  }
};

template <class Request, class Response>
class fake_client_streaming : public heddle::detail::fake_method<Request, Response, reader<Request>> {
  using base = heddle::detail::fake_method<Request, Response, reader<Request>>;

 public:
  using base::operator=;
  /// Every call from now on is read to its end and answered with `response`.
  void returns(Response response) {
    *this = [this, r = std::move(response)](server_context&, reader<Request>& in) -> reply<Response> {
      co_await this->record_all(in);
      co_return r;
    };
  }

  reply<Response> heddle_serve_(server_context& context, reader<Request>& in) { return this->serve(context, in); }
};

template <class Request, class Response>
class fake_bidi_streaming : public heddle::detail::fake_method<Request, void, stream<Request, Response>> {
  using base = heddle::detail::fake_method<Request, void, stream<Request, Response>>;

 public:
  using base::operator=;
  /// Every call from now on is read to its end, then gets these messages and `end`.
  void returns(std::vector<Response> messages, status end = ok) {
    *this = [this, all = std::move(messages), end = std::move(end)](server_context&,
                                                                    stream<Request, Response>& both) -> reply<void> {
      co_await this->record_all(both);
      co_return co_await base::write_all(both, all, end);
    };
  }

  reply<void> heddle_serve_(server_context& context, stream<Request, Response>& both) {
    return this->serve(context, both);
  }
};

}  // namespace testing

}  // namespace heddle
