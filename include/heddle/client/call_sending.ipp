// Request messages: onto the wire, and into the replay buffer until the call is committed.
#pragma once

#include <utility>

#include <heddle/client/core.hpp>
#include <heddle/client/interception.ipp>
#include <heddle/rpc/packing.hpp>

namespace heddle::detail {

/// Queues a message: on the wire, or in the replay buffer until there is one, or both until the call is committed.
HEDDLE_DECL status client_call::send(void const* message, write_options how) {
  if (!intercepted_ || !attempts_begun_ || !interception_->has_request_hooks()) return frame(message, how);
  outgoing_message outgoing(message, method_->request());
  message_view view = outgoing.view();
  status wrong = interception_->see_request(view);
  return wrong.is_ok() ? frame(outgoing.get(), how) : wrong;
}

HEDDLE_DECL status client_call::frame(void const* message, write_options how) {
  message_ops const& ops = method_->request();
  bool const early = intercepted_ && !attempts_begun_;  // these are read again, by interceptors
  try {
    if (codec_ == nullptr || early || is_raw(ops)) return frame(message, ops, how, early);
    raw_message form;
    status wrong = codec_->serialize(message, ops, form.bytes());
    return wrong.is_ok() ? frame(&form, *ops_of<raw_message>, how, false) : wrong;
  } catch (...) {
    return threw("serialising ", "a request message");
  }
}

HEDDLE_DECL status client_call::frame(void const* message, message_ops const& ops, write_options how, bool early) {
  std::size_t const size = ops.size(message);
  status wrong = check_size(size);
  if (!wrong.is_ok()) return wrong;
  byte_buffer& kept = early ? early_ : replay_;
  std::uint8_t* out = nullptr;
  auto const room = [&](std::size_t framed) {
    if (!committed_ && attempt_.active() && !replay_has_room(framed)) commit();
    return out = committed_ ? attempt_.prepare(framed) : kept.prepare(framed);
  };
  compressor const* const with = how.compress() && !early ? encoder_ : nullptr;
  std::size_t const framed = rpc::write_framed(with, message, ops, size, room);
  if (early) out[0] = how.compress() ? 1 : 0;  // not compressed: to be
  if (committed_) {
    attempt_.commit(framed);
  } else {
    kept.commit(framed);
    if (attempt_.active()) {
      std::memcpy(attempt_.prepare(framed), out, framed);
      attempt_.commit(framed);
      count_replay();
    }
  }
  return {};
}

HEDDLE_DECL bool client_call::replay_has_room(std::size_t framed) const noexcept {
  std::size_t const kept = replay_.size() + framed;
  return kept <= core_.options().replay_limit() &&
         core_.replayable() - replay_counted_ + kept <= core_.options().channel_replay_limit();
}

/// Only what an attempt has taken over is in the channel's sum: what waits for one must be kept anyway.
HEDDLE_DECL void client_call::count_replay() noexcept {
  core_.replayable() += replay_.size() - replay_counted_;
  replay_counted_ = replay_.size();
}

/// From here on the call can't be made again.
HEDDLE_DECL void client_call::commit() noexcept {
  committed_ = true;
  if (replay_counted_ != 0) core_.replayable() -= std::exchange(replay_counted_, 0);  // an orphan has no channel
  replay_.clear();
  replay_.shrink(64 * 1024);
}

HEDDLE_DECL status client_call::check_size(std::size_t size) const {
  if (size <= max_send_) return {};
  return here(status(status_code::resource_exhausted, "the request message of " + std::to_string(size) +
                                                          " bytes is larger than max_send_message_size, " +
                                                          std::to_string(max_send_)),
              "call_options or channel_options::max_send_message_size()");
}

/// A unary request is serialised straight to the wire, and again from its message should there be another attempt.
HEDDLE_DECL void client_call::send_single_request() {
  message_ops const& ops = method_->request();
  auto const room = [this](std::size_t framed) { return attempt_.prepare(framed); };
  attempt_.commit(rpc::write_framed(encoder_, single_, ops, ops.size(single_), room));
}

HEDDLE_DECL void client_call::half_close() {
  if (std::exchange(half_closed_, true) || done_) return;
  if (attempt_.active()) attempt_.send_end();
}

HEDDLE_DECL bool client_call::write_must_wait() const {
  if (attempt_.active()) return attempt_.should_wait();
  return replay_.size() + early_.size() >= http2::connection::high_water;
}

}  // namespace heddle::detail
