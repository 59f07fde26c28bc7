#pragma once

#include <utility>

#include <heddle/server/call.ipp>
#include <heddle/server/router.ipp>
#include <heddle/server/session.hpp>

namespace heddle::detail {

HEDDLE_DECL server_session::server_session(std::shared_ptr<server_shared> shared, std::unique_ptr<byte_stream> stream,
                                           clock& c, duration max_age, std::function<void(server_session&)> on_end)
    : shared_(std::move(shared)),
      driver_(std::make_shared<transport::http2_driver>(
          http2::role::server, std::move(stream), shared_->options.limits(), c, shared_->options.handshake_timeout())),
      on_end_(std::move(on_end)) {
  if (shared_->channelz != nullptr) driver_->record(shared_->channelz);
  server_options const& o = shared_->options;
  duration const silence = std::max(o.keepalive_time(), transport::min_server_keepalive_time);
  transport::keepalive const asking(silence, o.keepalive_timeout(), true);
  driver_->watch(asking, transport::connection_age(o.max_connection_idle(), max_age, o.max_connection_age_grace()));
  shutdown_service::of(driver_->get_executor()).add(*this);
}

HEDDLE_DECL server_session::~server_session() {
  shutdown_service::of(driver_->get_executor()).remove(*this);
  driver_->detach();
  driver_->close(status(status_code::unavailable, "the server is gone"));
  for (auto const& call : calls_) call->orphan();
}

HEDDLE_DECL void server_session::start() {
  if (shared_->options.single_threaded())
    driver_->check_threads(std::shared_ptr<thread_check>(shared_, &shared_->check));
  driver_->start(*this);
}

HEDDLE_DECL rpc::exchange_events& server_session::on_request(transport::http2_exchange& exchange) {
  if (idle_.empty()) {
    calls_.push_back(std::make_shared<server_call>(*this));
    idle_.reserve(calls_.size());
    idle_.push_back(calls_.back().get());
  }
  server_call& call = *idle_.back();
  idle_.pop_back();
  call.begin(exchange);
  return call;
}

HEDDLE_DECL void server_session::abandon_calls() {
  status const why(status_code::unavailable,
                   "the server is shutting down, and has not waited any longer for this call");
  for (auto const& call : calls_) call->abandon(why);
  driver_->flush_soon();
}

HEDDLE_DECL void server_session::close() { driver_->close(status(status_code::unavailable, "the server has stopped")); }

HEDDLE_DECL void server_session::recycle(server_call& call) {
  if (!closed_) return idle_.push_back(&call);
  end_if_done();
}

HEDDLE_DECL void server_session::on_closed(status const&) {
  auto const keep = shared_from_this();
  closed_ = true;
  for (auto const& call : calls_) call->detach();
  end_if_done();
}

HEDDLE_DECL void server_session::end_if_done() {
  if (running_handlers() != 0) return;
  if (auto const told = std::exchange(on_end_, nullptr)) told(*this);
}

HEDDLE_DECL void server_session::on_context_shutdown() noexcept {
  auto const keep = weak_from_this().lock();
  for (auto const& call : calls_) call->drop_waiters();
}

}  // namespace heddle::detail
