// What a caller may say about one call, and what it may learn of it.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>
#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/message_framing.hpp>

namespace heddle {

class call_scope;

/// A server_context, which clients know nothing of.
template <class Context>
concept call_parent = requires(Context& context) {
  { context.scope() } -> std::convertible_to<std::shared_ptr<call_scope>>;
};

/// What came with a unary answer beside the message. Filled when the call has ended, also when it failed.
class call_info {
 public:
  call_info() {}
  metadata const& headers() const noexcept { return headers_; }
  metadata const& trailers() const noexcept { return trailers_; }
  heddle::status const& status() const noexcept { return status_; }
  /// Of the server, as a target: "ipv4:192.0.2.7:50051"; empty when no connection was found.
  std::string const& peer() const noexcept { return peer_; }
  /// The answer came compressed.
  bool response_compressed() const noexcept { return response_compressed_; }

  void assign(metadata const& headers, metadata const& trailers, heddle::status const& s, std::string_view peer,
              bool response_compressed) {
    headers_ = headers;
    trailers_ = trailers;
    status_ = s;
    peer_ = peer;
    response_compressed_ = response_compressed;
  }

 private:
  metadata headers_, trailers_;
  heddle::status status_;
  std::string peer_;
  bool response_compressed_ = false;
};

/// Fluent: `call_options().timeout(5s).header("tenant", "a")`. What is not set comes from the channel.
class call_options {
 public:
  call_options() noexcept {}

  /// From now; the call ends with DEADLINE_EXCEEDED then, wherever it is. Default: no deadline.
  call_options& timeout(duration d) & noexcept {
    timeout_ = d;
    return *this;
  }
  call_options&& timeout(duration d) && noexcept { return std::move(timeout(d)); }

  /// Makes it a call on behalf of the one whose handler has `context`, a server_context: it ends with DEADLINE_EXCEEDED
  /// when that one's deadline passes, should timeout() not come first, and with CANCELLED when that one is over,
  /// because its client cancelled it or because its handler has returned. Not needed for cancellation alone where the
  /// handler awaits the call, since a handler that is cancelled cancels what it waits for.
  template <call_parent Context>
  call_options& parent(Context& context) & {
    parent_ = context.scope();
    return *this;
  }
  template <call_parent Context>
  call_options&& parent(Context& context) && {
    return std::move(parent(context));
  }

  /// Adds request metadata. Throws std::invalid_argument for keys and values that gRPC does not allow.
  call_options& header(std::string_view key, std::string_view value) & {
    headers_.add(key, value);
    return *this;
  }
  call_options&& header(std::string_view key, std::string_view value) && { return std::move(header(key, value)); }

  /// The request metadata as a whole, in place of what was there: for calls that are passed on.
  call_options& headers(metadata all) & noexcept {
    headers_ = std::move(all);
    return *this;
  }
  call_options&& headers(metadata all) && noexcept { return std::move(headers(std::move(all))); }

  /// Wait for a connection as long as the deadline allows, instead of failing with UNAVAILABLE when the last attempt to
  /// connect failed. Default: false.
  call_options& wait_for_ready(bool wait) & noexcept {
    wait_for_ready_ = wait;
    return *this;
  }
  call_options&& wait_for_ready(bool wait) && noexcept { return std::move(wait_for_ready(wait)); }

  /// The largest message to accept, in bytes; beyond it the call ends with RESOURCE_EXHAUSTED.
  call_options& max_receive_message_size(std::size_t bytes) & noexcept {
    max_receive_ = bytes;
    return *this;
  }
  call_options&& max_receive_message_size(std::size_t bytes) && noexcept {
    return std::move(max_receive_message_size(bytes));
  }
  /// The largest message to send, in bytes; at most 4 GiB - 1.
  call_options& max_send_message_size(std::size_t bytes) & noexcept {
    max_send_ = std::min(bytes, max_framed_message_size);
    return *this;
  }
  call_options&& max_send_message_size(std::size_t bytes) && noexcept {
    return std::move(max_send_message_size(bytes));
  }

  /// What this call's requests are compressed with: the name of one of channel_options::compressors(), or "identity"
  /// for not at all; the call ends with INTERNAL when it is another. Default: as the channel says.
  call_options& compression(std::string_view name) & {
    compression_.emplace(name);
    return *this;
  }
  call_options&& compression(std::string_view name) && { return std::move(compression(name)); }

  /// The form of this call's messages instead of protobuf's own: json() of <heddle/rpc/json.hpp>. The answer must have
  /// it, too, else the call ends with INTERNAL. Null: protobuf's own. Default: as the channel says.
  call_options& codec(std::shared_ptr<heddle::codec const> c) & noexcept {
    codec_ = std::move(c);
    return *this;
  }
  call_options&& codec(std::shared_ptr<heddle::codec const> c) && noexcept { return std::move(codec(std::move(c))); }
  /// For calls whose messages are raw_message: what follows `application/grpc+` in the request's content-type, since
  /// these bytes may have any form, as may the answer's. The call ends with INTERNAL when its messages are others.
  /// Default: none.
  call_options& content_subtype(std::string_view text) & {
    content_subtype_ = text;
    return *this;
  }
  call_options&& content_subtype(std::string_view text) && { return std::move(content_subtype(text)); }

  /// Unary calls: where to put headers, trailers and peer. `into` must live until the call has ended.
  call_options& info(call_info& into) & noexcept {
    info_ = &into;
    return *this;
  }
  call_options&& info(call_info& into) && noexcept { return std::move(info(into)); }

  std::optional<duration> timeout() const noexcept { return timeout_; }
  std::shared_ptr<call_scope> const& parent() const noexcept { return parent_; }
  metadata const& headers() const noexcept { return headers_; }
  bool wait_for_ready() const noexcept { return wait_for_ready_; }
  std::optional<std::size_t> max_receive_message_size() const noexcept { return max_receive_; }
  std::optional<std::size_t> max_send_message_size() const noexcept { return max_send_; }
  std::optional<std::string> const& compression() const noexcept { return compression_; }
  std::optional<std::shared_ptr<heddle::codec const>> const& codec() const noexcept { return codec_; }
  std::string const& content_subtype() const noexcept { return content_subtype_; }
  call_info* info() const noexcept { return info_; }

 private:
  metadata headers_;
  std::optional<duration> timeout_;
  std::optional<std::size_t> max_receive_, max_send_;
  std::optional<std::string> compression_;
  std::shared_ptr<call_scope> parent_;
  std::optional<std::shared_ptr<heddle::codec const>> codec_;
  std::string content_subtype_;
  call_info* info_ = nullptr;
  bool wait_for_ready_ = false;
};

}  // namespace heddle
