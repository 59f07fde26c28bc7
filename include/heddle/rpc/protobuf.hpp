// Teaches the library protobuf messages, full and lite. Beside json.hpp the only header of this room that
// includes protobuf.
#pragma once

#include <climits>
#include <type_traits>

#include <google/protobuf/message_lite.h>

#include <heddle/rpc/message_ops.hpp>

namespace google::protobuf {
class Message;
}

namespace heddle {

template <class Message>
struct message_traits<Message, std::enable_if_t<std::is_base_of_v<google::protobuf::MessageLite, Message>>> {
  static constexpr message_ops ops = {
      []() -> void* { return new Message; },
      [](void* m) noexcept { delete static_cast<Message*>(m); },
      [](void* m) { static_cast<Message*>(m)->Clear(); },
      [](void const* m) { return static_cast<std::size_t>(static_cast<Message const*>(m)->ByteSizeLong()); },
      [](void const* m, std::uint8_t* out, std::size_t) {
        static_cast<void>(static_cast<Message const*>(m)->SerializeWithCachedSizesToArray(out));
      },
      [](void* m, bytes_view bytes) {
        return bytes.size() <= INT_MAX &&
               static_cast<Message*>(m)->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      },
      []() {
        static std::string const name(Message::default_instance().GetTypeName());
        return std::string_view(name);
      },
      []() -> void const* {
        if constexpr (requires { Message::descriptor(); })  // lite messages have none
          return Message::descriptor();
        else
          return nullptr;
      },
      [](void* m) noexcept -> void* {
        if constexpr (requires { Message::descriptor(); })
          return static_cast<google::protobuf::Message*>(static_cast<Message*>(m));
        else
          return nullptr;
      },
  };
};

/// The erased message with its reflection; null for lite messages, and for what is no protobuf message.
inline google::protobuf::Message* as_protobuf(void* message, message_ops const& ops) noexcept {
  if (ops.full_message == nullptr) return nullptr;
  return static_cast<google::protobuf::Message*>(ops.full_message(message));
}
inline google::protobuf::Message const* as_protobuf(void const* message, message_ops const& ops) noexcept {
  return as_protobuf(const_cast<void*>(message), ops);
}

}  // namespace heddle
