#pragma once

#include <heddle/services/channelz_messages.hpp>

namespace heddle::services::channelz {

namespace detail {

inline void write_reference(wire::writer& out, std::uint32_t field, std::uint32_t id_field, reference const& ref) {
  out.nested(field, [&](wire::writer& inner) {
    write_number(inner, id_field, ref.id);
    write_text(inner, id_field + 1, ref.name);
  });
}
inline void write_channel_ref(wire::writer& out, std::uint32_t field, reference const& ref) {
  write_reference(out, field, 1, ref);
}
inline void write_socket_ref(wire::writer& out, std::uint32_t field, reference const& ref) {
  write_reference(out, field, 3, ref);
}
inline void write_server_ref(wire::writer& out, std::uint32_t field, reference const& ref) {
  write_reference(out, field, 5, ref);
}
inline void write_subchannel_ref(wire::writer& out, std::uint32_t field, reference const& ref) {
  write_reference(out, field, 7, ref);
}

inline void write_timestamp(wire::writer& out, std::uint32_t field, timestamp const& t) {
  if (!t.is_set) return;
  out.nested(field, [&t](wire::writer& inner) {
    write_number(inner, 1, t.seconds);
    write_number(inner, 2, t.nanos);
  });
}

/// google.protobuf.Int64Value: zero is a value, too.
inline void write_optional(wire::writer& out, std::uint32_t field, std::optional<std::int64_t> const& value) {
  if (value) out.nested(field, [&value](wire::writer& inner) { write_number(inner, 1, *value); });
}

/// The counters of ChannelData begin at 4, those of ServerData at 2.
inline void write_calls(wire::writer& out, std::uint32_t first, call_data const& data) {
  write_number(out, first, data.started);
  write_number(out, first + 1, data.succeeded);
  write_number(out, first + 2, data.failed);
  write_timestamp(out, first + 3, data.last_started);
}

}  // namespace detail

HEDDLE_DECL void channel::write(wire::writer& out) const {
  (sub ? detail::write_subchannel_ref : detail::write_channel_ref)(out, 1, ref);
  out.nested(2, [this](wire::writer& inner) {
    inner.nested(1, [this](wire::writer& state) { write_number(state, 1, data.state); });
    write_text(inner, 2, data.target);
    detail::write_calls(inner, 4, data);
  });
  for (reference const& each : subchannels) detail::write_subchannel_ref(out, 4, each);
  for (reference const& each : sockets) detail::write_socket_ref(out, 5, each);
}

HEDDLE_DECL void server::write(wire::writer& out) const {
  detail::write_server_ref(out, 1, ref);
  out.nested(2, [this](wire::writer& inner) { detail::write_calls(inner, 2, data); });
  for (reference const& each : listen_sockets) detail::write_socket_ref(out, 3, each);
}

HEDDLE_DECL void address::write(wire::writer& out) const {
  if (!ip.empty()) {
    out.nested(1, [this](wire::writer& inner) {
      inner.bytes(1, ip);
      write_number(inner, 2, port);
    });
  } else if (!file.empty()) {
    out.nested(2, [this](wire::writer& inner) { inner.bytes(1, file); });
  } else {
    out.nested(3, [this](wire::writer& inner) { inner.bytes(1, other); });
  }
}

HEDDLE_DECL void socket::write(wire::writer& out) const {
  detail::write_socket_ref(out, 1, ref);
  out.nested(2, [this](wire::writer& inner) { write_data(inner); });
  if (local.is_set()) write_message(out, 3, local);
  if (remote.is_set()) write_message(out, 4, remote);
  if (secure) out.nested(5, [this](wire::writer& inner) { write_security(inner); });
  write_text(out, 6, remote_name);
}

HEDDLE_DECL void socket::write_data(wire::writer& out) const {
  write_number(out, 1, streams_started);
  write_number(out, 2, streams_succeeded);
  write_number(out, 3, streams_failed);
  write_number(out, 4, messages_sent);
  write_number(out, 5, messages_received);
  write_number(out, 6, keepalives_sent);
  detail::write_timestamp(out, 7, last_local_stream);
  detail::write_timestamp(out, 8, last_remote_stream);
  detail::write_timestamp(out, 9, last_sent);
  detail::write_timestamp(out, 10, last_received);
  detail::write_optional(out, 11, local_window);
  detail::write_optional(out, 12, remote_window);
}

HEDDLE_DECL void socket::write_security(wire::writer& out) const {
  out.nested(1, [this](wire::writer& tls) {
    write_text(tls, 1, cipher);
    write_text(tls, 4, remote_certificate);
  });
}

HEDDLE_DECL void answer::write(wire::writer& out) const {
  for (channel const& each : channels) write_message(out, 1, each);
  for (server const& each : servers) write_message(out, 1, each);
  for (reference const& each : sockets) detail::write_socket_ref(out, 1, each);
  if (socket) write_message(out, 1, *socket);
  if (end) out.varint(2, 1);
}

}  // namespace heddle::services::channelz
