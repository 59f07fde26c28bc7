#pragma once

#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/connector.hpp>
#include <heddle/transport/socket_address.hpp>

namespace heddle {

namespace detail {

class socket_attempt final : public connection_attempt {
 public:
  socket_attempt(connect_request const& request, connect_handler done)
      : state_(std::make_shared<state>(request, std::move(done))) {
    auto& socket = state_->socket;
    error_code ec;
    auto const address = transport::to_socket_address(request.where(), ec);
    if (!ec) socket.open(address.protocol(), ec);
    if (!ec && request.on_open()) ec = request.on_open()(socket.native_handle(), request.where());
    if (ec)
      asio::post(socket.get_executor(), [s = state_, ec] { s->end(ec); });
    else
      socket.async_connect(address, [s = state_](error_code result) { s->end(result); });
  }
  ~socket_attempt() override {
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
      // A Unix socket whose server is behind with accepting says EAGAIN, which Asio takes for "in progress" and then
      // for connected.
      if (!ec && where.is_unix()) socket.remote_endpoint(ec);
      if (ec == asio::error::not_connected) ec = asio::error::try_again;
      if (!ec) return told(transport::make_socket_stream(std::move(socket)));
      told(status(status_code::unavailable, "cannot connect to " + where.to_string() + ": " + ec.message(),
                  status_origin::transport));
    }
    endpoint const where;
    transport::socket_protocol::socket socket;
    connect_handler done;
  };
  std::shared_ptr<state> state_;
};

}  // namespace detail

HEDDLE_DECL std::unique_ptr<connection_attempt> connect_socket(connect_request const& request, connect_handler done) {
  return std::make_unique<detail::socket_attempt>(request, std::move(done));
}

}  // namespace heddle
