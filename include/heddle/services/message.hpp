// The messages of the services here: plain structs over the small wire codec. No generated code is shipped, which could
// clash with a program's own copy of the same protos.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <heddle/base/bytes.hpp>
#include <heddle/base/wire.hpp>
#include <heddle/rpc/message_ops.hpp>

namespace heddle::services {

/// Base of a message, which also has
///
///     static constexpr std::string_view type_name;      // "package.Name"
///     void write(wire::writer& out) const;              // all its fields
///     bool read(wire::reader const& field);             // one field; false: it is malformed
///
/// A value: what is const may be sent by several threads at once.
class message {
 protected:
  message() noexcept = default;
  ~message() = default;
  message(message const&) noexcept = default;
  message& operator=(message const&) noexcept = default;
};

/// Replaces the content of `into`. False for what is no such message.
template <class Message>
bool unpack(Message& into, std::string_view bytes) {
  Message fresh;
  wire::reader fields(bytes);
  while (fields.next())
    if (!fresh.read(fields)) return false;
  if (fields.failed()) return false;
  into = std::move(fresh);
  return true;
}

/// Writes what proto3 writes: nothing for a default value.
inline void write_text(wire::writer& out, std::uint32_t field, std::string_view value) {
  if (!value.empty()) out.bytes(field, value);
}
inline void write_number(wire::writer& out, std::uint32_t field, std::int64_t value) {
  if (value != 0) out.varint(field, static_cast<std::uint64_t>(value));
}
/// A message field that is there.
template <class Message>
void write_message(wire::writer& out, std::uint32_t field, Message const& value) {
  out.nested(field, [&value](wire::writer& inner) { value.write(inner); });
}

namespace detail {

/// What message_ops::size() has packed for the serialize() that comes next on the same thread. Of the thread and not of
/// the message, which others may be sending, too.
inline std::string& packed_of_thread() noexcept {
  static thread_local std::string only;
  return only;
}

}  // namespace detail

}  // namespace heddle::services

namespace heddle {

template <class Message>
struct message_traits<Message, std::enable_if_t<std::is_base_of_v<services::message, Message>>> {
  static constexpr std::size_t kept_when_packed = 16 * 1024;  // more is given back after each message
  static constexpr message_ops ops = {
      []() -> void* { return new Message; },
      [](void* m) noexcept { delete static_cast<Message*>(m); },
      [](void* m) { *static_cast<Message*>(m) = Message(); },
      [](void const* m) {
        std::string& packed = services::detail::packed_of_thread();
        packed.clear();  // an exception or a limit may have left something
        wire::writer out(packed);
        static_cast<Message const*>(m)->write(out);
        return packed.size();
      },
      [](void const*, std::uint8_t* out, std::size_t size) {
        std::string& packed = services::detail::packed_of_thread();
        if (size != 0) std::memcpy(out, packed.data(), size);
        if (packed.capacity() > kept_when_packed) packed = std::string();
      },
      [](void* m, bytes_view bytes) { return services::unpack(*static_cast<Message*>(m), as_text(bytes)); },
      []() { return Message::type_name; },
      []() -> void const* { return nullptr; },
  };
};

}  // namespace heddle
