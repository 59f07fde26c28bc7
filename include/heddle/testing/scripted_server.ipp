#pragma once

#include <stdexcept>

#include <boost/asio/post.hpp>

#include <heddle/testing/scripted_link.hpp>
#include <heddle/testing/scripted_server.hpp>

namespace heddle::testing {

struct scripted_server::state {
  state(asio::any_io_executor on, manners h, memory_stream_options o)
      : executor(std::move(on)), how(h), options(o), news(std::make_shared<heddle::detail::scripted_news>(executor)) {}

  asio::any_io_executor const executor;
  manners const how;
  memory_stream_options const options;
  std::shared_ptr<heddle::detail::scripted_news> const news;
  heddle::connector connect;
  status refusal;
  std::vector<scripted_peer> peers;
  std::size_t returned = 0;
};

HEDDLE_DECL scripted_server::scripted_server(asio::any_io_executor executor, manners how, memory_stream_options options)
    : state_(std::make_shared<state>(std::move(executor), how, options)) {
  auto const accept = [server = std::weak_ptr(state_)](std::unique_ptr<byte_stream> stream) {
    auto const s = server.lock();
    if (s == nullptr) return;
    s->peers.push_back(scripted_peer(http2::role::server, std::move(stream), s->how, s->news));
    s->news->tell();
  };
  state_->connect = connect_memory(state_->executor, accept, options);
}

HEDDLE_DECL heddle::connector scripted_server::connector() const {
  return [s = state_](connect_request const& request, connect_handler done) {
    if (s->refusal.is_ok()) return s->connect(request, std::move(done));
    return fail_to_connect(s->refusal)(request, std::move(done));
  };
}

HEDDLE_DECL void scripted_server::refuse_connections(status why) { state_->refusal = std::move(why); }

HEDDLE_DECL std::size_t scripted_server::connections() const noexcept { return state_->peers.size(); }

HEDDLE_DECL scripted_peer scripted_server::connection() const {
  if (state_->peers.empty()) throw std::runtime_error("nobody has connected to the test's server");
  return state_->peers.back();
}

HEDDLE_DECL asio::awaitable<scripted_peer> scripted_server::next_connection() {
  auto const s = state_;
  while (s->returned == s->peers.size()) co_await heddle::detail::scripted_news::wait(s->news);
  co_return s->peers[s->returned++];
}

HEDDLE_DECL asio::awaitable<served_call> scripted_server::next_call() {
  auto const s = state_;
  for (;;) {
    for (scripted_peer const& peer : s->peers) {
      std::optional<served_call> call = heddle::detail::scripted_connection::take_call(peer.connection_);
      if (call) co_return std::move(*call);
    }
    co_await heddle::detail::scripted_news::wait(s->news);
  }
}

HEDDLE_DECL scripted_peer scripted_client(server& to, asio::any_io_executor executor, manners how,
                                          memory_stream_options options) {
  auto ends = make_memory_streams(executor, executor, options);
  to.serve(std::move(ends.second));
  return scripted_peer(http2::role::client, std::move(ends.first), how);
}

}  // namespace heddle::testing
