// Teaches the library protobuf messages, full and lite. The only header of this room that includes protobuf.
#pragma once

#include <climits>
#include <type_traits>

#include <google/protobuf/message_lite.h>

#include <heddle/rpc/message_ops.hpp>

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
  };
};

}  // namespace heddle
