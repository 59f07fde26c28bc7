#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include <heddle/services/channelz.hpp>
#include <heddle/services/files/channelz.hpp>
#include <heddle/transport/channelz_registry.hpp>

namespace heddle {

namespace detail::channelz_parts {

using namespace services::channelz;

inline constexpr unary_method<ask, answer> top_channels{"/grpc.channelz.v1.Channelz/GetTopChannels"};
inline constexpr unary_method<ask, answer> servers{"/grpc.channelz.v1.Channelz/GetServers"};
inline constexpr unary_method<ask, answer> one_server{"/grpc.channelz.v1.Channelz/GetServer"};
inline constexpr unary_method<ask, answer> server_sockets{"/grpc.channelz.v1.Channelz/GetServerSockets"};
inline constexpr unary_method<ask, answer> one_channel{"/grpc.channelz.v1.Channelz/GetChannel"};
inline constexpr unary_method<ask, answer> one_subchannel{"/grpc.channelz.v1.Channelz/GetSubchannel"};
inline constexpr unary_method<ask, answer> one_socket{"/grpc.channelz.v1.Channelz/GetSocket"};

/// Ours run on a clock that counts from anywhere: what lies between then and now is the same on all.
inline timestamp wall_time(channelz_node const& node, time_point t) {
  timestamp result;
  if (t == never) return result;
  auto const since = std::chrono::system_clock::now().time_since_epoch() - (node.now() - t);
  auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
  result.seconds = seconds.count();
  result.nanos =
      static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count());
  result.is_set = true;
  return result;
}

inline reference reference_to(channelz_node const& node) {
  reference ref;
  ref.id = node.id;
  ref.name = node.name;
  return ref;
}

inline call_data calls_of(channelz_registry const& registry, channelz_node const& node) {
  auto const sums = registry.calls_of(node);
  call_data data;
  data.started = sums.started;
  data.succeeded = sums.succeeded;
  data.failed = sums.failed;
  data.last_started = wall_time(node, sums.last_started);
  return data;
}

/// Of "ipv4:127.0.0.1:50051", "ipv6:[::1]:50051", "unix:/run/x", and what else there may be.
inline address address_of(std::string_view text) {
  address result;
  if (text.starts_with("unix:")) {
    result.file = text.substr(5);
    return result;
  }
  result.other = text;
  if (!text.starts_with("ipv4:") && !text.starts_with("ipv6:")) return result;
  std::string_view host = text.substr(5);
  auto const colon = host.rfind(':');
  if (colon == std::string_view::npos) return result;
  std::string_view const port = host.substr(colon + 1);
  host = host.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  auto const ip = asio::ip::make_address(host, ec);
  if (ec) return result;
  std::from_chars(port.data(), port.data() + port.size(), result.port);
  auto const take = [&result](auto const& bytes) { result.ip.assign(bytes.begin(), bytes.end()); };
  ip.is_v4() ? take(ip.to_v4().to_bytes()) : take(ip.to_v6().to_bytes());
  return result;
}

/// How many of a list go into one answer.
inline std::size_t most(std::int64_t wanted) noexcept {
  constexpr std::int64_t limit = 100;
  return static_cast<std::size_t>(wanted > 0 && wanted < limit ? wanted : limit);
}

/// For each(): takes what fits into one answer, which learns whether that was all.
template <class List, class Describe>
auto page(answer& all, List& list, std::int64_t wanted, Describe describe) {
  all.end = true;
  return [&all, &list, limit = most(wanted), describe](channelz_node const& node) {
    all.end = list.size() < limit;
    if (all.end) list.push_back(describe(node));
    return all.end;
  };
}

/// What `into(answer, node)` makes of the node with that id.
template <class Into>
result<answer> one(channelz_registry const& registry, channelz_kind kind, char const* what, std::int64_t id,
                   Into const& into) {
  answer found;
  auto const take = [&](channelz_node const& node) { into(found, node); };
  if (!registry.with(kind, id, take))
    return status(status_code::not_found, "there is no " + std::string(what) + " " + std::to_string(id));
  return found;
}

}  // namespace detail::channelz_parts

HEDDLE_DECL services::channelz::channel channelz::describe_channel(detail::channelz_node const& node) const {
  namespace parts = detail::channelz_parts;
  auto const& registry = *heddle_registry_();
  services::channelz::channel result;
  result.sub = node.kind == detail::channelz_kind::subchannel;
  result.ref = parts::reference_to(node);
  result.data = parts::calls_of(registry, node);
  result.data.state = node.state.get() + 1;  // channelz begins with UNKNOWN
  result.data.target = node.name;
  auto const into = [](auto& list) {
    return [&list](detail::channelz_node const& child) {
      list.push_back(parts::reference_to(child));
      return true;
    };
  };
  registry.each_child(node, detail::channelz_kind::subchannel, 0, into(result.subchannels));
  registry.each_child(node, detail::channelz_kind::socket, 0, into(result.sockets));
  return result;
}

HEDDLE_DECL services::channelz::server channelz::describe_server(detail::channelz_node const& node) const {
  namespace parts = detail::channelz_parts;
  auto const& registry = *heddle_registry_();
  services::channelz::server result;
  result.ref = parts::reference_to(node);
  result.data = parts::calls_of(registry, node);
  auto const take = [&result](detail::channelz_node const& listener) {
    result.listen_sockets.push_back(parts::reference_to(listener));
    return true;
  };
  registry.each_child(node, detail::channelz_kind::listener, 0, take);
  return result;
}

HEDDLE_DECL services::channelz::socket channelz::describe_socket(detail::channelz_node const& node) const {
  namespace parts = detail::channelz_parts;
  services::channelz::socket result;
  result.ref = parts::reference_to(node);
  result.local = parts::address_of(node.local);
  if (node.kind == detail::channelz_kind::listener) return result;
  result.remote = parts::address_of(node.name);
  if (node.parent() != nullptr && node.parent()->kind == detail::channelz_kind::subchannel)
    result.remote_name = node.parent()->name;
  result.streams_started = node.streams_started.get();
  result.streams_succeeded = node.streams_succeeded.get();
  result.streams_failed = node.streams_failed.get();
  result.messages_sent = node.messages_sent.get();
  result.messages_received = node.messages_received.get();
  result.keepalives_sent = node.keepalives_sent.get();
  result.last_local_stream = parts::wall_time(node, node.last_local_stream.get());
  result.last_remote_stream = parts::wall_time(node, node.last_remote_stream.get());
  result.last_sent = parts::wall_time(node, node.last_sent.get());
  result.last_received = parts::wall_time(node, node.last_received.get());
  result.local_window = node.local_window.get();
  result.remote_window = node.remote_window.get();
  if (auto const& auth = heddle_registry_()->auth_of(node)) {
    result.secure = true;
    result.cipher = auth->cipher();
    if (auth->certificate()) result.remote_certificate = auth->certificate()->der();
  }
  return result;
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_top_channels(server_context&, ask& request) {
  answer all;
  auto const describe = [this](detail::channelz_node const& node) { return describe_channel(node); };
  auto const take = detail::channelz_parts::page(all, all.channels, request.second, describe);
  heddle_registry_()->each(detail::channelz_kind::channel, request.first, take);
  co_return all;
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_servers(server_context&, ask& request) {
  answer all;
  auto const describe = [this](detail::channelz_node const& node) { return describe_server(node); };
  auto const take = detail::channelz_parts::page(all, all.servers, request.second, describe);
  heddle_registry_()->each(detail::channelz_kind::server, request.first, take);
  co_return all;
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_server_sockets(server_context&, ask& request) {
  auto const& registry = *heddle_registry_();
  auto const into = [&](answer& all, detail::channelz_node const& node) {
    auto const take =
        detail::channelz_parts::page(all, all.sockets, request.third, &detail::channelz_parts::reference_to);
    registry.each_child(node, detail::channelz_kind::socket, request.second, take);
  };
  co_return detail::channelz_parts::one(registry, detail::channelz_kind::server, "server", request.first, into);
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_server(server_context&, ask& request) {
  auto const into = [this](answer& one, detail::channelz_node const& node) {
    one.servers.push_back(describe_server(node));
  };
  co_return detail::channelz_parts::one(*heddle_registry_(), detail::channelz_kind::server, "server", request.first,
                                        into);
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_channel(server_context&, ask& request) {
  auto const into = [this](answer& one, detail::channelz_node const& node) {
    one.channels.push_back(describe_channel(node));
  };
  co_return detail::channelz_parts::one(*heddle_registry_(), detail::channelz_kind::channel, "channel", request.first,
                                        into);
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_subchannel(server_context&, ask& request) {
  auto const into = [this](answer& one, detail::channelz_node const& node) {
    one.channels.push_back(describe_channel(node));
  };
  co_return detail::channelz_parts::one(*heddle_registry_(), detail::channelz_kind::subchannel, "subchannel",
                                        request.first, into);
}

HEDDLE_DECL reply<services::channelz::answer> channelz::get_socket(server_context&, ask& request) {
  namespace parts = detail::channelz_parts;
  auto const into = [this](answer& one, detail::channelz_node const& node) { one.socket = describe_socket(node); };
  auto const& registry = *heddle_registry_();
  auto found = parts::one(registry, detail::channelz_kind::socket, "socket", request.first, into);
  if (found.has_error()) found = parts::one(registry, detail::channelz_kind::listener, "socket", request.first, into);
  co_return found;
}

HEDDLE_DECL std::span<method_binding const> channelz::heddle_methods_() const noexcept {
  namespace parts = detail::channelz_parts;
  static constexpr std::array<method_binding, 7> methods = {
      bind_method<&channelz::get_top_channels>(parts::top_channels),
      bind_method<&channelz::get_servers>(parts::servers),
      bind_method<&channelz::get_server>(parts::one_server),
      bind_method<&channelz::get_server_sockets>(parts::server_sockets),
      bind_method<&channelz::get_channel>(parts::one_channel),
      bind_method<&channelz::get_subchannel>(parts::one_subchannel),
      bind_method<&channelz::get_socket>(parts::one_socket)};
  return methods;
}

HEDDLE_DECL std::span<descriptor_file const> channelz::heddle_files_() const noexcept {
  return detail::files::channelz_v1;
}

}  // namespace heddle
