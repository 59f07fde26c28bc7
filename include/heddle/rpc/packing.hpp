// Messages between their objects and compressed bytes, in buffers that belong to the thread and are used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/rpc/compression.hpp>
#include <heddle/rpc/message_framing.hpp>
#include <heddle/rpc/message_ops.hpp>

namespace heddle::rpc {

/// The body of an outgoing message. A scope is all it may live in: no coroutine may be suspended, and no other one
/// made, before it is destroyed.
class packed_message {
 public:
  /// `size`: what ops.size(message) just said. The message goes as it is when it does not get smaller, as it does in
  /// grpc++; an empty one never does.
  packed_message(compressor const& with, void const* message, message_ops const& ops, std::size_t size);
  ~packed_message();
  packed_message(packed_message const&) = delete;
  packed_message& operator=(packed_message const&) = delete;

  bytes_view bytes() const noexcept { return bytes_; }
  bool compressed() const noexcept { return compressed_; }

 private:
  bytes_view bytes_;
  bool compressed_ = false;
};

namespace detail {
std::size_t copy_framed(packed_message const& body, std::uint8_t* out) noexcept;

// Apart, so that messages which go as they are don't pay for it.
template <class Room>
[[gnu::noinline]] std::size_t write_packed(compressor const& with, void const* message, message_ops const& ops,
                                           std::size_t size, Room& room) {
  packed_message const body(with, message, ops, size);
  return copy_framed(body, room(message_prefix_size + body.bytes().size()));
}
}  // namespace detail

/// Writes a message with its prefix to where `room(n)` says that there are n bytes, compressed `with` something or,
/// when that is null, as it is. Returns n. `size`: what ops.size(message) just said.
template <class Room>
std::size_t write_framed(compressor const* with, void const* message, message_ops const& ops, std::size_t size,
                         Room&& room) {
  if (with != nullptr) [[unlikely]]
    return detail::write_packed(*with, message, ops, size, room);
  std::uint8_t* const out = room(message_prefix_size + size);
  write_prefix(out, false, static_cast<std::uint32_t>(size));
  ops.serialize(message, out + message_prefix_size, size);
  return message_prefix_size + size;
}

/// A received body, and where it goes. What `plain` shows lives until the next unpack() on this thread, or until
/// unpacked().
compressor::outcome unpack(compressor const& with, bytes_view packed, std::size_t limit, bytes_view& plain);
/// For a body that lies in several places, until the next one.
std::vector<bytes_view>& piece_list() noexcept;
/// Gives memory back that one large message needed.
void unpacked() noexcept;

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/packing.ipp>
#endif
