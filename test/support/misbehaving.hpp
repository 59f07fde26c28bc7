// A channel of ours, and a server that breaks rules on purpose.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <heddle/testing/scripted_server.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

namespace heddle::test {

enum class kind { unary, download, upload, chat };
inline constexpr kind every_kind[] = {kind::unary, kind::download, kind::upload, kind::chat};
inline char const* to_string(kind k) {
  char const* const names[] = {"unary", "download", "upload", "chat"};
  return names[static_cast<int>(k)];
}
/// Its answer is one message, no more and no less.
inline bool wants_one(kind k) { return k == kind::unary || k == kind::upload; }

struct outcome {
  bool done = false;
  int messages = 0;
  status end;
};

/// One whole call of that kind, with one request.
inline asio::awaitable<void> make_call(lab::echo::client client, kind k, call_options options, outcome& o,
                                       Text request = text("question")) {
  try {
    if (k == kind::unary) {
      co_await client.unary(request, options);
      ++o.messages;
    } else if (k == kind::download) {
      auto call = client.download(request, options);
      Text message;
      while (co_await call.read(message)) ++o.messages;
    } else if (k == kind::upload) {
      auto call = client.upload(options);
      co_await call.write(request);
      co_await call.finish();
      ++o.messages;
    } else {
      auto call = client.chat(options);
      co_await call.write(request);
      co_await call.writes_done();
      Text message;
      while (co_await call.read(message)) ++o.messages;
    }
  } catch (rpc_error const& e) {
    o.end = e.status();
  }
  o.done = true;
}

inline header_list grpc_head(std::string_view http_status = "200", std::string_view type = "application/grpc") {
  return fields({{":status", http_status}, {"content-type", type}});
}
inline header_list grpc_trailers(std::string_view code = "0") { return fields({{"grpc-status", code}}); }

/// The test is the server; a call under test has a neighbour on its connection, which nothing may disturb.
class misbehaving_server {
 public:
  explicit misbehaving_server(testing::manners how = testing::manners::good, channel_options co = channel_options())
      : server(context, how) {
    co.single_threaded(true).use_clock(clock).use_connector(server.connector());
    channel.emplace(context, "ipv4:192.0.2.1:1", std::move(co));
  }
  /// Stream 1 on a new connection.
  void begin_neighbour() {
    start(kind::chat, neighbour);
    clock.settle();
  }
  void start(kind k, outcome& o, Text request = text("question")) {
    auto const options = call_options().timeout(60s);
    asio::co_spawn(context, make_call(lab::echo::client(*channel), k, options, o, std::move(request)), asio::detached);
  }
  testing::scripted_peer peer() const { return server.connection(); }

  /// It is served now as if nothing had been.
  void check_neighbour() {
    CHECK(!neighbour.done);
    testing::scripted_peer p = peer();
    p.send_headers(1, grpc_head());
    p.send(data(1, message_of(text("and you?"))));
    p.send_headers(1, grpc_trailers(), flag::end_stream);
    clock.settle();
    INFO("the neighbour: " << heddle::to_string(neighbour.end));
    CHECK(neighbour.done);
    CHECK(neighbour.end.is_ok());
    CHECK(neighbour.messages == 1);
  }

  asio::io_context context{1};
  testing::manual_clock clock{context};
  testing::scripted_server server;
  std::optional<heddle::channel> channel;
  outcome neighbour;
};

}  // namespace heddle::test
