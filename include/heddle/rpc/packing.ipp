#pragma once

#include <algorithm>
#include <vector>

#include <heddle/rpc/packing.hpp>

namespace heddle::rpc {

namespace detail {

/// Of the thread, not of a call or a connection: thousands of them that are quiet then hold nothing. Beyond this much
/// it is given back after each message, which pays for its allocation anyway.
inline constexpr std::size_t kept_scratch = 256 * 1024;

struct packing_scratch {
  byte_buffer plain, packed, unpacked;
  std::vector<bytes_view> pieces;

  static packing_scratch& of_thread() {
    static thread_local packing_scratch only;
    return only;
  }
  static void empty(byte_buffer& buffer) noexcept {
    buffer.clear();
    buffer.shrink(kept_scratch);
  }
};

}  // namespace detail

HEDDLE_DECL packed_message::packed_message(compressor const& with, void const* message, message_ops const& ops,
                                           std::size_t size) {
  auto& scratch = detail::packing_scratch::of_thread();
  scratch.plain.clear();  // what an exception may have left
  scratch.packed.clear();
  ops.serialize(message, scratch.plain.prepare(size), size);
  scratch.plain.commit(size);
  if (size != 0) with.compress(scratch.plain.view(), scratch.packed);
  compressed_ = size != 0 && scratch.packed.size() < size;
  bytes_ = compressed_ ? scratch.packed.view() : scratch.plain.view();
}

HEDDLE_DECL packed_message::~packed_message() {
  auto& scratch = detail::packing_scratch::of_thread();
  detail::packing_scratch::empty(scratch.plain);
  detail::packing_scratch::empty(scratch.packed);
}

HEDDLE_DECL std::size_t detail::copy_framed(packed_message const& body, std::uint8_t* out) noexcept {
  write_prefix(out, body.compressed(), static_cast<std::uint32_t>(body.bytes().size()));
  std::copy(body.bytes().begin(), body.bytes().end(), out + message_prefix_size);
  return message_prefix_size + body.bytes().size();
}

HEDDLE_DECL compressor::outcome unpack(compressor const& with, bytes_view packed, std::size_t limit,
                                       bytes_view& plain) {
  byte_buffer& out = detail::packing_scratch::of_thread().unpacked;
  out.clear();
  auto const result = with.decompress(packed, limit, out);
  plain = out.view();
  return result;
}

HEDDLE_DECL std::vector<bytes_view>& piece_list() noexcept { return detail::packing_scratch::of_thread().pieces; }

HEDDLE_DECL void unpacked() noexcept { detail::packing_scratch::empty(detail::packing_scratch::of_thread().unpacked); }

}  // namespace heddle::rpc
