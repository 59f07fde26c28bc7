// Reads header blocks (RFC 7541).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/hpack/cookie_bank.hpp>
#include <heddle/hpack/decode_error.hpp>
#include <heddle/hpack/dynamic_table.hpp>

namespace heddle::hpack {

/// Receives the fields of a header block in their order.
class field_sink {
 public:
  /// `field.name` and `field.value` live until on_field() returns. `field.token` is set, `field.never_index` is what
  /// the peer asked for.
  ///
  /// `field.cookie` is the address of 32 bits that belong to the entry of the dynamic table which the field was read
  /// from, or has just been inserted as; null otherwise. They are 0 at first and keep what is written to them as long
  /// as the entry is in the table. The address may be used until the next block begins, even when the entry was evicted
  /// meanwhile (a write is lost then, and harmless). A block that inserts more than a whole table's worth of entries
  /// gets null for some of them.
  ///
  /// Must not call the decoder.
  virtual void on_field(header_field const& field) = 0;

 protected:
  ~field_sink() = default;
};

/// One direction of one connection: it must see every header block, in order and to its end, also those of requests
/// that are refused. Does not allocate once warm, except for strings that are cut in two or Huffman-coded and above a
/// few KiB. Not for concurrent use.
class decoder {
 public:
  /// `max_table_size`: our SETTINGS_HEADER_TABLE_SIZE. Until a changed setting is acknowledged that is 4096, so on
  /// HTTP/2 begin with the default and call max_table_size().
  explicit decoder(std::uint32_t max_table_size = 4096) noexcept;

  /// Decodes a piece of a header block, which may be cut anywhere (HEADERS, CONTINUATION); bytes of a field that is
  /// not whole yet are copied and kept. With `last` the block ends here, and such bytes are `truncated`.
  ///
  /// `max_string` is the most bytes a name or value may have, also after Huffman decoding. A longer one is
  /// `string_too_long` as soon as its length is read, with none of it kept. It may change from piece to piece.
  ///
  /// An error is the end of the connection: the tables of the two ends are no longer in step. All further calls
  /// return it again.
  decode_error decode(bytes_view piece, bool last, std::size_t max_string, field_sink& sink);

  /// Our SETTINGS_HEADER_TABLE_SIZE was changed, and the peer has acknowledged it. If its table is larger than that,
  /// the next block must begin with a table size update (§4.2).
  void max_table_size(std::uint32_t bytes) noexcept;

  /// As long as it stays the same, equal blocks hold equal fields, with the same cookies, and need not be decoded
  /// again.
  std::uint64_t version() const noexcept { return version_; }

 private:
  // A string as it is in the block.
  struct coded_string {
    bytes_view bytes;
    bool huffman = false;
  };

  decode_error decode_piece(bytes_view piece, bool last, std::size_t max_string, field_sink& sink);
  decode_error finish_cut_field(bytes_view& piece, std::size_t max_string, field_sink& sink);
  decode_error decode_field(std::uint8_t const*& at, std::uint8_t const* end, std::size_t max_string, field_sink& sink);
  decode_error decode_indexed(std::uint8_t const*& at, std::uint8_t const* end, field_sink& sink);
  decode_error decode_literal(std::uint8_t const*& at, std::uint8_t const* end, std::size_t max_string,
                              field_sink& sink);
  decode_error decode_size_update(std::uint8_t const*& at, std::uint8_t const* end);
  decode_error begin_fields() noexcept;
  void end_block() noexcept;

  decode_error read_integer(std::uint8_t const*& at, std::uint8_t const* end, unsigned prefix_bits,
                            std::uint32_t& value) noexcept;
  decode_error read_string(std::uint8_t const*& at, std::uint8_t const* end, std::size_t max_string,
                           coded_string& string) noexcept;
  decode_error expand(coded_string const& string, std::size_t max_string, std::string_view& text) noexcept;
  static std::size_t decoded_room(coded_string const& string) noexcept;

  dynamic_table table_;
  detail::cookie_bank cookies_;
  byte_buffer cut_;  // the first bytes of a field whose others have not come
  byte_buffer scratch_;  // decoded strings of the field at hand
  std::uint64_t version_ = 0;
  std::size_t missing_ = 0;  // at least so many bytes more are needed for the field that was `truncated`
  std::uint32_t max_table_size_;
  std::uint32_t smallest_max_;  // of those acknowledged since the last block began; counts if update_due_
  std::uint8_t updates_ = 0;  // table size updates in this block
  bool in_fields_ = false;  // past the size updates of a block
  bool update_due_ = false;
  decode_error error_ = decode_error::none;
};

}  // namespace heddle::hpack

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/hpack/decoder.ipp>
#endif
