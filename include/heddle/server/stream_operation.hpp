// One operation of a handler on its call that was given a completion token: what does not depend on the messages.
#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/rpc/message_ops.hpp>
#include <heddle/rpc/write_options.hpp>
#include <heddle/transport/operation.hpp>

namespace heddle::detail {

class server_call;

/// Shares the call: when its handler ends, what the handler left pending ends with CANCELLED.
class stream_operation {
 public:
  explicit stream_operation(std::shared_ptr<server_call> call) noexcept : call_(std::move(call)) {}
  asio::any_io_executor const& home() const noexcept;

 protected:
  waiter& reader() noexcept;
  waiter& writer() noexcept;
  void begin_read(void* message, message_ops const& ops);
  void begin_write(void const* message, message_ops const& ops, write_options how);
  void cancel_read();
  void cancel_write();
  operation_outcome outcome_;

 private:
  std::shared_ptr<server_call> call_;
};

template <class Request>
class stream_read_operation : public stream_operation {
 public:
  using stream_operation::stream_operation;
  waiter& place() noexcept { return reader(); }
  void start() { begin_read(&*message_, *ops_of<Request>); }
  void cancel() { cancel_read(); }
  std::tuple<status, std::optional<Request>> take() {
    if (!outcome_.yes) message_.reset();
    return {std::move(outcome_.why), std::move(message_)};
  }

 private:
  std::optional<Request> message_{std::in_place};
};

template <class Request>
class stream_read_into_operation : public stream_operation {
 public:
  stream_read_into_operation(std::shared_ptr<server_call> call, Request* message) noexcept
      : stream_operation(std::move(call)), message_(message) {}
  waiter& place() noexcept { return reader(); }
  void start() { begin_read(message_, *ops_of<Request>); }
  void cancel() { cancel_read(); }
  std::tuple<status, bool> take() { return {std::move(outcome_.why), outcome_.yes}; }

 private:
  Request* message_;
};

template <class Response>
class stream_write_operation : public stream_operation {
 public:
  stream_write_operation(std::shared_ptr<server_call> call, Response message, write_options how)
      : stream_operation(std::move(call)), message_(std::move(message)), how_(how) {}
  waiter& place() noexcept { return writer(); }
  void start() { begin_write(&message_, *ops_of<Response>, how_); }
  void cancel() { cancel_write(); }
  std::tuple<status> take() { return {std::move(outcome_.why)}; }

 private:
  Response message_;
  write_options const how_;
};

/// Sends the headers at once, and says so later.
class send_headers_operation {
 public:
  explicit send_headers_operation(std::shared_ptr<server_call> call) noexcept : call_(std::move(call)) {}
  waiter& place() noexcept { return place_; }
  asio::any_io_executor const& home() const noexcept;
  void start();
  void cancel() const noexcept {}  // it is too late
  std::tuple<status> take() { return {std::move(why_)}; }

 private:
  std::shared_ptr<server_call> call_;
  status why_;
  waiter place_;  // for a moment: nobody else knows when the headers have left
};

}  // namespace heddle::detail
