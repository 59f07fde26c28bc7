// A world whose channel and server speak TLS over the memory streams.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <heddle/tls.hpp>

#include "support/certificates.hpp"
#include "support/lab.hpp"

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
    s.serving.single_threaded(true).use_clock(&clock);
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

}  // namespace heddle::test
