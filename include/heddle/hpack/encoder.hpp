// Writes header blocks (RFC 7541).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/hpack/dynamic_table.hpp>
#include <heddle/hpack/field_index.hpp>

namespace heddle::hpack {

/// One direction of one connection: blocks must be sent in the order in which they were encoded, every one of them.
/// Does not allocate once its table has been filled. Not for concurrent use.
///
/// What goes into the peer's table: the fields that calls repeat (`:path`, `content-type`, `grpc-status`, …) at once;
/// user metadata when the same field was seen shortly before, so that request ids don't drive the rest out; never what
/// differs from call to call (`grpc-timeout`, `grpc-message`, …), nor a field of more than half the table. Secrets
/// are sent as never-indexed (§7.1.3): `authorization`, `proxy-authorization`, a `cookie` below 20 bytes (short enough
/// to be guessed), and fields marked so.
class encoder {
 public:
  /// `max_table_size`: this end's own cap. The table has min(cap, the peer's SETTINGS_HEADER_TABLE_SIZE), which is 4096
  /// until the peer says otherwise (RFC 9113 §6.5.2).
  explicit encoder(std::uint32_t max_table_size = 4096) noexcept;

  /// The peer's SETTINGS_HEADER_TABLE_SIZE, any value. Takes effect at the next begin_block(), which tells the peer; if
  /// there were several, also the smallest of them (§4.2).
  void peer_max_table_size(std::uint32_t bytes) noexcept;

  /// Every header block begins with this.
  void begin_block(byte_buffer& out);

  /// `field.token` must be find_header_name(field.name); for a token that has a text, the name itself is not looked at.
  void encode(header_field const& field, byte_buffer& out);

  /// A whole block. One that was sent shortly before, and consists of indexes alone, costs a comparison.
  void encode(header_list const& fields, byte_buffer& out);
  /// Such a block, where a glance at stamped fields is enough: to be sent as it is. Empty: encode() them.
  /// `known_room` bytes can be read there, for who copies a constant number of them.
  bytes_view known(header_list const& fields) const noexcept {
    if (!update_pending_)
      for (known_block const& k : known_)
        if (k.version == version_ && k.fields.same_stamp(fields)) return {k.bytes.data(), fields.size()};
    return {};
  }
  static constexpr std::size_t known_room = 16;

 private:
  // One field with what is known of it.
  struct candidate {
    header_name token;
    std::string_view name, value;
    std::uint32_t static_name;  // 0: none
    std::uint64_t name_hash;
  };

  // A block of single-byte indexes, which mean the same as long as the table is the same.
  struct known_block {
    header_list fields;
    std::uint64_t version = 0;
    std::array<std::uint8_t, known_room> bytes{};
  };

  void encode_literal(candidate const& field, std::uint8_t pattern, unsigned prefix_bits, byte_buffer& out) const;
  void encode_indexable(candidate const& field, bool at_once, byte_buffer& out);
  bool seen_before(std::uint32_t hash) noexcept;

  dynamic_table table_;
  detail::field_index index_;
  std::array<std::uint32_t, 64> seen_{};  // hashes of the latest user metadata that was not indexed
  // By token: the number of the entry that was used last, which is mostly the one to use next.
  std::array<std::uint32_t, static_cast<std::size_t>(header_name::count_)> latest_{};
  std::array<known_block, 2> known_;  // heads and trailers take turns
  std::size_t oldest_known_ = 0;
  std::uint64_t version_ = 1;  // of the table
  std::uint32_t cap_;
  std::uint32_t wanted_;  // the limit from the next block on
  std::uint32_t smallest_;  // the smallest limit that was wanted since the last block
  std::uint32_t signalled_ = 4096;
  bool update_pending_ = false;
};

}  // namespace heddle::hpack

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/hpack/encoder.ipp>
#endif
