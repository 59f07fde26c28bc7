// The five bytes before every gRPC message (PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>

namespace heddle {

inline constexpr std::size_t message_prefix_size = 5;
/// What a prefix can say.
inline constexpr std::size_t max_framed_message_size = 0xffff'ffff;

/// A flag, and the size of the message that follows.
struct message_prefix {
  bool compressed = false;
  std::uint32_t size = 0;

  friend bool operator==(message_prefix const&, message_prefix const&) = default;
};

/// Writes message_prefix_size bytes to `out`.
inline void write_prefix(std::uint8_t* out, bool compressed, std::uint32_t size) noexcept {
  out[0] = compressed ? 1 : 0;
  out[1] = static_cast<std::uint8_t>(size >> 24);
  out[2] = static_cast<std::uint8_t>(size >> 16);
  out[3] = static_cast<std::uint8_t>(size >> 8);
  out[4] = static_cast<std::uint8_t>(size);
}

/// `max_receive_message_size` in bytes; 0 lets only empty messages through. Errors tell whose it is.
struct receive_limit {
  receive_limit(std::size_t most, std::string_view options = {}) noexcept : bytes(most), options_class(options) {}

  /// "server_options::max_receive_message_size (100 bytes)"
  std::string text() const;

  std::size_t bytes;
  std::string_view options_class;  // a literal; empty: nobody knows
};

/// Finds messages in the bytes of a stream, and judges each by its prefix, before anyone makes room for its body. It
/// keeps no bytes: the caller gives it what is there, beginning at a prefix, and consumes the messages that it finds:
///
///     while (reader.read(buffer.view()) == message_reader::outcome::message) {
///       use(reader.prefix(), reader.body(buffer.view()));
///       buffer.consume(reader.wanted());
///     }
///
/// After an error every read() is that error.
class message_reader {
 public:
  enum class outcome : std::uint8_t { need_more, message, error };

  explicit message_reader(receive_limit limit) noexcept : limit_(limit) {}

  /// Whether the peer named a `grpc-encoding` other than identity: without one a compressed message is an error.
  void set_encoded(bool encoded) noexcept { encoded_ = encoded; }

  /// Looks at the message that begins at the front of `available`.
  outcome read(bytes_view available) { return read(available, available.size()); }
  /// The same where only the first of the `available` bytes are in one place. All are, or a whole prefix is.
  [[gnu::always_inline]] outcome read(bytes_view front, std::size_t available) {  // once a message, and small
    if (!is_ordinary(front)) [[unlikely]]
      return judge(front, available);
    return take_prefix(front, available);
  }

  /// There are no bytes: as read() would find.
  void read_nothing() noexcept { wanted_ = message_prefix_size; }

  /// How many bytes from the front must be there for read() to get further, or belong to the message it found.
  std::size_t wanted() const noexcept { return wanted_; }
  /// Of the message that read() found, or whose body it waits for.
  message_prefix const& prefix() const noexcept { return prefix_; }
  /// The body of the message that read() found in these bytes.
  bytes_view body(bytes_view available) const noexcept { return available.subspan(message_prefix_size, prefix_.size); }
  receive_limit const& limit() const noexcept { return limit_; }
  /// The message that was found turns out to be none.
  void fail(status why) noexcept { error_ = std::move(why); }
  /// INTERNAL for a wrong flag, RESOURCE_EXHAUSTED for a message over the limit; OK as long as there is no error.
  status const& error() const noexcept { return error_; }

 private:
  static std::uint32_t wire_size(bytes_view prefix) noexcept {
    return std::uint32_t{prefix[1]} << 24 | std::uint32_t{prefix[2]} << 16 | std::uint32_t{prefix[3]} << 8 | prefix[4];
  }
  /// A whole prefix of an uncompressed message, which is not too large.
  bool is_ordinary(bytes_view front) const noexcept {
    return front.size() >= message_prefix_size && front[0] == 0 && wire_size(front) <= limit_.bytes && error_.is_ok();
  }
  outcome take_prefix(bytes_view front, std::size_t available) noexcept {
    prefix_.compressed = front[0] != 0;
    prefix_.size = wire_size(front);
    wanted_ = message_prefix_size + prefix_.size;
    return available < wanted_ ? outcome::need_more : outcome::message;
  }
  outcome judge(bytes_view front, std::size_t available);
  outcome fail_flag(std::uint8_t flag);
  outcome fail_size(std::size_t size);

  receive_limit limit_;
  std::size_t wanted_ = message_prefix_size;
  message_prefix prefix_;
  bool encoded_ = false;
  status error_;
};

/// The error for a stream that ended with `left` bytes after its last whole message; OK when there are none.
status check_end_of_messages(std::size_t left);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/message_framing.ipp>
#endif
