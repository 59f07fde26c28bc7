#pragma once

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <heddle/base/metadata.hpp>
#include <heddle/base/percent.hpp>
#include <heddle/client/call.ipp>
#include <heddle/client/core.hpp>

namespace heddle::detail {

HEDDLE_DECL target checked_target(std::string_view text) {
  auto parsed = parse_target(text);
  if (parsed.has_error()) throw std::invalid_argument(std::string(parsed.error().message()));
  return std::move(*parsed);
}

HEDDLE_DECL std::string checked_authority(channel_options const& options, target const& name) {
  bool const given = !options.authority().empty();
  std::string const& text = given ? options.authority() : name.authority;
  if (!is_valid_authority(text))
    throw std::invalid_argument(std::string(given ? "channel_options::authority()" : "the target") +
                                ": an authority may hold only the characters 0x21 to 0x7E");
  return text;
}

HEDDLE_DECL std::string checked_user_agent(channel_options const& options) {
  std::string const& text = options.user_agent();
  if (!is_valid_metadata_text(text) || text.starts_with(' '))
    throw std::invalid_argument(
        "channel_options::user_agent(): only the characters 0x20 to 0x7E are allowed, and no blank in front");
  return (text.empty() ? "" : text + " ") + "grpc-c++-heddle/" HEDDLE_VERSION_STRING;
}

/// Channels that were made of the same options, perhaps on several threads, share no source of jitter.
HEDDLE_DECL channel_options with_own_random(channel_options options) {
  if (options.used_random() == nullptr) options.use_random(std::make_shared<default_random>());
  return options;
}

HEDDLE_DECL channel_core::channel_core(asio::any_io_executor executor, std::string_view target_text,
                                       channel_options options)
    : options_(with_own_random(std::move(options))),
      target_text_(target_text),
      name_(checked_target(target_text)),
      authority_(checked_authority(options_, name_)),
      user_agent_(checked_user_agent(options_)),
      encoder_(options_.compressors().get(options_.compression())),
      executor_(options_.single_threaded() ? std::move(executor) : asio::any_io_executor(asio::make_strand(executor))),
      io_context_executor_(executor_.target<asio::io_context::executor_type>()),
      deadlines_(options_.used_clock(), executor_),
      channelz_(options_.used_channelz() == nullptr
                    ? nullptr
                    : std::make_shared<channelz_node>(options_.used_channelz(), channelz_kind::channel, nullptr,
                                                      std::string(target_text), options_.used_clock())),
      keepalive_time_(std::max(options_.keepalive_time(), transport::min_client_keepalive_time)),
      subchannel_(*this, options_, name_, authority_, executor_, deadlines_, channelz_) {
  shutdown_service::of(executor_).add(*this);
}

HEDDLE_DECL bool channel_core::runs_here() const noexcept {
  using io_context_executor = asio::io_context::executor_type;
  return io_context_executor_ != nullptr &&
         static_cast<io_context_executor const*>(io_context_executor_)->running_in_this_thread();
}

HEDDLE_DECL bool channel_core::is_home(asio::any_io_executor const& here) const noexcept {
  return runs_here() ? static_cast<bool>(here) : here == executor_;
}

HEDDLE_DECL channel_core::~channel_core() {
  shutdown_service::of(executor_).remove(*this);
  deadlines_.stop();
  for (auto const& call : calls_) call->orphan();
}

HEDDLE_DECL void channel_core::on_context_shutdown() noexcept {
  auto const keep = weak_from_this().lock();
  shut_down_ = true;
  std::vector<std::shared_ptr<client_call>> calls;
  {
    std::lock_guard const lock(mutex_);
    calls = calls_;
  }
  for (auto const& call : calls) call->drop_waiters();
  auto const watchers = std::exchange(watchers_, {});
  for (auto const& w : watchers) w->changed.drop();
  for (auto const& call : calls) call->let_go_of_channel();
}

// ---- calls

HEDDLE_DECL std::shared_ptr<client_call> channel_core::acquire() {
  std::lock_guard const lock(mutex_);
  if (free_.empty()) {
    calls_.push_back(std::make_shared<client_call>(*this));
    free_.reserve(calls_.size());
    return calls_.back();
  }
  auto call = std::move(free_.back());
  free_.pop_back();
  return call;
}

HEDDLE_DECL void channel_core::recycle(client_call& call) {
  std::lock_guard const lock(mutex_);
  free_.push_back(call.shared_from_this());
  called_ = true;
  if (!has_deadline() && free_.size() == calls_.size() && subchannel_.state() == connectivity::ready) watch_idleness();
}

HEDDLE_DECL void channel_core::watch_idleness() {
  called_ = false;
  deadlines_.set(*this, after(get_clock().now(), options_.idle_timeout()));
}

/// The idle timeout. It does not move with every call, but looks whether there was one.
HEDDLE_DECL void channel_core::on_deadline() {
  std::vector<std::shared_ptr<client_call>> unused;
  {
    std::lock_guard const lock(mutex_);
    if (free_.size() != calls_.size()) return;  // its end begins another
    if (!called_) {
      free_.clear();
      unused.swap(calls_);
    }
  }
  if (called_) return watch_idleness();
  subchannel_.go_idle();
}

HEDDLE_DECL void channel_core::pick(client_call& call) {
  if (closed_) return call.end_with_channel();
  if (queue_head_ == nullptr) {
    transport::http2_driver* const driver = subchannel_.driver_with_room();
    if (driver != nullptr && call.start_attempt(*driver)) return;
  }
  if (subchannel_.state() == connectivity::transient_failure && !call.wait_for_ready())
    return call.end_unconnected(subchannel_.last_error());
  call.queued_ = true;
  call.next_queued_ = nullptr;
  call.previous_queued_ = queue_tail_;
  (queue_head_ != nullptr ? queue_tail_->next_queued_ : queue_head_) = &call;
  queue_tail_ = &call;
  subchannel_.connect();
}

HEDDLE_DECL void channel_core::unqueue(client_call& call) noexcept {
  if (!call.queued_) return;
  (call.previous_queued_ != nullptr ? call.previous_queued_->next_queued_ : queue_head_) = call.next_queued_;
  (call.next_queued_ != nullptr ? call.next_queued_->previous_queued_ : queue_tail_) = call.previous_queued_;
  call.queued_ = false;
}

HEDDLE_DECL void channel_core::on_room() {
  while (queue_head_ != nullptr) {
    transport::http2_driver* const driver = subchannel_.driver_with_room();
    if (driver == nullptr) return;
    client_call& call = *queue_head_;
    unqueue(call);
    if (!call.start_attempt(*driver)) return pick(call);
  }
}

HEDDLE_DECL void channel_core::on_state(connectivity state, status const& why) {
  if (channelz_ != nullptr) channelz_->state.set(static_cast<int>(state));
  tell_watchers(state);
  if (state == connectivity::transient_failure) fail_queued(why);
  if (state == connectivity::idle && queue_head_ != nullptr) subchannel_.connect();
  state == connectivity::ready ? watch_idleness() : deadlines_.remove(*this);
  if (state == connectivity::idle) deadlines_.relax();
}

HEDDLE_DECL std::string too_many_pings_text(std::string_view target, duration now) {
  std::string text = "heddle: the server of ";
  percent_encode(target, text);  // one line, whatever it is
  text += " has closed a connection for its PINGs (too_many_pings); new ones ask after ";
  text += now == infinite ? "infinite" : std::to_string(std::chrono::ceil<std::chrono::seconds>(now).count()) + " s of";
  return text + " silence: see channel_options::keepalive_time(); on_too_many_pings() there replaces this line\n";
}

/// gRFC A8. Connections that were made before the last doubling say nothing new.
HEDDLE_DECL void channel_core::on_too_many_pings(duration time) {
  keepalive_time_ = std::max(keepalive_time_, transport::doubled_keepalive_time(time));
  if (!options_.on_too_many_pings()) {
    std::fputs(too_many_pings_text(target_text_, keepalive_time_).c_str(), stderr);
    return;
  }
  asio::post(executor_, [waiting = weak_from_this(), now = keepalive_time_] {
    auto const self = waiting.lock();
    if (self != nullptr && !self->destroyed_) self->options_.on_too_many_pings()(now);
  });
}

HEDDLE_DECL void channel_core::fail_queued(status const& why) {
  client_call* next = nullptr;
  for (client_call* call = queue_head_; call != nullptr; call = next) {
    next = call->next_queued_;
    if (!call->wait_for_ready()) call->end_unconnected(why);
  }
}

// ---- turns of our own, for what no connection's batch takes along

HEDDLE_DECL void channel_core::schedule(transport::ready_item& item) {
  ready_.push(item);
  post_round();
}

HEDDLE_DECL void channel_core::post_round() {
  if (round_posted_) return;
  round_posted_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->round_posted_ = false;
    while (transport::ready_item* const item = self->ready_.pop()) item->on_ready();
  });
}

// ---- states

HEDDLE_DECL bool channel_wait::wants(connectivity state) noexcept {
  if (connecting && state == connectivity::connecting) seen = state;  // under way: its end is what is wanted
  return state != seen;
}

HEDDLE_DECL void channel_core::watch(std::shared_ptr<channel_wait> w) {
  w->begun = true;
  if (w->cancelled) return w->changed.complete_later();
  if (w->connecting) subchannel_.connect();
  if (w->wants(subchannel_.state())) {
    w->now = subchannel_.state();
    w->why = subchannel_.last_error();
    return w->changed.complete_later();
  }
  w->pending = true;
  watchers_.push_back(std::move(w));
}

HEDDLE_DECL void channel_core::cancel_watch(channel_wait& w) {
  if (!w.begun) w.cancelled = true;  // overtaken: watch() is on its way
  if (!std::exchange(w.pending, false)) return;
  w.cancelled = true;
  std::erase_if(watchers_, [&w](auto const& other) { return other.get() == &w; });
  w.changed.complete_later();
}

HEDDLE_DECL void channel_core::tell_watchers(connectivity state) {
  auto const watchers = std::exchange(watchers_, {});
  for (auto const& w : watchers) {
    if (!w->wants(state)) {
      watchers_.push_back(w);
      continue;
    }
    w->pending = false;
    w->now = state;
    w->why = subchannel_.last_error();
    w->changed.complete_later();
  }
}

// ---- the end

HEDDLE_DECL void channel_core::close() {
  if (closed_) return;
  closed_ = true;
  std::vector<std::shared_ptr<client_call>> calls;
  {
    std::lock_guard const lock(mutex_);
    calls = calls_;
  }
  for (auto const& call : calls)
    if (call->is_running()) call->end_with_channel();
  subchannel_.close();
  if (channelz_ != nullptr) channelz_->state.set(static_cast<int>(connectivity::shutdown));
  tell_watchers(connectivity::shutdown);
  deadlines_.stop();
}

HEDDLE_DECL void channel_core::close_from_anywhere() {
  destroyed_ = true;
  asio::dispatch(executor_, [self = shared_from_this()] { self->close(); });
}

}  // namespace heddle::detail
