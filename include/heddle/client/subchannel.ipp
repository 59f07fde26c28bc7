#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include <heddle/client/subchannel.hpp>

namespace heddle::detail {

/// One driver and what it tells us. Old ones finish their calls beside the current one.
class subchannel::connection final : private transport::http2_driver_user {
 public:
  connection(subchannel& owner, std::unique_ptr<byte_stream> stream)
      : owner_(owner),
        driver_(std::make_shared<transport::http2_driver>(http2::role::client, std::move(stream),
                                                          owner.options_.limits(), owner.options_.used_clock(),
                                                          owner.options_.backoff().min_connect_timeout())),
        keepalive_time_(owner.user_.keepalive_time()) {
    channel_options const& o = owner.options_;
    driver_->watch(transport::keepalive(keepalive_time_, o.keepalive_timeout(), o.keepalive_without_calls()));
  }
  ~connection() {
    driver_->detach();
    driver_->close(status(status_code::cancelled, "the channel was destroyed"));
  }
  void start() {
    if (owner_.channelz_ != nullptr) driver_->record(owner_.channelz_);
    driver_->check_threads(owner_.check_);
    driver_->start(*this);
  }
  transport::http2_driver& driver() noexcept { return *driver_; }

 private:
  rpc::exchange_events& on_request(transport::http2_exchange&) override { std::terminate(); }  // clients get none
  void on_room() override {
    if (owner_.current_ != this) return;
    if (driver_->is_retired()) return;  // GOAWAY came with the SETTINGS: it was never ready, and the next try waits
    if (owner_.state_ == connectivity::connecting) owner_.became_ready();
    owner_.user_.on_room();
  }
  void on_retired(status const& why) override {
    heed_complaint();
    if (owner_.current_ == this) owner_.leave_current(why);
  }
  void on_closed(status const& why) override {
    heed_complaint();  // a peer that is gone as soon as it has complained leaves no time for on_retired()
    owner_.lost(*this, why);
  }
  void heed_complaint() {
    if (heeded_ || !driver_->is_told_too_many_pings()) return;
    heeded_ = true;
    owner_.user_.on_too_many_pings(keepalive_time_);
  }

  subchannel& owner_;
  std::shared_ptr<transport::http2_driver> driver_;
  duration const keepalive_time_;
  bool heeded_ = false;
};

HEDDLE_DECL subchannel::subchannel(subchannel_user& user, channel_options const& options, target const& name,
                                   std::string const& authority, asio::any_io_executor executor,
                                   deadline_queue& deadlines, std::shared_ptr<channelz_node> const& recorded)
    : user_(user),
      options_(options),
      name_(name),
      authority_(authority),
      executor_(std::move(executor)),
      deadlines_(deadlines),
      channelz_(recorded == nullptr ? nullptr
                                    : std::make_shared<channelz_node>(recorded->registry(), channelz_kind::subchannel,
                                                                      recorded, recorded->name, options.used_clock())),
      backoff_(options.backoff()),
      check_(options.single_threaded() ? std::make_shared<thread_check>() : nullptr) {}

HEDDLE_DECL subchannel::~subchannel() { close(); }

HEDDLE_DECL void subchannel::close() {
  state_ = connectivity::shutdown;
  if (channelz_ != nullptr) channelz_->state.set(static_cast<int>(state_));
  deadlines_.remove(*this);
  attempt_.reset();
  resolver_.reset();
  current_ = nullptr;
  connections_.clear();
}

HEDDLE_DECL void subchannel::go_idle() {
  if (state_ != connectivity::ready) return;
  current_->driver().shut_down();
  leave_current(status());
}

HEDDLE_DECL transport::http2_driver* subchannel::driver_with_room() const noexcept {
  if (state_ != connectivity::ready || !current_->driver().can_open()) return nullptr;
  return &current_->driver();
}

HEDDLE_DECL std::string subchannel::wanted() const {
  if (state_ == connectivity::ready)
    return "a free stream of " + std::string(current_->driver().peer()) + ", which lets " +
           std::to_string(current_->driver().connection().peer_settings().max_concurrent_streams) +
           " calls run at once";
  std::string text = "a connection";
  if (step_ == step::connecting)
    text += next_address_ == 0 ? ": " + name_.authority + " is being resolved"
                               : ": connecting to " + addresses_[next_address_ - 1].to_string();
  if (!last_error_.is_ok()) text += " (" + std::string(last_error_.message()) + ")";
  return text;
}

HEDDLE_DECL void subchannel::set_state(connectivity state) {
  state_ = state;
  if (channelz_ != nullptr) channelz_->state.set(static_cast<int>(state));
  user_.on_state(state, last_error_);
}

// ---- connecting

HEDDLE_DECL void subchannel::connect() {
  if (state_ != connectivity::idle) return;
  clock& c = options_.used_clock();
  attempt_started_ = c.now();
  step_ = step::connecting;
  addresses_.clear();
  next_address_ = 0;
  deadlines_.set(*this, after(attempt_started_, options_.backoff().min_connect_timeout()));
  set_state(connectivity::connecting);
  if (!name_.addresses.empty()) return resolved(name_.addresses);
  if (resolver_ == nullptr) resolver_ = options_.used_resolver()(name_, executor_);
  resolver_->resolve([this](result<std::vector<endpoint>> found) { resolved(std::move(found)); });
}

HEDDLE_DECL void subchannel::resolved(result<std::vector<endpoint>> addresses) {
  if (state_ != connectivity::connecting || step_ != step::connecting) return;
  if (addresses.has_error()) return failed(addresses.error());
  addresses_ = std::move(*addresses);
  if (addresses_.empty())
    return failed(status(status_code::unavailable, "the name " + name_.authority + " has no addresses"));
  try_next();
}

HEDDLE_DECL void subchannel::try_next() {
  if (next_address_ == addresses_.size()) return failed(last_error_);
  // Each address has its own time, or a silent first one would hide the others for ever.
  deadlines_.set(*this, after(options_.used_clock().now(), options_.backoff().min_connect_timeout()));
  connect_request const request(addresses_[next_address_++], authority_, executor_, options_.used_clock(),
                                options_.on_open());
  attempt_ = options_.used_connector()(
      request, [this](result<std::unique_ptr<byte_stream>> stream) { connected(std::move(stream)); });
}

/// One text for the first few addresses: [::1] alone would say little on a machine that has no IPv6.
HEDDLE_DECL void subchannel::note_failure(status why) {
  if (next_address_ > 4) return;
  if (next_address_ > 1) why.set_message(std::string(last_error_.message()) + "; " + std::string(why.message()));
  last_error_ = std::move(why);
}

HEDDLE_DECL void subchannel::connected(result<std::unique_ptr<byte_stream>> stream) {
  auto const done = std::exchange(attempt_, nullptr);
  if (state_ != connectivity::connecting) return;
  if (stream.has_error()) {
    note_failure(stream.error());
    return try_next();
  }
  connections_.push_back(std::make_unique<connection>(*this, std::move(*stream)));
  current_ = connections_.back().get();
  current_->start();
}

/// Ready means that the peer's SETTINGS have come: whoever accepts and says nothing is not ready.
HEDDLE_DECL void subchannel::became_ready() {
  step_ = step::none;
  deadlines_.remove(*this);
  deadlines_.relax();
  backoff_.reset();
  last_error_ = status();
  set_state(connectivity::ready);
}

HEDDLE_DECL void subchannel::failed(status why) {
  attempt_.reset();
  last_error_ = std::move(why);
  step_ = step::waiting;
  // connection-backoff.md: the delay counts from the start of the attempt.
  time_point const next = after(attempt_started_, backoff_.next(*options_.used_random()));
  deadlines_.set(*this, std::max(next, options_.used_clock().now()));
  set_state(connectivity::transient_failure);
}

HEDDLE_DECL void subchannel::on_deadline() {
  if (step_ == step::waiting) {
    step_ = step::none;
    return set_state(connectivity::idle);
  }
  if (connection* const slow = std::exchange(current_, nullptr))
    connections_.remove_if([slow](auto const& c) { return c.get() == slow; });
  std::string const whom = next_address_ == 0 ? name_.authority : addresses_[next_address_ - 1].to_string();
  note_failure(status(status_code::unavailable,
                      "connecting to " + whom + " took longer than backoff_options::min_connect_timeout()",
                      status_origin::transport));
  if (next_address_ == 0) resolver_.reset();  // it is still at it, and its answer would be taken for the next one's
  try_next();
}

HEDDLE_DECL void subchannel::reset_backoff() {
  backoff_.reset();
  if (step_ != step::waiting) return;
  deadlines_.remove(*this);
  on_deadline();
}

HEDDLE_DECL void subchannel::lost(connection& c, status const& why) {
  bool const was_current = current_ == &c;
  // Its driver is still on the stack: it goes after this turn.
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (it->get() != &c) continue;
    asio::post(executor_, [gone = std::shared_ptr<connection>(std::move(*it))] {});
    connections_.erase(it);
    break;
  }
  if (was_current) leave_current(why);
}

/// It takes no more calls, whether or not it still finishes some.
HEDDLE_DECL void subchannel::leave_current(status const& why) {
  current_ = nullptr;
  if (state_ == connectivity::connecting) {
    note_failure(why);
    return try_next();
  }
  if (state_ == connectivity::ready) set_state(connectivity::idle);
}

}  // namespace heddle::detail
