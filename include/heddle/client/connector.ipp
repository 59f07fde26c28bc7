#pragma once

#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/connector.hpp>
#include <heddle/transport/tcp.hpp>

namespace heddle {

namespace detail {

class tcp_attempt final : public connection_attempt {
 public:
  tcp_attempt(connect_request const& request, connect_handler done)
      : state_(std::make_shared<state>(request, std::move(done))) {
    endpoint const& where = request.where();
    auto const address = transport::literal_address(where.address());
    if (!address) {
      asio::post(state_->socket.get_executor(), [s = state_] { s->end(asio::error::invalid_argument); });
      return;
    }
    state_->socket.async_connect(asio::ip::tcp::endpoint(*address, where.port()),
                                 [s = state_](error_code ec) { s->end(ec); });
  }
  ~tcp_attempt() override {
    state_->done = nullptr;
    error_code ignored;
    state_->socket.close(ignored);
  }

 private:
  struct state {
    state(connect_request const& request, connect_handler f)
        : where(request.where()), socket(request.get_executor()), done(std::move(f)) {}
    void end(error_code ec) {
      auto const told = std::exchange(done, nullptr);
      if (!told) return;
      if (!ec) return told(transport::make_tcp_stream(std::move(socket)));
      told(status(status_code::unavailable, "cannot connect to " + where.to_string() + ": " + ec.message(),
                  status_origin::transport));
    }
    endpoint const where;
    asio::ip::tcp::socket socket;
    connect_handler done;
  };
  std::shared_ptr<state> state_;
};

}  // namespace detail

HEDDLE_DECL std::unique_ptr<connection_attempt> connect_tcp(connect_request const& request, connect_handler done) {
  return std::make_unique<detail::tcp_attempt>(request, std::move(done));
}

}  // namespace heddle
