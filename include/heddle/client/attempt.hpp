// One try of a call on one connection. Only attempts know exchanges; calls know attempts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <heddle/base/config.hpp>
#include <heddle/rpc/exchange.hpp>
#include <heddle/rpc/foreign_answer.hpp>
#include <heddle/rpc/inbound.hpp>
#include <heddle/rpc/wire_protocol.hpp>
#include <heddle/transport/http2_driver.hpp>

namespace heddle::detail {

/// How far a request has come for certain, or may have come: what decides about making it again (gRFC A6).
enum class attempt_reach : std::uint8_t {
  nowhere,      // it never left: it may be made again as often as it takes
  library,      // the server's application has not seen it: it may be made again once
  application,  // who knows
};

/// The call that made the attempt. Nothing is resumed in these.
class attempt_user {
 public:
  virtual void on_attempt_head() = 0;
  virtual void on_attempt_data() = 0;
  virtual void on_attempt_writable() = 0;
  /// The attempt is over.
  virtual void on_attempt_end(status const& s, attempt_reach reached) = 0;

 protected:
  ~attempt_user() = default;
};

class client_attempt final : public rpc::exchange_events {
 public:
  /// `known`: the encodings that an answer may have.
  client_attempt(attempt_user& user, rpc::wire_protocol const& protocol, compressor_list const& known) noexcept
      : user_(user), protocol_(protocol), known_(known) {}

  /// False when the connection has no room. `subtype`: what the answer's messages must be, "" for protobuf's own form;
  /// it must live as long as the attempt. Without: anything.
  bool start(transport::http2_driver& driver, header_list const& head, receive_limit limit,
             std::optional<std::string_view> subtype);
  bool active() const noexcept { return exchange_ != nullptr; }
  /// Room for `n` bytes, which are whole framed messages when they are committed.
  std::uint8_t* prepare(std::size_t n) { return prepared_ = exchange_->prepare(n); }
  void commit(std::size_t n) {
    if (meter_.on()) count_sent(n);
    exchange_->commit(n);
  }
  void send_end() { exchange_->send_end(); }
  bool should_wait() const { return exchange_->should_wait(); }
  void notify_writable() { exchange_->notify_writable(); }
  void consumed(std::size_t n) {
    if (exchange_ != nullptr) exchange_->consumed(n);
  }
  /// Takes the message at the front.
  void take() {
    meter_.received();
    if (std::size_t const earned = inbound_.pop(); earned != 0) consumed(earned);
  }
  /// Takes a framed message as if it had been received; the only one, unless `more`.
  void answer(bytes_view framed, bool more);
  /// Lets go of the exchange, cancelling what is open. What was received stays.
  void end() noexcept;
  /// Forgets everything, for the next try or the next call.
  void reset() noexcept;

  rpc::inbound& inbound() noexcept { return inbound_; }
  rpc::inbound const& inbound() const noexcept { return inbound_; }
  rpc::response_head const& head() const noexcept { return head_; }
  rpc::response_head& head() noexcept { return head_; }
  metadata const& trailers() const noexcept { return trailers_; }
  metadata& trailers() noexcept { return trailers_; }
  std::shared_ptr<transport::http2_driver> const& driver() const noexcept { return driver_; }

 private:
  HEDDLE_DECL void on_head(header_list const& fields, bool end, bool too_large) override;
  HEDDLE_DECL void on_body(bytes_view bytes, bool end) override;
  HEDDLE_DECL void on_trailers(header_list const& fields, bool too_large) override;
  HEDDLE_DECL void on_abort(rpc::exchange_abort const& why) override;
  void on_writable() override { user_.on_attempt_writable(); }
  std::size_t on_settled() override {
    inbound_.keep();
    return inbound_.missing();
  }
  void finish(status s);
  void finish_by_peer(status s);
  void let_go() noexcept;
  bool recall_head(header_list const& fields);
  void count_sent(std::size_t n);

  attempt_user& user_;
  rpc::wire_protocol const& protocol_;
  compressor_list const& known_;
  std::shared_ptr<transport::http2_driver> driver_;
  rpc::exchange* exchange_ = nullptr;
  std::uint8_t* prepared_ = nullptr;
  channelz_meter meter_;
  rpc::inbound inbound_;
  rpc::response_head head_;
  std::optional<std::string_view> subtype_;
  rpc::foreign_answer foreign_;
  metadata trailers_;
  bool over_ = true, answered_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/attempt.ipp>
#endif
