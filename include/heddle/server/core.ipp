#pragma once

#include <stdexcept>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/server/core.hpp>
#include <heddle/transport/tcp.hpp>

namespace heddle::detail {

HEDDLE_DECL server_core::server_core(asio::any_io_executor executor, server_options options)
    : shared_(std::make_shared<server_shared>()),
      base_(std::move(executor)),
      executor_(options.single_threaded() ? base_ : asio::any_io_executor(asio::make_strand(base_))),
      clock_(options.used_clock()),
      deadlines_(clock_, executor_) {
  shared_->encoder = options.compressors().get(options.compression());
  shared_->options = std::move(options);
  shared_->protocols.push_back(&rpc::grpc_protocol::instance());
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

HEDDLE_DECL endpoint server_core::listen(std::string_view address, listen_options options) {
  auto const fail = [address](error_code ec, std::string_view why = {}) {
    ec.assign(ec.value(), ec.category());  // without the place in Asio's sources, which would end up in the text
    throw boost::system::system_error(ec, "cannot listen on " + std::string(address) + std::string(why));
  };
  auto const parsed = transport::parse_host_port(address);
  if (!parsed) fail(asio::error::invalid_argument, ": " + std::string(parsed.error().message()));
  if (parsed->port.empty()) fail(asio::error::invalid_argument, ": the port is missing (0 stands for any free one)");
  std::string const host = parsed->host.empty() || parsed->host == "*" ? "::" : parsed->host;
  asio::ip::tcp::endpoint where;
  auto const port = static_cast<std::uint16_t>(std::stoul(parsed->port));
  error_code ec;
  if (auto const literal = transport::literal_address(host)) {
    where = {*literal, port};
  } else {  // blocks for the name, as opening a port does
    asio::ip::tcp::resolver resolver(base_);
    auto const found = resolver.resolve(host, parsed->port, asio::ip::tcp::resolver::passive, ec);
    if (ec) fail(ec);
    where = found.begin()->endpoint();
  }
  auto const l = std::make_shared<listener>(
      listener{asio::ip::tcp::acceptor(executor_), std::move(options), clock_.make_timer(executor_)});
  l->acceptor.open(where.protocol(), ec);
  if (!ec) l->acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) l->acceptor.bind(where, ec);
  if (!ec) l->acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) fail(ec);
  auto const bound = l->acceptor.local_endpoint();
  {
    std::lock_guard const lock(mutex_);
    listeners_.push_back(l);
  }
  asio::dispatch(executor_, [self = shared_from_this(), l] {
    if (self->stage_ == stage::running) self->accept(l);
  });
  return {bound.address().to_string(), bound.port()};
}

HEDDLE_DECL void server_core::accept(std::shared_ptr<listener> l) {
  auto& acceptor = l->acceptor;
  acceptor.async_accept(connection_executor(),
                        [self = weak_from_this(), l = std::move(l)](error_code ec, asio::ip::tcp::socket socket) {
                          if (auto const core = self.lock()) core->accepted(l, ec, std::move(socket));
                        });
}

HEDDLE_DECL void server_core::accepted(std::shared_ptr<listener> const& l, error_code ec,
                                       asio::ip::tcp::socket socket) {
  if (stage_ != stage::running || !l->acceptor.is_open()) return;
  if (!ec) {
    l->next_pause = std::chrono::milliseconds(100);
    auto stream = transport::make_tcp_stream(std::move(socket));
    add_session(l->options.filter() ? l->options.filter()(std::move(stream)) : std::move(stream));
    return accept(l);
  }
  if (ec == asio::error::operation_aborted) return;
  if (ec == asio::error::connection_aborted) return accept(l);
  // Out of descriptors or memory: trying again at once would spin (grpc++ 33656).
  l->pause->wait_until(after(clock_.now(), l->next_pause), [self = weak_from_this(), l] {
    auto const core = self.lock();
    if (core != nullptr && core->stage_ == stage::running) core->accept(l);
  });
  l->next_pause = std::min<duration>(l->next_pause * 2, std::chrono::seconds(1));
}

// ---- connections

HEDDLE_DECL void server_core::serve(std::unique_ptr<byte_stream> stream) {
  asio::dispatch(executor_, [self = shared_from_this(), s = std::shared_ptr<std::unique_ptr<byte_stream>>(
                                                            new std::unique_ptr<byte_stream>(std::move(stream)))] {
    if (self->stage_ <= stage::running) self->add_session(std::move(*s));
  });
}

HEDDLE_DECL void server_core::add_session(std::unique_ptr<byte_stream> stream) {
  auto const on_end = [self = weak_from_this(), executor = executor_](server_session& ended) {
    asio::dispatch(executor, [self, key = &ended] {
      if (auto const core = self.lock()) core->session_ended(*key);
    });
  };
  auto const session = std::make_shared<server_session>(shared_, std::move(stream), clock_, on_end);
  sessions_.emplace(session.get(), session);
  asio::dispatch(session->get_executor(), [session] { session->start(); });
}

HEDDLE_DECL void server_core::session_ended(server_session& session) {
  sessions_.erase(&session);
  if (stage_ >= stage::draining && sessions_.empty()) complete();
}

template <class F>
void server_core::for_sessions(F f) {
  auto const all = sessions_;  // one that ends at once takes itself out
  for (auto const& [key, session] : all)
    asio::dispatch(session->get_executor(), [session = session, f] { f(*session); });
}

// ---- running and ending

HEDDLE_DECL void server_core::begin(std::shared_ptr<server_wait> w) {
  auto const grace = w->grace;
  waits_.push_back(std::move(w));
  if (stage_ == stage::stopped) return complete();
  if (grace) return drain(*grace);
  if (stage_ != stage::idle) return;
  stage_ = stage::running;
  std::vector<std::shared_ptr<listener>> all;
  {
    std::lock_guard const lock(mutex_);
    all = listeners_;
  }
  for (auto const& l : all) accept(l);
}

HEDDLE_DECL void server_core::cancel(server_wait const& w) {
  if (w.is_run() && stage_ < stage::draining) return drain(shared_->options.grace());
  reset_calls();
}

HEDDLE_DECL void server_core::drain(duration grace) {
  if (stage_ >= stage::draining) return;
  stage_ = stage::draining;
  deadlines_.set_owner(weak_from_this());
  {
    std::lock_guard const lock(mutex_);
    for (auto const& l : listeners_) {
      error_code ignored;
      l->acceptor.close(ignored);
      l->pause->cancel();
    }
  }
  if (sessions_.empty()) return complete();
  for_sessions([](server_session& s) { s.drain(); });
  deadlines_.set(*this, after(clock_.now(), grace));
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
  sessions_.clear();
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
  asio::dispatch(executor_, [self = shared_from_this()] {
    if (self->stage_ == stage::stopped) return;
    self->drain(duration::zero());
    if (self->stage_ != stage::stopped) self->stop();
  });
}

}  // namespace heddle::detail
