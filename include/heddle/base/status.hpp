// The status of a call: what every RPC ends with.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/base/status_code.hpp>

namespace heddle {

/// Who made a status: this process, the peer (it came in the trailers), or the transport in between (a reset, a lost
/// connection, an HTTP error). Only `peer` is the word of the application at the other end.
enum class status_origin : std::uint8_t { local, peer, transport };

/// One entry of google.rpc.Status.details: a serialised message and the URL of its type (google.protobuf.Any).
class status_detail {
 public:
  status_detail() noexcept {}
  status_detail(std::string type_url, std::string value) noexcept
      : type_url_(std::move(type_url)), value_(std::move(value)) {}

  std::string const& type_url() const noexcept { return type_url_; }
  std::string const& value() const noexcept { return value_; }
  /// What follows the last '/' of the URL: `google.rpc.ErrorInfo`.
  std::string_view type_name() const noexcept {
    std::string_view const url(type_url_);
    return url.substr(url.rfind('/') + 1);  // npos + 1 is 0
  }

  friend bool operator==(status_detail const&, status_detail const&) = default;

 private:
  std::string type_url_;
  std::string value_;
};

/// A code with a message, details and trailing metadata; one pointer wide. An OK status is a null pointer: it costs
/// nothing and carries nothing, so a message given with status_code::ok is dropped and modifiers leave it as it is.
/// Copies share their content (copy-on-write), and may be used and destroyed on different threads.
class [[nodiscard]] status {
 public:
  /// OK.
  constexpr status() noexcept = default;
  explicit status(status_code code) : status(code, std::string()) {}
  status(status_code code, std::string message, status_origin origin = status_origin::local);

  constexpr status(status const& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->references.fetch_add(1, std::memory_order_relaxed);
  }
  constexpr status(status&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  constexpr status& operator=(status other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  constexpr ~status() {
    if (state_ != nullptr) release();
  }

  constexpr bool is_ok() const noexcept { return state_ == nullptr; }
  status_code code() const noexcept { return is_ok() ? status_code::ok : state_->code; }
  std::string_view message() const noexcept { return is_ok() ? std::string_view() : state_->message; }
  status_origin origin() const noexcept { return is_ok() ? status_origin::local : state_->origin; }
  std::vector<status_detail> const& details() const noexcept { return is_ok() ? none().details : state_->details; }
  /// The trailing metadata that came, or is to go, with a status that is not OK.
  metadata const& trailers() const noexcept { return is_ok() ? none().trailers : state_->trailers; }

  status& set_message(std::string message);
  status& set_origin(status_origin origin);
  status& set_trailers(metadata trailers);
  status& add_detail(std::string type_url, std::string value);

  /// Adds a protobuf message as a detail.
  template <class Message>
  status& add_detail(Message const& message) {
    return add_detail("type.googleapis.com/" + std::string(message.GetTypeName()), message.SerializeAsString());
  }

  /// The first detail of that protobuf type which can be parsed.
  template <class Message>
  std::optional<Message> detail() const {
    std::optional<Message> message(std::in_place);
    for (status_detail const& d : details())
      if (d.type_name() == message->GetTypeName() && message->ParseFromString(d.value())) return message;
    return std::nullopt;
  }

  /// Same code and message.
  friend bool operator==(status const& a, status const& b) noexcept {
    return a.state_ == b.state_ || (a.code() == b.code() && a.message() == b.message());
  }

 private:
  struct state {
    std::atomic<std::uint32_t> references{1};
    status_code code = status_code::ok;
    status_origin origin = status_origin::local;
    std::string message;
    std::vector<status_detail> details;
    metadata trailers;
  };

  static state const& none() noexcept;
  state& unique();
  void release() noexcept {
    if (state_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete state_;
  }

  state* state_ = nullptr;
};

/// The OK status, for `co_return heddle::ok;`.
inline constexpr status ok;

/// `NOT_FOUND: no such feature`; only the name of the code when there is no message.
std::string to_string(status const& s);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/status.ipp>
#endif
