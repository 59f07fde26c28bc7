// What makes messages smaller and puts them back: one class an encoding, and the list of those that one side has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>

namespace heddle {

/// One encoding of messages, shared by all calls of all threads: implementations keep what they work with for each
/// thread, or make it anew. No call is suspended in here.
class compressor {
 public:
  enum class outcome : std::uint8_t {
    done,
    too_large,  // it is more than the limit
    malformed,  // damaged, cut off, or followed by something else
  };

  virtual ~compressor() = default;

  /// What `grpc-encoding` calls it.
  virtual std::string_view name() const noexcept = 0;
  /// Appends `plain`, compressed, to `out`.
  virtual void compress(bytes_view plain, byte_buffer& out) const = 0;
  /// Appends what `packed` was made of to `out`, if that is at most `limit` bytes. Must stop as soon as there is one
  /// byte more, and must not make room for what `packed` only says that it holds. After another outcome than `done` the
  /// bytes that were appended mean nothing.
  [[nodiscard]] virtual outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const = 0;
};

/// The encodings that a channel or a server has, in the order in which it names them to its peers:
///
///     server_options().compressors(compressor_list().add(gzip(1)).add(zstd()))
///
/// Cheap to copy.
class compressor_list {
 public:
  compressor_list() noexcept {}

  /// Takes the place of one with the same name. Throws std::invalid_argument for a name that can't be in a list:
  /// one is made of lower-case letters, digits, `-`, `_` and `.`, and "identity" is what all peers have.
  compressor_list& add(std::shared_ptr<compressor const> c) &;
  compressor_list&& add(std::shared_ptr<compressor const> c) && { return std::move(add(std::move(c))); }

  bool empty() const noexcept { return state_ == nullptr; }
  /// Null when it is not here. Valid as long as a copy of this list.
  compressor const* find(std::string_view name) const noexcept;
  /// What an option names: null for "identity" and for nothing. Throws std::invalid_argument when it is not here.
  compressor const* get(std::string_view name) const;
  /// For `grpc-accept-encoding`: "identity,gzip,deflate".
  std::string_view names() const noexcept { return empty() ? std::string_view("identity") : state_->names; }

 private:
  struct state {
    std::vector<std::shared_ptr<compressor const>> all;
    std::string names = "identity";
  };
  std::shared_ptr<state const> state_;  // null: none
};

/// Whether `name` is in the value of a `grpc-accept-encoding`.
bool accepts_encoding(std::string_view accepted, std::string_view name) noexcept;

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/compression.ipp>
#endif
