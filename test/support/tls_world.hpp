// A world whose channel and server speak TLS over the memory streams.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/tls.hpp>

#include "support/certificates.hpp"
#include "support/lab.hpp"
#include "support/raw_tls_peer.hpp"

namespace heddle::test {

/// What a test changes of the usual: a server with a certificate for server.test, a client that trusts its issuer.
struct tls_setup {
  std::shared_ptr<asio::ssl::context> server = server_context_of(certificates::get().server);
  std::shared_ptr<asio::ssl::context> client = client_context_for(certificates::get().ca);
  tls_client_options options = tls_client_options().server_name("server.test");
  memory_stream_options memory;
  server_options serving;
  channel_options calling;
};

class tls_world {
 public:
  explicit tls_world(tls_setup s = tls_setup())
      : filter(tls_server([this] { return server_context; })), server_context(s.server), memory_(s.memory) {
    s.serving.single_threaded(true).use_clock(clock);
    server.emplace(context, s.serving);
    server->add(service);
    calling_ = s.calling;
    connector = connect_tls(s.client, s.options.over(to_server()));
    reconnect();
  }

  /// A new channel with the old connector.
  void reconnect() {
    calling_.single_threaded(true).use_clock(clock).use_connector(connector);
    channel.emplace(context, "ipv4:192.0.2.1:50051", calling_);
  }
  /// Memory streams whose other ends our server serves.
  heddle::connector to_server() {
    auto const accept = [this](std::unique_ptr<byte_stream> stream) {
      ++connections;
      server->serve(filter(std::move(stream)));
    };
    return testing::connect_memory(context.get_executor(), accept, memory_);
  }
  lab::echo::client client() const { return lab::echo::client(*channel); }
  template <class F>
  task start(F f) {
    return task(context.get_executor(), std::move(f));
  }
  template <class F>
  void run(F f) {
    task const t = start(std::move(f));
    clock.settle();
    t.get();
  }
  /// What a unary call ends with.
  status call() {
    status end(status_code::unknown, "the call has not ended");
    task const t = start([&]() -> asio::awaitable<void> { end = co_await status_of(client().unary(text("?"))); });
    clock.settle();
    return end;
  }

  // The clock outlives what waits in the context.
  testing::manual_clock clock{context};
  scripted_echo service;
  asio::io_context context{1};
  std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)> filter;
  std::shared_ptr<asio::ssl::context> server_context;
  std::optional<heddle::server> server;
  std::optional<heddle::channel> channel;
  heddle::connector connector;
  int connections = 0;

 private:
  memory_stream_options const memory_;
  channel_options calling_;
};

/// A client of OpenSSL alone at the world's server.
inline raw_tls_peer raw_tls_client(tls_world& w, std::function<void(SSL_CTX*)> const& prepare = nullptr) {
  asio::any_io_executor const e = w.context.get_executor();
  auto ends = make_memory_streams(e, e, memory_stream_options().capacity(1 << 20));
  w.server->serve(w.filter(std::move(ends.second)));
  raw_tls_peer peer(std::move(ends.first), raw_tls_peer::role::client, prepare);
  w.clock.settle();
  return peer;
}

/// A channel of ours to servers that the test is itself.
class tls_caller {
 public:
  explicit tls_caller(tls_client_options options = tls_client_options().server_name("server.test"),
                      std::shared_ptr<asio::ssl::context> trusting = client_context_for(certificates::get().ca)) {
    asio::any_io_executor const e = context.get_executor();
    auto const accept = [this](std::unique_ptr<byte_stream> s) { streams.push_back(std::move(s)); };
    options.over(testing::connect_memory(e, accept, memory_stream_options().capacity(1 << 20)));
    channel_options calling;
    calling.single_threaded(true).use_clock(clock).use_connector(connect_tls(trusting, options));
    channel.emplace(context, "ipv4:192.0.2.1:50051", calling);
  }
  /// Begins a call, and is the server that it connects to.
  raw_tls_peer answer(std::function<void(SSL_CTX*)> const& prepare = nullptr) {
    begin();
    return raw_tls_peer(take(), raw_tls_peer::role::server, prepare);
  }
  std::unique_ptr<byte_stream> take() {
    REQUIRE(!streams.empty());
    auto stream = std::move(streams.back());
    streams.pop_back();
    return stream;
  }
  void begin() {
    call.emplace(context.get_executor(), [this]() -> asio::awaitable<void> {
      end = co_await status_of(lab::echo::client(*channel).unary(text("?")));
    });
    clock.settle();
  }

  testing::manual_clock clock{context};
  asio::io_context context{1};
  std::vector<std::unique_ptr<byte_stream>> streams;
  std::optional<heddle::channel> channel;
  std::optional<task> call;
  status end{status_code::unknown, "the call has not ended"};
};

}  // namespace heddle::test
