// The receiving half of a call's body: bytes in, whole messages out, and what that earns of the peer's window.
#pragma once

#include <cstddef>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/rpc/compression.hpp>
#include <heddle/rpc/message_framing.hpp>

namespace heddle::rpc {

/// Reads messages straight from the bytes that are lent, and keeps only what nobody has taken when the loan ends.
/// Bytes are earned back when the application takes the message that they belong to, or at once while it waits for one:
/// so a message may be larger than any window, and nothing flows for a reader who does not read.
class inbound {
 public:
  /// Starts over for a new call. Keeps memory.
  void reset(receive_limit limit) noexcept {
    buffer_.clear();
    lent_ = {};
    reader_ = message_reader(limit);
    earned_ = 0;
    ended_ = compressed_ = false;
    decoder_ = nullptr;
    state_ = message_reader::outcome::need_more;
  }
  /// For what the peer says that it compresses; null: nothing.
  void set_decoder(compressor const* decoder) noexcept {
    decoder_ = decoder;
    reader_.set_encoded(decoder != nullptr);
  }

  void lend(bytes_view bytes) {
    if (bytes.empty()) return;
    if (buffer_.empty() && lent_.empty()) {
      lent_ = bytes;
    } else {
      keep();
      buffer_.append(bytes);
    }
    look();
  }
  /// The loan ends: copies what is left of it.
  void keep() {
    if (lent_.empty()) return;
    // The size of the message is known and was judged: one allocation for all that is to come of it.
    if (reader_.wanted() > lent_.size()) buffer_.prepare(reader_.wanted());
    buffer_.append(lent_);
    lent_ = {};
  }
  void end() noexcept { ended_ = true; }
  /// Forgets what was not taken.
  void discard() noexcept {
    if (compressed_) release_inflated();
    buffer_.clear();
    lent_ = {};
    state_ = message_reader::outcome::need_more;
  }
  /// Gives memory back that one large message needed.
  void shrink() noexcept { buffer_.shrink(64 * 1024); }

  bool has_message() const noexcept { return state_ == message_reader::outcome::message; }
  bool failed() const noexcept { return state_ == message_reader::outcome::error; }
  /// All messages were taken and no more will come.
  bool finished() const noexcept { return ended_ && available().empty(); }
  /// Something lies behind the message at the front.
  bool has_more_than_one() const noexcept { return has_message() && available().size() > reader_.wanted(); }
  /// The peer said that no more will come.
  bool ended() const noexcept { return ended_; }
  /// The stream ended inside a message.
  bool truncated() const noexcept { return ended_ && !available().empty() && !has_message() && !failed(); }
  /// Why failed(), or truncated().
  status error() const { return failed() ? reader_.error() : check_end_of_messages(available().size()); }

  /// The body of the message at the front, as it was before it was compressed; valid until pop(), or until another
  /// compressed message is looked at on this thread. failed() when there is no such body.
  bytes_view message() {
    bytes_view const body = reader_.body(available());
    compressed_ = reader_.prefix().compressed;
    return compressed_ ? inflate(body) : body;
  }
  /// The message looked at last came compressed.
  bool compressed() const noexcept { return compressed_; }
  /// Takes the message at the front. Returns how many bytes that earns.
  std::size_t pop() {
    std::size_t const n = reader_.wanted();
    if (compressed_) release_inflated();
    std::size_t const already = earned_ < n ? earned_ : n;
    earned_ -= already;
    if (lent_.empty())
      buffer_.consume(n);
    else
      lent_ = lent_.subspan(n);
    look();
    return n - already;
  }
  /// The application waits for a message: what is here of it is earned.
  std::size_t earn() noexcept {
    std::size_t const n = available().size() - earned_;
    earned_ += n;
    return n;
  }

 private:
  bytes_view available() const noexcept { return lent_.empty() ? buffer_.view() : lent_; }
  void look() { state_ = reader_.read(available()); }
  bytes_view inflate(bytes_view body);
  void release_inflated() noexcept;

  byte_buffer buffer_;
  bytes_view lent_;
  message_reader reader_{0};
  std::size_t earned_ = 0;  // bytes at the front that were earned before they were taken
  bool ended_ = false, compressed_ = false;
  message_reader::outcome state_ = message_reader::outcome::need_more;
  compressor const* decoder_ = nullptr;
};

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/inbound.ipp>
#endif
