// What the library needs to know of a message type, erased once: everything inside works on void* and this table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <heddle/base/bytes.hpp>

namespace heddle {

struct message_ops {
  void* (*create)();
  void (*destroy)(void* message) noexcept;
  void (*clear)(void* message);
  /// Serialised size. May be cached in the message for the serialize() that follows.
  std::size_t (*size)(void const* message);
  /// Writes exactly the `size` bytes that size() said just before.
  void (*serialize)(void const* message, std::uint8_t* out, std::size_t size);
  /// Replaces the content. False when `bytes` are no such message.
  bool (*parse)(void* message, bytes_view bytes);
  std::string_view (*type_name)();
  /// google::protobuf::Descriptor of the type, null for lite and for raw messages.
  void const* (*descriptor)();
  /// The message as google::protobuf::Message, null for lite messages. No such function: it is no protobuf message.
  void* (*full_message)(void* message) noexcept = nullptr;
  /// parse() for bytes that lie in several places, one at least. No such function: they are put together first.
  bool (*parse_pieces)(void* message, std::span<bytes_view const> pieces) = nullptr;
};

/// Specialised where a kind of message is taught to the library: rpc/protobuf.hpp, and raw_message here.
template <class Message, class = void>
struct message_traits;

template <class Message>
inline constexpr message_ops const* ops_of = &message_traits<Message>::ops;

/// A message as it is on the wire, for proxies and for other serialisers.
class raw_message {
 public:
  raw_message() noexcept {}
  explicit raw_message(std::string bytes) noexcept : bytes_(std::move(bytes)) {}

  std::string const& bytes() const noexcept { return bytes_; }
  std::string& bytes() noexcept { return bytes_; }
  friend bool operator==(raw_message const&, raw_message const&) = default;

 private:
  std::string bytes_;
};

template <>
struct message_traits<raw_message> {
  static constexpr message_ops ops = {
      []() -> void* { return new raw_message; },
      [](void* m) noexcept { delete static_cast<raw_message*>(m); },
      [](void* m) { static_cast<raw_message*>(m)->bytes().clear(); },
      [](void const* m) { return static_cast<raw_message const*>(m)->bytes().size(); },
      [](void const* m, std::uint8_t* out, std::size_t size) {
        if (size != 0) std::memcpy(out, static_cast<raw_message const*>(m)->bytes().data(), size);
      },
      [](void* m, bytes_view bytes) {
        static_cast<raw_message*>(m)->bytes().assign(as_text(bytes));
        return true;
      },
      []() { return std::string_view("raw bytes"); },
      []() -> void const* { return nullptr; },
      nullptr,
      [](void* m, std::span<bytes_view const> pieces) {
        std::string& bytes = static_cast<raw_message*>(m)->bytes();
        bytes.clear();
        for (bytes_view const piece : pieces) bytes.append(as_text(piece));
        return true;
      },
  };
};

/// Its messages are bytes already, of whatever form.
constexpr bool is_raw(message_ops const& ops) noexcept { return &ops == ops_of<raw_message>; }

}  // namespace heddle
