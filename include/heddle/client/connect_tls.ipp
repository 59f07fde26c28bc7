#pragma once

#include <memory>
#include <utility>

#include <heddle/client/connect_tls.hpp>
#include <heddle/transport/host_port.hpp>
#include <heddle/transport/tls_stream.hpp>

namespace heddle {

namespace detail {

/// What all attempts of one connector share.
struct tls_connector_state {
  tls_connector_state(tls_context_source c, tls_client_options o) : contexts(std::move(c)), options(std::move(o)) {
    if (options.resume()) sessions = std::make_shared<transport::tls_sessions>();
  }
  tls_context_source const contexts;
  tls_client_options const options;
  std::shared_ptr<transport::tls_sessions> sessions;
};

class tls_attempt final : public connection_attempt {
 public:
  tls_attempt(std::shared_ptr<tls_connector_state const> shared, connect_request const& request, connect_handler done)
      : state_(std::make_shared<state>(std::move(shared), request, std::move(done))) {
    state_->below = state_->shared->options.over()(
        request, [s = std::weak_ptr<state>(state_)](result<std::unique_ptr<byte_stream>> stream) {
          if (auto const alive = s.lock()) alive->connected(std::move(stream));
        });
  }

 private:
  // Owned by the attempt alone, so that nothing is called once that is gone.
  struct state : std::enable_shared_from_this<state> {
    state(std::shared_ptr<tls_connector_state const> c, connect_request const& r, connect_handler f)
        : shared(std::move(c)), request(r), done(std::move(f)) {}

    std::string server_name() const {
      if (!shared->options.server_name().empty()) return shared->options.server_name();
      auto const parsed = transport::parse_host_port(request.authority());
      std::string host = parsed ? parsed->host : std::string();
      if (host.ends_with('.')) host.pop_back();  // the root of DNS is not part of names in certificates
      return host;
    }
    void connected(result<std::unique_ptr<byte_stream>> connection) {
      below.reset();
      if (connection.has_error()) return done(connection.error());
      stream = std::make_unique<transport::tls_stream>(std::move(*connection), shared->contexts, server_name(),
                                                       shared->options.verify_server(), shared->sessions);
      std::weak_ptr<state> const self = weak_from_this();
      timeout = request.get_clock().make_timer(request.get_executor());
      timeout->wait_until(after(request.get_clock().now(), shared->options.handshake_timeout()), [self] {
        if (auto const alive = self.lock())
          alive->end(status(status_code::unavailable, "no answer in time (tls_client_options::handshake_timeout())"));
      });
      stream->handshake([self](status const& s) {
        if (auto const alive = self.lock()) alive->end(s);
      });
    }
    void end(status s) {
      timeout.reset();
      if (s.is_ok() && shared->options.check_server()) s = shared->options.check_server()(*stream->auth());
      if (s.is_ok()) return done(std::unique_ptr<byte_stream>(std::move(stream)));
      stream.reset();
      s = status(status_code::unavailable,
                 "TLS to " + request.where().to_string() + " failed: " + std::string(s.message()),
                 status_origin::transport);
      done(std::move(s));
    }

    std::shared_ptr<tls_connector_state const> const shared;
    connect_request const request;
    connect_handler done;
    std::unique_ptr<connection_attempt> below;
    std::unique_ptr<transport::tls_stream> stream;
    std::unique_ptr<timer> timeout;
  };
  std::shared_ptr<state> state_;
};

}  // namespace detail

HEDDLE_DECL connector connect_tls(tls_context_source contexts, tls_client_options options) {
  auto const shared = std::make_shared<detail::tls_connector_state const>(std::move(contexts), std::move(options));
  return [shared](connect_request const& request, connect_handler done) -> std::unique_ptr<connection_attempt> {
    return std::make_unique<detail::tls_attempt>(shared, request, std::move(done));
  };
}

}  // namespace heddle
