#pragma once

#include <heddle/rpc/header_limit.hpp>
#include <heddle/transport/http2_driver.hpp>
#include <heddle/transport/http2_exchange.hpp>

namespace heddle::transport {

// A peer that gets more fields than it takes may end the connection, with everybody's calls on it.
HEDDLE_DECL bool http2_exchange::fits(header_list const& fields) const noexcept {
  std::size_t const most = driver_.header_limit();
  return most == 0xffff'ffff || fields.list_size() <= most;
}

HEDDLE_DECL void http2_exchange::send_head(header_list const& fields) {
  if (fits(fields) || fields.get(header_name::status) != "200") {
    driver_.connection_.send_headers(*stream_, fields, false);
  } else {
    send_head_and_end(fields);
    rpc::exchange_abort abort;
    abort.status = status(status_code::resource_exhausted, "the response headers are larger than the client takes");
    events_->on_abort(abort);
  }
  driver_.flush_soon();
}

HEDDLE_DECL void http2_exchange::send_head_and_end(header_list const& fields) {
  if (fits(fields))
    driver_.connection_.send_headers(*stream_, fields, true);
  else
    driver_.connection_.send_headers(*stream_, rpc::reduced_answer(fields, driver_.header_limit()), true);
  driver_.flush_soon();
}

HEDDLE_DECL std::uint8_t* http2_exchange::prepare(std::size_t n) {
  return driver_.connection_.prepare_data(*stream_, n);
}

HEDDLE_DECL bool http2_exchange::commit(std::size_t n) {
  driver_.connection_.commit_data(*stream_, n);
  driver_.flush_soon();
  return driver_.connection_.should_wait(*stream_);
}

HEDDLE_DECL void http2_exchange::send_end() {
  driver_.connection_.end_data(*stream_);
  driver_.flush_soon();
}

HEDDLE_DECL void http2_exchange::send_trailers(header_list const& fields) {
  if (fits(fields))
    driver_.connection_.send_trailers(*stream_, fields);
  else
    driver_.connection_.send_trailers(*stream_, rpc::reduced_answer(fields, driver_.header_limit()));
  driver_.flush_soon();
}

HEDDLE_DECL void http2_exchange::cancel() {
  driver_.connection_.reset(*stream_, http2::error_code::cancel);
  driver_.flush_soon();
}

HEDDLE_DECL void http2_exchange::consumed(std::size_t n) {
  driver_.connection_.consume(*stream_, n);
  driver_.flush_soon();
}

HEDDLE_DECL bool http2_exchange::should_wait() const { return driver_.connection_.should_wait(*stream_); }

HEDDLE_DECL void http2_exchange::notify_writable() { driver_.connection_.notify_writable(*stream_); }

HEDDLE_DECL bool http2_exchange::is_held_back() const { return driver_.connection_.is_held_back(*stream_); }

HEDDLE_DECL void http2_exchange::release() {
  http2::stream& s = *stream_;
  driver_.recycle(*this);
  driver_.connection_.release(s);
  driver_.flush_soon();
}

}  // namespace heddle::transport
