#pragma once

#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/connector.hpp>
#include <heddle/transport/tcp.hpp>

namespace heddle {

namespace detail {

class tcp_attempt final : public connection_attempt {
 public:
  tcp_attempt(endpoint const& where, asio::any_io_executor executor,
              std::function<void(error_code, std::unique_ptr<byte_stream>)> done)
      : state_(std::make_shared<state>(std::move(executor), std::move(done))) {
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
    state(asio::any_io_executor executor, std::function<void(error_code, std::unique_ptr<byte_stream>)> f)
        : socket(std::move(executor)), done(std::move(f)) {}
    void end(error_code ec) {
      auto const told = std::exchange(done, nullptr);
      if (told) told(ec, ec ? nullptr : transport::make_tcp_stream(std::move(socket)));
    }
    asio::ip::tcp::socket socket;
    std::function<void(error_code, std::unique_ptr<byte_stream>)> done;
  };
  std::shared_ptr<state> state_;
};

}  // namespace detail

HEDDLE_DECL std::unique_ptr<connection_attempt> connect_tcp(
    endpoint const& where, asio::any_io_executor executor,
    std::function<void(error_code, std::unique_ptr<byte_stream>)> done) {
  return std::make_unique<detail::tcp_attempt>(where, std::move(executor), std::move(done));
}

}  // namespace heddle
