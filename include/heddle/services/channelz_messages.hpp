// grpc.channelz.v1 as far as it is told here, as structs. They are written only: what is asked for is in `ask`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/services/message.hpp>

namespace heddle::services::channelz {

/// All requests are up to three numbers.
struct ask : message {
  static constexpr std::string_view type_name = "grpc.channelz.v1 request";
  std::int64_t first = 0, second = 0, third = 0;

  void write(wire::writer& out) const {
    write_number(out, 1, first);
    write_number(out, 2, second);
    write_number(out, 3, third);
  }
  bool read(wire::reader const& field) {
    if (field.type() != wire::wire_type::varint) return true;
    auto const value = static_cast<std::int64_t>(field.varint());
    if (field.field() == 1) first = value;
    if (field.field() == 2) second = value;
    if (field.field() == 3) third = value;
    return true;
  }
};

/// google.protobuf.Timestamp; the default is none.
struct timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  bool is_set = false;
};

/// ChannelRef, SubchannelRef, SocketRef, ServerRef: the numbers of their two fields differ.
struct reference {
  std::int64_t id = 0;
  std::string name;
};

/// ChannelData, and ServerData without state and target.
struct call_data {
  int state = 0;  // ChannelConnectivityState.State
  std::string target;
  std::int64_t started = 0, succeeded = 0, failed = 0;
  timestamp last_started;
};

/// Channel and Subchannel.
struct channel {
  bool sub = false;
  reference ref;
  call_data data;
  std::vector<reference> subchannels, sockets;

  void write(wire::writer& out) const;
};

struct server {
  reference ref;
  call_data data;
  std::vector<reference> listen_sockets;

  void write(wire::writer& out) const;
};

/// In one of the three forms of Address, or nowhere.
struct address {
  std::string ip;  // 4 or 16 bytes
  std::int32_t port = 0;
  std::string file, other;

  bool is_set() const noexcept { return !ip.empty() || !file.empty() || !other.empty(); }
  void write(wire::writer& out) const;
};

struct socket {
  reference ref;
  std::int64_t streams_started = 0, streams_succeeded = 0, streams_failed = 0;
  std::int64_t messages_sent = 0, messages_received = 0, keepalives_sent = 0;
  timestamp last_local_stream, last_remote_stream, last_sent, last_received;
  std::optional<std::int64_t> local_window, remote_window;
  address local, remote;
  std::string remote_name;
  bool secure = false;
  std::string cipher, remote_certificate;

  void write(wire::writer& out) const;

 private:
  void write_data(wire::writer& out) const;
  void write_security(wire::writer& out) const;
};

/// All responses: what of one kind there is, and whether that is all.
struct answer : message {
  static constexpr std::string_view type_name = "grpc.channelz.v1 response";
  std::vector<channel> channels;
  std::vector<server> servers;
  std::vector<reference> sockets;
  std::optional<channelz::socket> socket;
  bool end = false;

  void write(wire::writer& out) const;
  /// Nobody reads them here.
  bool read(wire::reader const&) { return true; }
};

}  // namespace heddle::services::channelz

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/channelz_messages.ipp>
#endif
