#pragma once

#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/server/core.hpp>

namespace heddle::detail {

HEDDLE_DECL server_core::server_core(asio::any_io_executor executor, server_options options)
    : shared_(std::make_shared<server_shared>()),
      base_(std::move(executor)),
      executor_(options.single_threaded() ? base_ : asio::any_io_executor(asio::make_strand(base_))),
      clock_(options.used_clock()),
      deadlines_(clock_, executor_) {
  random_ = options.used_random();
  shared_->encoder = options.compressors().get(options.compression());
  shared_->options = std::move(options);
  shared_->protocols.push_back(&rpc::grpc_protocol::instance());
  if (auto const& registry = shared_->options.used_channelz())
    shared_->channelz = std::make_shared<channelz_node>(registry, channelz_kind::server, nullptr, "", clock_);
  shutdown_service::of(executor_).add(*this);
}

HEDDLE_DECL server_core::~server_core() {
  shutdown_service::of(executor_).remove(*this);
  deadlines_.stop();
}

HEDDLE_DECL void server_core::on_context_shutdown() noexcept {
  auto const waits = std::exchange(waits_, {});
  for (auto const& w : waits) w->done.drop();
}

HEDDLE_DECL asio::any_io_executor server_core::connection_executor() const {
  return shared_->options.single_threaded() ? base_ : asio::any_io_executor(asio::make_strand(base_));
}

// ---- ports

HEDDLE_DECL endpoint server_core::add_port(std::shared_ptr<listener> opened) {
  endpoint const where = opened->where();
  auto const p = std::make_shared<port>(port{std::move(opened), clock_.make_timer(executor_)});
  if (shared_->channelz != nullptr)
    p->channelz = std::make_shared<channelz_node>(shared_->channelz->registry(), channelz_kind::listener,
                                                  shared_->channelz, where.to_target(), clock_, where.to_target());
  {
    std::lock_guard const lock(mutex_);
    ports_.push_back(p);
  }
  asio::dispatch(executor_, [self = shared_from_this(), p] {
    if (self->stage_ == stage::running) self->accept(p);
    if (self->stage_ > stage::running) p->socket->close();
  });
  return where;
}

HEDDLE_DECL void server_core::accept(std::shared_ptr<port> p) {
  listener& socket = *p->socket;
  socket.accept(connection_executor(),
                [self = weak_from_this(), p = std::move(p)](error_code ec, listener::socket made) {
                  if (auto const core = self.lock()) core->accepted(p, ec, std::move(made));
                });
}

HEDDLE_DECL void server_core::accepted(std::shared_ptr<port> const& p, error_code ec, listener::socket socket) {
  if (stage_ != stage::running || !p->socket->is_open()) return;
  if (!ec) {
    p->next_pause = std::chrono::milliseconds(100);
    if (!refuse())
      if (auto stream = p->socket->admit(std::move(socket))) add_session(std::move(stream));
    return accept(p);
  }
  if (ec == asio::error::operation_aborted) return;
  if (ec == asio::error::connection_aborted) return accept(p);
  // Out of descriptors or memory: trying again at once would spin (grpc++ 33656).
  p->pause->wait_until(after(clock_.now(), p->next_pause), [self = weak_from_this(), p] {
    auto const core = self.lock();
    if (core != nullptr && core->stage_ == stage::running) core->accept(p);
  });
  p->next_pause = std::min<duration>(p->next_pause * 2, std::chrono::seconds(1));
}

// ---- connections

/// Whether there is no room for one more.
HEDDLE_DECL bool server_core::refuse() {
  if (sessions_.size() < shared_->options.max_connections()) return false;
  refused_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

HEDDLE_DECL void server_core::serve(std::unique_ptr<byte_stream> stream) {
  asio::dispatch(executor_, [self = shared_from_this(), s = std::shared_ptr<std::unique_ptr<byte_stream>>(
                                                            new std::unique_ptr<byte_stream>(std::move(stream)))] {
    if (self->stage_ <= stage::running && !self->refuse()) self->add_session(std::move(*s));
  });
}

HEDDLE_DECL void server_core::add_session(std::unique_ptr<byte_stream> stream) {
  auto const on_end = [self = weak_from_this(), executor = executor_](server_session& ended) {
    asio::dispatch(executor, [self, key = &ended] {
      if (auto const core = self.lock()) core->session_ended(*key);
    });
  };
  duration age = shared_->options.max_connection_age();
  if (age != infinite) {
    if (random_ == nullptr) random_ = std::make_shared<default_random>();
    age = transport::jittered_age(age, random_->uniform());
  }
  auto const session = std::make_shared<server_session>(shared_, std::move(stream), clock_, age, on_end);
  sessions_.emplace(session.get(), session);
  asio::dispatch(session->get_executor(), [session] { session->start(); });
}

HEDDLE_DECL void server_core::session_ended(server_session& session) {
  if (auto entry = sessions_.extract(&session)) let_go(std::move(entry.mapped()));
  if (stage_ >= stage::draining && sessions_.empty()) complete();
}

/// Its own strand may be in the middle of its calls, and has a round for them posted: destroyed there, after that.
HEDDLE_DECL void server_core::let_go(std::shared_ptr<server_session> session) {
  auto const executor = session->get_executor();
  asio::post(executor, [last = std::move(session)] {});
}

template <class F>
void server_core::for_sessions(F f) {
  auto const all = sessions_;  // one that ends at once takes itself out
  for (auto const& entry : all)
    asio::dispatch(entry.second->get_executor(), [session = entry.second, f] { f(*session); });
}

// ---- running and ending

HEDDLE_DECL void server_core::begin(std::shared_ptr<server_wait> w) {
  auto const grace = w->grace;
  waits_.push_back(std::move(w));
  if (stage_ == stage::stopped) return complete();
  if (grace) return drain(*grace);
  if (stage_ != stage::idle) return;
  stage_ = stage::running;
  std::vector<std::shared_ptr<port>> all;
  {
    std::lock_guard const lock(mutex_);
    all = ports_;
  }
  for (auto const& p : all) accept(p);
}

HEDDLE_DECL void server_core::cancel(server_wait& w) {
  if (w.is_run() && !std::exchange(w.was_cancelled, true)) return drain(shared_->options.grace());
  reset_calls();
}

HEDDLE_DECL void server_core::tell_services() {
  if (services_told_.exchange(true)) return;
  for (auto const& tell : shared_->on_drain) tell();
}

HEDDLE_DECL void server_core::drain(duration grace) {
  if (stage_ > stage::draining) return;
  time_point const until = after(clock_.now(), grace);
  if (stage_ == stage::draining) {  // whoever is in more of a hurry
    if (until < deadline()) deadlines_.set(*this, until);
    return;
  }
  stage_ = stage::draining;
  deadlines_.set_owner(weak_from_this());
  {
    std::lock_guard const lock(mutex_);
    for (auto const& p : ports_) {
      p->socket->close();
      p->pause->cancel();
      p->channelz.reset();
    }
  }
  tell_services();
  if (sessions_.empty()) return complete();
  // Posted, so that what services have just sent on its way (health: NOT_SERVING) goes before the GOAWAY.
  for (auto const& entry : sessions_)
    asio::post(entry.second->get_executor(), [session = entry.second] { session->drain(); });
  deadlines_.set(*this, until);
}

HEDDLE_DECL void server_core::on_deadline() {
  if (stage_ == stage::draining) return reset_calls();
  if (stage_ == stage::resetting) stop();
}

HEDDLE_DECL void server_core::reset_calls() {
  if (stage_ == stage::resetting || stage_ == stage::stopped) return;
  stage_ = stage::resetting;
  for_sessions([](server_session& s) { s.abandon_calls(); });
  deadlines_.set(*this, after(clock_.now(), std::chrono::milliseconds(900)));
}

/// Whoever is still here is left to himself: a handler that waits on something of its own can't be destroyed by us.
HEDDLE_DECL void server_core::stop() {
  for (auto const& [key, session] : sessions_) abandoned_ += session->running_handlers();
  for_sessions([](server_session& s) { s.close(); });
  for (auto& entry : std::exchange(sessions_, {})) let_go(std::move(entry.second));
  complete();
}

HEDDLE_DECL void server_core::complete() {
  stage_ = stage::stopped;
  deadlines_.remove(*this);
  deadlines_.stop();
  auto const waits = std::exchange(waits_, {});
  for (auto const& w : waits) {
    w->abandoned = abandoned_;
    w->done.complete_later();
  }
}

HEDDLE_DECL void server_core::stop_from_anywhere() {
  tell_services();
  asio::dispatch(executor_, [self = shared_from_this()] {
    if (self->stage_ == stage::stopped) return;
    self->drain(duration::zero());
    if (self->stage_ != stage::stopped) self->stop();
  });
}

}  // namespace heddle::detail
