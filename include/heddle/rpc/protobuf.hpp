// Teaches the library protobuf messages, full and lite. Beside json.hpp the only header of this room that
// includes protobuf.
#pragma once

#include <climits>
#include <cstdint>
#include <span>
#include <type_traits>

#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/message_lite.h>

#include <heddle/rpc/message_ops.hpp>

namespace google::protobuf {
class Message;
}

namespace heddle {

namespace detail {

/// Lets protobuf read a body where it lies. No piece is larger than a frame.
class pieces_input final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit pieces_input(std::span<bytes_view const> pieces) noexcept : pieces_(pieces) {}

  bool Next(void const** data, int* size) override {
    while (!pieces_.empty() && at_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      at_ = 0;
    }
    if (pieces_.empty()) return false;
    bytes_view const left = pieces_.front().subspan(at_);
    *data = left.data();
    *size = static_cast<int>(left.size());
    at_ += left.size();
    count_ += *size;
    return true;
  }
  void BackUp(int n) override {
    at_ -= static_cast<std::size_t>(n);
    count_ -= n;
  }
  bool Skip(int n) override {
    void const* data = nullptr;
    for (int size = 0; n > 0; n -= size) {
      if (!Next(&data, &size)) return false;
      if (size <= n) continue;
      BackUp(size - n);
      size = n;
    }
    return true;
  }
  std::int64_t ByteCount() const override { return count_; }

 private:
  std::span<bytes_view const> pieces_;
  std::size_t at_ = 0;  // in the first of them
  std::int64_t count_ = 0;
};

/// Protobuf would take its own limit for the end of a stream, and what comes before it for the message.
inline bool parse_pieces(google::protobuf::MessageLite& message, std::span<bytes_view const> pieces) {
  std::size_t size = 0;
  for (bytes_view const piece : pieces) size += piece.size();
  pieces_input input(pieces);
  return size <= INT_MAX && message.ParseFromZeroCopyStream(&input);
}

}  // namespace detail

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
      [](void* m, std::span<bytes_view const> pieces) {
        return detail::parse_pieces(*static_cast<Message*>(m), pieces);
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
