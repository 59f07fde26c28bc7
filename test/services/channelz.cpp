#include <heddle/services/channelz.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <heddle/testing/scripted_server.hpp>
#include <heddle/transport/channelz_registry.hpp>

#include "grpc/channelz/v1/channelz.heddle.hpp"
#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;
namespace cz = grpc::channelz::v1;

namespace {

auto const both = {strands::none, strands::everywhere};

/// A server and a channel that are recorded, and a channel that asks and is not.
struct recorded {
  explicit recorded(strands s = strands::none)
      : w(s, server_options().channelz(records), channel_options().channelz(records)),
        asking(w.context, "ipv4:192.0.2.1:50051",
               channel_options().single_threaded(s == strands::none).use_clock(w.clock).use_connector(w.to_server())) {
    echo_everything(w.service);
    w.server->add(records);
  }

  /// One answer, or the status.
  template <class Response, class Call>
  Response get(Call call) {
    Response answer;
    auto const body = [&]() -> asio::awaitable<void> {
      auto const ask = [&]() -> asio::awaitable<void> { answer = co_await call(cz::channelz::client(asking)); };
      how = co_await status_of(ask());
    };
    w.run(body);
    return answer;
  }
  cz::GetServersResponse servers(std::int64_t first = 0, std::int64_t most = 0) {
    cz::GetServersRequest request;
    request.set_start_server_id(first);
    request.set_max_results(most);
    return get<cz::GetServersResponse>([request](cz::channelz::client c) { return c.get_servers(request); });
  }
  cz::GetServerSocketsResponse server_sockets(std::int64_t server, std::int64_t first = 0, std::int64_t most = 0) {
    cz::GetServerSocketsRequest request;
    request.set_server_id(server);
    request.set_start_socket_id(first);
    request.set_max_results(most);
    return get<cz::GetServerSocketsResponse>(
        [request](cz::channelz::client c) { return c.get_server_sockets(request); });
  }
  cz::Socket socket(std::int64_t id) {
    cz::GetSocketRequest request;
    request.set_socket_id(id);
    return get<cz::GetSocketResponse>([request](cz::channelz::client c) { return c.get_socket(request); }).socket();
  }
  cz::GetTopChannelsResponse channels(std::int64_t first = 0, std::int64_t most = 0) {
    cz::GetTopChannelsRequest request;
    request.set_start_channel_id(first);
    request.set_max_results(most);
    return get<cz::GetTopChannelsResponse>([request](cz::channelz::client c) { return c.get_top_channels(request); });
  }
  cz::Subchannel subchannel(std::int64_t id) {
    cz::GetSubchannelRequest request;
    request.set_subchannel_id(id);
    return get<cz::GetSubchannelResponse>([request](cz::channelz::client c) { return c.get_subchannel(request); })
        .subchannel();
  }

  /// Calls that end well, and one that does not.
  void call(int well, bool badly) {
    auto const body = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < well; ++i) {
        Text const question = text("?", 3);
        Text const answer = co_await w.client().unary(question);
        CHECK(answer.text() == "?");
      }
    };
    w.run(body);
    if (!badly) return;
    w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return status(status_code::not_found, "no"); };
    auto const wrong = [&]() -> asio::awaitable<void> {
      Text const question;
      status const end = co_await status_of(w.client().unary(question));
      CHECK(end.code() == status_code::not_found);
    };
    w.run(wrong);
    echo_everything(w.service);
  }
  void chat(int messages) {
    auto const body = [&, messages]() -> asio::awaitable<void> {
      auto call = w.client().chat();
      Text const one = text("one");
      for (int i = 0; i < messages; ++i) {
        co_await call.write(one);
        auto const echo = co_await call.read();
        CHECK(echo);
      }
      co_await call.writes_done();
      auto const end = co_await call.read();
      CHECK(!end);
    };
    w.run(body);
  }

  channelz records;
  world w;
  channel asking;
  status how;
};

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

TEST_CASE("channelz tells of servers: their calls, and when the last one began") {
  for (strands const s : both) {
    recorded r(s);
    r.call(3, true);
    r.w.clock.advance(100s);
    r.chat(2);
    r.w.clock.advance(50s);
    auto const all = r.servers();
    REQUIRE(r.how.is_ok());
    REQUIRE(all.server_size() == 1);
    CHECK(all.end());
    cz::ServerData const& data = all.server(0).data();
    CHECK(data.calls_started() == 6);  // and this very one
    CHECK(data.calls_succeeded() == 4);
    CHECK(data.calls_failed() == 1);
    CHECK(std::abs(now() - data.last_call_started_timestamp().seconds()) <= 5);

    cz::GetServerRequest request;
    request.set_server_id(all.server(0).ref().server_id());
    auto const one =
        r.get<cz::GetServerResponse>([request](cz::channelz::client c) { return c.get_server(request); }).server();
    CHECK(one.data().calls_started() == 7);
    CHECK(one.data().calls_succeeded() == 5);
  }
}

TEST_CASE("what ended connections did still counts for their server") {
  recorded r;
  r.call(3, true);
  r.w.channel.reset();
  r.w.clock.advance(5s);
  auto const all = r.servers();
  REQUIRE(all.server_size() == 1);
  CHECK(all.server(0).data().calls_succeeded() == 3);
  CHECK(all.server(0).data().calls_failed() == 1);
  CHECK(r.server_sockets(all.server(0).ref().server_id()).socket_ref_size() == 1);  // that of who asks
  CHECK(r.channels().channel_size() == 0);
}

TEST_CASE("channelz tells of a server's sockets: streams, messages, windows") {
  for (strands const s : both) {
    recorded r(s);
    r.call(2, true);
    r.chat(5);
    std::int64_t const server = r.servers().server(0).ref().server_id();
    auto const sockets = r.server_sockets(server);
    REQUIRE(sockets.socket_ref_size() == 2);
    CHECK(sockets.end());
    CHECK(sockets.socket_ref(0).name() == "memory");
    auto const socket = r.socket(sockets.socket_ref(0).socket_id());
    CHECK(socket.ref().socket_id() == sockets.socket_ref(0).socket_id());
    CHECK(socket.remote().other_address().name() == "memory");
    cz::SocketData const& data = socket.data();
    CHECK(data.streams_started() == 4);
    CHECK(data.streams_succeeded() == 4);
    CHECK(data.streams_failed() == 0);
    CHECK(data.messages_received() == 3 + 5);
    CHECK(data.messages_sent() == 2 + 5);
    CHECK(data.has_last_remote_stream_created_timestamp());
    CHECK(!data.has_last_local_stream_created_timestamp());
    CHECK(data.has_last_message_sent_timestamp());
    CHECK(data.has_last_message_received_timestamp());
    CHECK(data.local_flow_control_window().value() > 0);
    CHECK(data.remote_flow_control_window().value() >= 65535);
    CHECK(!socket.has_security());
  }
}

TEST_CASE("channelz tells of channels, their subchannels and their sockets") {
  for (strands const s : both) {
    recorded r(s);
    CHECK(r.channels().channel(0).data().state().state() == cz::ChannelConnectivityState::IDLE);
    r.call(2, true);
    r.chat(4);
    auto const top = r.channels();
    REQUIRE(top.channel_size() == 1);  // the one that asks is not recorded
    CHECK(top.end());
    cz::Channel const& channel = top.channel(0);
    CHECK(channel.ref().name() == "ipv4:192.0.2.1:50051");
    CHECK(channel.data().target() == "ipv4:192.0.2.1:50051");
    CHECK(channel.data().state().state() == cz::ChannelConnectivityState::READY);
    CHECK(channel.data().calls_started() == 4);
    CHECK(channel.data().calls_succeeded() == 3);
    CHECK(channel.data().calls_failed() == 1);
    CHECK(channel.data().has_last_call_started_timestamp());
    REQUIRE(channel.subchannel_ref_size() == 1);

    auto const subchannel = r.subchannel(channel.subchannel_ref(0).subchannel_id());
    CHECK(subchannel.data().calls_succeeded() == 3);
    CHECK(subchannel.data().state().state() == cz::ChannelConnectivityState::READY);
    REQUIRE(subchannel.socket_ref_size() == 1);
    auto const socket = r.socket(subchannel.socket_ref(0).socket_id());
    CHECK(socket.remote_name() == "ipv4:192.0.2.1:50051");
    CHECK(socket.data().streams_started() == 4);
    CHECK(socket.data().streams_succeeded() == 4);
    CHECK(socket.data().messages_sent() == 3 + 4);
    CHECK(socket.data().messages_received() == 2 + 4);
    CHECK(socket.data().has_last_local_stream_created_timestamp());
    CHECK(!socket.data().has_last_remote_stream_created_timestamp());
    CHECK(socket.data().local_flow_control_window().value() >= 65535);
  }
}

TEST_CASE("a call that is cancelled counts as failed on both sides, and so does its stream") {
  recorded r;
  r.call(1, false);
  {
    auto const body = [&]() -> asio::awaitable<void> {
      auto call = r.w.client().chat();
      Text const one;
      co_await call.write(one);
      co_await call.read();
    };
    r.w.run(body);  // leaving its scope cancels the call
  }
  r.w.clock.settle();
  auto const channel = r.channels().channel(0);
  CHECK(channel.data().calls_started() == 2);
  CHECK(channel.data().calls_failed() == 1);
  auto const theirs = r.socket(r.subchannel(channel.subchannel_ref(0).subchannel_id()).socket_ref(0).socket_id());
  CHECK(theirs.data().streams_failed() == 1);
  auto const server = r.servers().server(0);
  CHECK(server.data().calls_failed() == 1);
  auto const ours = r.socket(r.server_sockets(server.ref().server_id()).socket_ref(0).socket_id());
  CHECK(ours.data().streams_failed() == 1);
  CHECK(ours.data().streams_succeeded() == 1);
}

TEST_CASE("a call that is lost before its request is whole has failed") {
  for (strands const s : both) {
    recorded r(s);
    auto peer = testing::scripted_client(*r.w.server, r.w.context);
    auto call = peer.call("/lab.Echo/Unary");
    call.send_data(testing::frames::message_of("never whole").substr(0, 7));
    r.w.clock.settle();
    CHECK(r.servers().server(0).data().calls_failed() == 0);
    peer.close();
    r.w.clock.settle();
    cz::ServerData const data = r.servers().server(0).data();
    CHECK(data.calls_failed() == 1);
    CHECK(data.calls_started() == 3);  // with those that ask
  }
}

TEST_CASE("a connection that is closed is not listed, though a handler of it still runs, and its end counts") {
  recorded r;
  r.w.service.on_chat = [&r](server_context&, stream<Text, Text>&) -> reply<void> {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await r.w.clock.sleep_for(1h);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto call = r.w.client().chat();
    co_await call.write(text("x"));
    co_await r.w.clock.sleep_for(1s);
  };
  task const t = r.w.start(body);
  r.w.clock.settle();
  std::int64_t const server = r.servers().server(0).ref().server_id();
  CHECK(r.server_sockets(server).socket_ref_size() == 2);
  r.w.clock.advance(1s);
  t.get();
  r.w.channel.reset();
  r.w.clock.advance(2s);
  CHECK(r.server_sockets(server).socket_ref_size() == 1);  // that of who asks
  auto const before = r.servers().server(0).data();
  CHECK(before.calls_failed() == 0);
  r.w.clock.advance(1h);
  auto const after = r.servers().server(0).data();
  CHECK(after.calls_failed() == 1);
  CHECK(after.calls_started() == before.calls_started() + 1);
}

TEST_CASE("keepalive PINGs are counted where they are sent") {
  channelz records;
  world w(strands::none, server_options().channelz(records).keepalive_time(60s), channel_options().channelz(records));
  echo_everything(w.service);
  auto const body = [&]() -> asio::awaitable<void> {
    Text const question;
    co_await w.client().unary(question);
  };
  w.run(body);
  w.clock.advance(150s);
  std::vector<std::int64_t> sent;
  auto const take = [&sent](detail::channelz_node const& socket) {
    sent.push_back(socket.keepalives_sent.get());
    return true;
  };
  records.heddle_registry_()->each(detail::channelz_kind::socket, 0, take);
  std::sort(sent.begin(), sent.end());
  CHECK(sent == std::vector<std::int64_t>{0, 2});
}

TEST_CASE("lists come in pages, from an id on, and ids are not used again") {
  recorded r;
  std::vector<heddle::channel> more;
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 150; ++i)
    more.emplace_back(r.w.context, "ipv4:192.0.2.1:" + std::to_string(1000 + i),
                      channel_options().single_threaded(true).use_clock(r.w.clock).channelz(r.records));
  auto const first = r.channels();
  CHECK(first.channel_size() == 100);
  CHECK(!first.end());
  auto const second = r.channels(first.channel(99).ref().channel_id());
  REQUIRE(second.channel_size() == 52);
  CHECK(second.end());
  CHECK(second.channel(0).ref().channel_id() == first.channel(99).ref().channel_id());
  auto const exact = r.channels(second.channel(50).ref().channel_id(), 2);
  CHECK(exact.channel_size() == 2);
  CHECK(exact.end());
  std::int64_t const last = second.channel(51).ref().channel_id();
  CHECK(r.channels(second.channel(49).ref().channel_id(), 2).end() == false);

  more.clear();
  r.w.clock.settle();
  CHECK(r.channels().channel_size() == 1);
  more.emplace_back(r.w.context, "ipv4:192.0.2.1:7",
                    channel_options().single_threaded(true).use_clock(r.w.clock).channelz(r.records));
  CHECK(r.channels().channel(1).ref().channel_id() > last);
}

TEST_CASE("a server's sockets and servers themselves come in pages, too, and a negative limit is none") {
  recorded r;
  std::vector<raw_peer> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(raw_client(r.w));
    handshake(r.w, peers.back());
  }
  std::int64_t const server = r.servers().server(0).ref().server_id();
  auto const all = r.server_sockets(server, 0, -1);
  REQUIRE(all.socket_ref_size() == 6);  // and that of who asks
  CHECK(all.end());
  auto const first = r.server_sockets(server, 0, 4);
  REQUIRE(first.socket_ref_size() == 4);
  CHECK(!first.end());
  CHECK(first.socket_ref(3).socket_id() == all.socket_ref(3).socket_id());
  auto const rest = r.server_sockets(server, first.socket_ref(3).socket_id() + 1, 4);
  REQUIRE(rest.socket_ref_size() == 2);
  CHECK(rest.end());
  CHECK(rest.socket_ref(1).socket_id() == all.socket_ref(5).socket_id());
  CHECK(r.server_sockets(server, all.socket_ref(5).socket_id() + 1).socket_ref_size() == 0);
  CHECK(r.server_sockets(server, -5, -5).socket_ref_size() == 6);
  peers.clear();
  r.w.clock.settle();
  CHECK(r.server_sockets(server).socket_ref_size() == 1);

  std::vector<std::unique_ptr<heddle::server>> more;
  for (int i = 0; i < 3; ++i)
    more.push_back(std::make_unique<heddle::server>(
        r.w.context, server_options().single_threaded(true).use_clock(r.w.clock).channelz(r.records)));
  auto const servers = r.servers(0, -1);
  REQUIRE(servers.server_size() == 4);
  CHECK(servers.end());
  auto const two = r.servers(servers.server(1).ref().server_id(), 2);
  REQUIRE(two.server_size() == 2);
  CHECK(!two.end());
  CHECK(two.server(0).ref().server_id() == servers.server(1).ref().server_id());
  CHECK(two.server(1).data().calls_started() == 0);
  CHECK(r.channels(0, -1).channel_size() == 1);
}

TEST_CASE("an id of nobody is NOT_FOUND, also one of another kind") {
  recorded r;
  std::int64_t const channel = r.channels().channel(0).ref().channel_id();
  r.socket(channel);
  CHECK(r.how.code() == status_code::not_found);
  CHECK(r.how.message() == "there is no socket " + std::to_string(channel));
  r.subchannel(77777);
  CHECK(r.how.code() == status_code::not_found);
  r.server_sockets(channel);
  CHECK(r.how.code() == status_code::not_found);
  cz::GetChannelRequest request;
  request.set_channel_id(channel);
  auto const one = r.get<cz::GetChannelResponse>([request](cz::channelz::client c) { return c.get_channel(request); });
  CHECK(r.how.is_ok());
  CHECK(one.channel().ref().channel_id() == channel);
  request.set_channel_id(-1);
  r.get<cz::GetChannelResponse>([request](cz::channelz::client c) { return c.get_channel(request); });
  CHECK(r.how.code() == status_code::not_found);
}

TEST_CASE("a server that is not asked to records nothing, and one's ports are sockets, too") {
  channelz records;
  asio::io_context context;
  heddle::server plain(context);
  heddle::server watched(context, server_options().channelz(records));
  heddle::endpoint const where = watched.listen("127.0.0.1:0");
  plain.listen("127.0.0.1:0");
  auto const& registry = *records.heddle_registry_();
  int servers = 0;
  std::vector<std::string> ports;
  auto const count = [&](detail::channelz_node const&) { return ++servers > 0; };
  auto const note = [&](detail::channelz_node const& node) {
    ports.push_back(node.local);
    return true;
  };
  registry.each(detail::channelz_kind::server, 0, count);
  registry.each(detail::channelz_kind::listener, 0, note);
  CHECK(servers == 1);
  CHECK(ports == std::vector<std::string>{where.to_target()});
}
