#pragma once

#include <utility>

#include <heddle/client/attempt.hpp>
#include <heddle/rpc/codec.hpp>

namespace heddle::detail {

HEDDLE_DECL bool client_attempt::start(transport::http2_driver& driver, header_list const& head, receive_limit limit,
                                       std::optional<std::string_view> subtype) {
  reset();
  subtype_ = subtype;
  inbound_.reset(limit);
  exchange_ = driver.open(head, *this);
  if (exchange_ == nullptr) return false;
  driver_ = std::static_pointer_cast<transport::http2_driver>(driver.shared_from_this());
  over_ = false;
  meter_.begin(driver.channelz(), false);
  meter_.call();
  return true;
}

HEDDLE_DECL void client_attempt::count_sent(std::size_t n) {
  bytes_view rest(prepared_, n);
  message_reader reader(0xffff'ffff);
  reader.set_encoded(true);
  std::int64_t messages = 0;
  for (; reader.read(rest) == message_reader::outcome::message; ++messages) rest = rest.subspan(reader.wanted());
  meter_.sent(messages);
}

HEDDLE_DECL void client_attempt::end() noexcept {
  over_ = true;
  let_go();
}

HEDDLE_DECL void client_attempt::answer(bytes_view framed, bool more) {
  end();
  if (!more || !std::exchange(answered_, true)) inbound_.reset(0xffff'ffff);
  inbound_.lend(framed);
  inbound_.keep();
  if (!more) inbound_.end();
}

/// Without an exchange nobody tells us that a loan has ended.
HEDDLE_DECL void client_attempt::let_go() noexcept {
  inbound_.keep();
  meter_.end();
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->release();
}

HEDDLE_DECL void client_attempt::reset() noexcept {
  inbound_.discard();
  end();
  inbound_.shrink();
  answered_ = false;
  foreign_.clear();
  head_.clear();
  trailers_.clear();
  driver_.reset();
}

HEDDLE_DECL void client_attempt::on_head(header_list const& fields, bool end, bool too_large) {
  if (over_) return;
  if (too_large)
    return finish(status(status_code::resource_exhausted,
                         "the response headers are larger than channel_options::limits() allows, in "
                         "max_header_list_size or max_header_fields"));
  if (end)
    return finish_by_peer(protocol_.read_trailers(fields, head_, trailers_));  // Trailers-Only: trailers, not a head
  if (!recall_head(fields)) {
    status wrong = protocol_.read_response(fields, head_);
    if (head_.foreign) return foreign_.begin(std::move(wrong));
    if (!wrong.is_ok()) return finish(std::move(wrong));
    if (head_.metadata.empty() && head_.encoding.empty() && head_.accepted.empty()) {
      driver_->last_answer().head.remember(fields);
      driver_->last_answer().subtype = head_.subtype;
    }
  }
  // A bare application/grpc, which many servers send whatever they were asked in, says nothing.
  if (subtype_ && !head_.subtype.empty() && !same_subtype(head_.subtype, *subtype_))
    return finish(status(status_code::internal,
                         "the answer is application/grpc+" + head_.subtype + ", but application/grpc+" +
                             std::string(subtype_->empty() ? "proto" : *subtype_) + " was asked for",
                         status_origin::transport));
  if (!head_.encoding.empty()) {
    compressor const* const decoder = known_.find(head_.encoding);
    if (decoder == nullptr)
      return finish(
          status(status_code::internal,
                 "the answer has grpc-encoding " + head_.encoding + ", which is none of " + std::string(known_.names()),
                 status_origin::transport));
    inbound_.set_decoder(decoder);
  }
  user_.on_attempt_head();
}

HEDDLE_DECL bool client_attempt::recall_head(header_list const& fields) {
  transport::known_answer const& known = driver_->last_answer();
  if (!known.head.are(fields)) return false;
  head_.http_status = 200;
  head_.subtype = known.subtype;
  return true;
}

HEDDLE_DECL void client_attempt::on_body(bytes_view bytes, bool end) {
  if (over_) return consumed(bytes.size());
  if (foreign_) {
    consumed(bytes.size());
    if (foreign_.add(bytes) || end) finish_by_peer(foreign_.end());
    return;
  }
  inbound_.lend(bytes);
  if (inbound_.failed()) return finish(inbound_.error());
  if (end) return finish_by_peer(protocol_.missing_trailers(head_));
  user_.on_attempt_data();
}

HEDDLE_DECL void client_attempt::on_trailers(header_list const& fields, bool too_large) {
  if (over_) return;
  if (foreign_) return finish_by_peer(foreign_.end());
  if (too_large)
    return finish(status(status_code::resource_exhausted,
                         "the response trailers are larger than channel_options::limits() allows, in "
                         "max_header_list_size or max_header_fields"));
  transport::known_fields& known = driver_->last_answer().end;
  if (known.are(fields)) return finish_by_peer(status());
  status s = protocol_.read_trailers(fields, head_, trailers_);
  if (s.is_ok() && trailers_.empty()) known.remember(fields);
  finish_by_peer(std::move(s));
}

HEDDLE_DECL void client_attempt::on_abort(rpc::exchange_abort const& why) {
  if (why.connection_lost) let_go();
  if (over_) return;
  if (foreign_) return finish_by_peer(foreign_.end());
  over_ = true;
  inbound_.end();
  user_.on_attempt_end(why.status, why.unsent        ? attempt_reach::nowhere
                                   : why.unprocessed ? attempt_reach::library
                                                     : attempt_reach::application);
}

HEDDLE_DECL void client_attempt::finish_by_peer(status s) {
  meter_.answered(s.is_ok());
  finish(std::move(s));
}

HEDDLE_DECL void client_attempt::finish(status s) {
  over_ = true;
  inbound_.end();
  user_.on_attempt_end(s, attempt_reach::application);
}

}  // namespace heddle::detail
