// The receiving half of a call's body: bytes in, whole messages out, and what that earns of the peer's window.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <heddle/base/byte_pieces.hpp>
#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>
#include <heddle/rpc/compression.hpp>
#include <heddle/rpc/message_body.hpp>
#include <heddle/rpc/message_framing.hpp>

namespace heddle::rpc {

/// Reads messages straight from the bytes that are lent, and keeps only what nobody has taken when the loan ends.
/// Bytes are earned back when the application takes the message that they belong to (of small messages, together with
/// those behind it that are here), or at once while it waits for one: so a message may be larger than any window, and
/// nothing flows for a reader who does not read.
class inbound {
 public:
  /// Starts over for a new call. Keeps memory.
  void reset(receive_limit limit) noexcept {
    buffer_.clear();
    lent_.clear();
    reader_ = message_reader(limit);
    earned_ = owed_ = 0;
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
    lent_.push_back(bytes);
    if (state_ == message_reader::outcome::need_more) look();
  }
  /// The loan ends: copies what is left of it.
  void keep() {
    if (lent_.empty()) return;
    // The size of the message is known and was judged: one allocation for all that is to come of it.
    if (reader_.wanted() > buffer_.size()) buffer_.prepare(std::max(reader_.wanted() - buffer_.size(), lent_.size()));
    gather(lent_.size());
  }
  void end() noexcept { ended_ = true; }
  /// Forgets what was not taken.
  void discard() noexcept {
    if (compressed_) release_inflated();
    buffer_.clear();
    lent_.clear();
    state_ = message_reader::outcome::need_more;
  }
  /// Gives memory back that one large message needed.
  void shrink() noexcept { buffer_.shrink(most_idle); }

  bool has_message() const noexcept { return state_ == message_reader::outcome::message; }
  bool failed() const noexcept { return state_ == message_reader::outcome::error; }
  /// All messages were taken and no more will come.
  bool finished() const noexcept { return ended_ && available() == 0; }
  /// What the message at the front still wants; 0 when it is whole, or nobody knows.
  std::size_t missing() const noexcept {
    return state_ == message_reader::outcome::need_more && !ended_ ? reader_.wanted() - available() : 0;
  }
  /// Something lies behind the message at the front.
  bool has_more_than_one() const noexcept { return has_message() && available() > reader_.wanted(); }
  /// The peer said that no more will come.
  bool ended() const noexcept { return ended_; }
  /// The stream ended inside a message.
  bool truncated() const noexcept { return ended_ && available() != 0 && !has_message() && !failed(); }
  /// Why failed(), or truncated().
  status error() const { return failed() ? reader_.error() : check_end_of_messages(available()); }

  /// The body of the message at the front, as it was before it was compressed, for who takes it `in_pieces` or whole;
  /// valid until pop(), or until another compressed message is looked at on this thread. failed() when there is no such
  /// body.
  [[gnu::always_inline]] message_body message(body_form wanted) {  // a call costs as much as what it does
    compressed_ = reader_.prefix().compressed;
    bytes_view const at = front();
    if (at.size() < reader_.wanted() || compressed_) [[unlikely]]
      return made_whole(wanted);
    whole_ = reader_.body(at);
    return message_body(&whole_, 1);
  }
  /// The message looked at last came compressed.
  bool compressed() const noexcept { return compressed_; }
  /// Takes the message at the front. Returns how many bytes that earns.
  std::size_t pop() {
    std::size_t const n = reader_.wanted();
    if (compressed_) release_inflated();
    owed_ += n;
    if (earned_ != 0) [[unlikely]] {
      std::size_t const already = std::min(earned_, n);
      earned_ -= already;
      owed_ -= already;
    }
    drop(n);
    look();
    return owed_ < least_earned && has_message() ? 0 : std::exchange(owed_, 0);
  }
  /// The application waits for a message: what is here of it is earned.
  std::size_t earn() noexcept {
    std::size_t const n = available() - earned_;
    earned_ += n;
    return n;
  }

 private:
  // Less than this is told together with what the next message earns.
  static constexpr std::size_t least_earned = 1024;
  // What a call without a message keeps of its memory: the rest serves the thread's other calls.
  static constexpr std::size_t most_idle = heddle::detail::spare_memory::smallest - 1;

  std::size_t available() const noexcept { return buffer_.size() + lent_.size(); }
  bytes_view front() const noexcept { return buffer_.empty() ? lent_.front() : buffer_.view(); }
  void look() {
    if (front().size() < message_prefix_size) [[unlikely]]
      return available() == 0 ? look_at_nothing() : look_for_prefix();
    state_ = reader_.read(front(), available());
  }
  void look_at_nothing() noexcept {
    reader_.read_nothing();
    state_ = message_reader::outcome::need_more;
  }
  // Out of line, so that look() is small.
  [[gnu::noinline]] void look_for_prefix() {
    if (front().size() != available()) gather(std::min(message_prefix_size - buffer_.size(), lent_.size()));
    state_ = reader_.read(front(), available());
  }
  /// Copies `n` bytes from the loan behind what is kept.
  void gather(std::size_t n) {
    lent_.each(n, [this](bytes_view piece) { buffer_.append(piece); });
    lent_.consume(n);
  }
  void drop(std::size_t n) noexcept {
    if (buffer_.empty()) return lent_.consume(n);
    std::size_t const kept = std::min(n, buffer_.size());
    buffer_.consume(kept);
    lent_.consume(n - kept);
  }
  message_body made_whole(body_form wanted);
  message_body scattered();
  bytes_view inflate(bytes_view body);
  void release_inflated() noexcept;

  byte_buffer buffer_;
  byte_pieces lent_;  // behind what is in buffer_
  message_reader reader_{0};
  bytes_view whole_;  // what message() showed last
  std::size_t earned_ = 0;  // bytes at the front that were earned before they were taken
  std::size_t owed_ = 0;  // earned, and not yet told
  bool ended_ = false, compressed_ = false;
  message_reader::outcome state_ = message_reader::outcome::need_more;
  compressor const* decoder_ = nullptr;
};

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/inbound.ipp>
#endif
