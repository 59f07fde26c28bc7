// One operation of a streaming call that was given a completion token: what does not depend on the messages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/rpc/write_options.hpp>
#include <heddle/transport/operation.hpp>

namespace heddle::detail {

class channel_core;
class client_call;

/// Shares the call: a call object that is destroyed meanwhile ends its operations with CANCELLED.
class call_operation {
 public:
  enum class kind : std::uint8_t { read, write, writes_done, headers, finish };

  call_operation(kind what, std::shared_ptr<channel_core> core, std::shared_ptr<client_call> call) noexcept
      : core_(std::move(core)), call_(std::move(call)), kind_(what) {}

  waiter& place() noexcept;
  asio::any_io_executor const& home() const noexcept;
  void cancel();

 protected:
  /// `object`: the message, or the metadata, to be read into or written; `how`: of a write.
  void begin(void* object, write_options how = write_options());
  operation_outcome outcome_;

 private:
  std::shared_ptr<channel_core> core_;
  std::shared_ptr<client_call> call_;
  kind const kind_;
  std::uint32_t number_ = 0;
};

template <class Response>
class read_operation : public call_operation {
 public:
  using call_operation::call_operation;
  void start() { begin(&*message_); }
  std::tuple<status, std::optional<Response>> take() {
    if (!outcome_.yes) message_.reset();
    return {std::move(outcome_.why), std::move(message_)};
  }

 private:
  std::optional<Response> message_{std::in_place};
};

template <class Response>
class read_into_operation : public call_operation {
 public:
  read_into_operation(kind what, std::shared_ptr<channel_core> core, std::shared_ptr<client_call> call,
                      Response* message) noexcept
      : call_operation(what, std::move(core), std::move(call)), message_(message) {}
  void start() { begin(message_); }
  std::tuple<status, bool> take() { return {std::move(outcome_.why), outcome_.yes}; }

 private:
  Response* message_;
};

template <class Request>
class write_operation : public call_operation {
 public:
  write_operation(kind what, std::shared_ptr<channel_core> core, std::shared_ptr<client_call> call, Request message,
                  write_options how)
      : call_operation(what, std::move(core), std::move(call)), message_(std::move(message)), how_(how) {}
  void start() { begin(&message_, how_); }
  std::tuple<status, bool> take() { return {std::move(outcome_.why), outcome_.yes}; }

 private:
  Request message_;
  write_options const how_;
};

class writes_done_operation : public call_operation {
 public:
  using call_operation::call_operation;
  void start() { begin(nullptr); }
  std::tuple<status> take() { return {std::move(outcome_.why)}; }
};

class headers_operation : public call_operation {
 public:
  using call_operation::call_operation;
  void start() { begin(&headers_); }
  std::tuple<status, metadata> take() { return {std::move(outcome_.why), std::move(headers_)}; }

 private:
  metadata headers_;
};

template <class Response>
class finish_operation : public call_operation {
 public:
  using call_operation::call_operation;
  void start() { begin(&response_); }
  std::tuple<status, Response> take() {
    if (!outcome_.why.is_ok()) return {std::move(outcome_.why), Response()};
    return {status(), std::move(response_)};
  }

 private:
  Response response_;
};

}  // namespace heddle::detail
