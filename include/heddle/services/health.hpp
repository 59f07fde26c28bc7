// grpc.health.v1.Health: whether a server, or one of its services, wants calls.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <heddle/base/config.hpp>
#include <heddle/server/service.hpp>
#include <heddle/services/health_messages.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle {

namespace detail {

class health_watcher;

/// What a health object and its handlers share. From any thread.
class health_state {
 public:
  health_state() { statuses_.emplace("", serving_status::serving); }

  void set(std::string_view name, serving_status value);
  void remove(std::string_view name);
  void shut_down();

  /// `service_unknown` for a name that was never set. `last`: no other will follow.
  serving_status get(std::string_view name, bool* last = nullptr) const;
  /// False when there are more than `most`.
  bool list(std::size_t most, services::health_list_response& into) const;
  void add(health_watcher& watcher);
  void forget(health_watcher& watcher) noexcept;

 private:
  void wake(std::string_view name);

  mutable std::mutex mutex_;
  std::map<std::string, serving_status, std::less<>> statuses_;
  std::set<health_watcher*> watchers_;
  bool shut_down_ = false;
};

/// One Watch call: owned by its handler, and by news on the way to it. Used on its handler's executor, except news().
class health_watcher final : public std::enable_shared_from_this<health_watcher>, private shutdown_listener {
 public:
  health_watcher(std::shared_ptr<health_state> state, std::string name, asio::any_io_executor home);
  ~health_watcher();

  std::string const& name() const noexcept { return name_; }
  void news();
  /// Until there are some, or the call is cancelled.
  asio::awaitable<void> wait();

 private:
  HEDDLE_DECL void on_context_shutdown() noexcept override;

  std::shared_ptr<health_state> const state_;
  std::string const name_;
  asio::any_io_executor const home_;
  waiter changed_;
  bool dirty_ = false;
  std::atomic<bool> told_ = false;  // news are on their way, and it looks when they have come
};

}  // namespace detail

/// The health service. One line makes it part of a server:
///
///     heddle::health health;
///     server.add(health);
///     health.set("pkg.Service", heddle::serving_status::serving);
///
/// The empty name stands for the whole server and is `serving` from the start; other names are known once they are set.
/// Check answers NOT_FOUND for others, Watch sends SERVICE_UNKNOWN and then what becomes of them, List gives up to 100.
/// When a server that it was added to is drained, everything becomes `not_serving` for good, before the clients get
/// their GOAWAY; Watch calls end after that, so that they do not hold the drain up. When one is destroyed without a
/// drain everything becomes `not_serving`, too, but its own clients may lose their connections before they hear of it.
/// Servers that do not end together need one each. All members may be called from any thread.
class health final : public service {
 public:
  /// The most that List answers with; with more names it is RESOURCE_EXHAUSTED.
  static constexpr std::size_t most_listed = 100;

  health() : state_(std::make_shared<detail::health_state>()) {}

  /// Of one service, by its full name, or of the server as a whole, by "". Without effect after shut_down().
  health& set(std::string_view name, serving_status value) {
    state_->set(name, value);
    return *this;
  }
  /// Makes a name unknown again.
  health& remove(std::string_view name) {
    state_->remove(name);
    return *this;
  }
  /// What Check would answer; `service_unknown` for what was never set.
  serving_status get(std::string_view name) const { return state_->get(name); }
  /// Everything is `not_serving` from now on, whatever is set later, and Watch calls end. A drain does it by itself; do
  /// it earlier to give balancers time to notice.
  void shut_down() { state_->shut_down(); }

  HEDDLE_DECL std::span<method_binding const> heddle_methods_() const noexcept override;
  HEDDLE_DECL std::span<descriptor_file const> heddle_files_() const noexcept override;
  std::function<void()> heddle_on_drain_() const override {
    return [state = state_] { state->shut_down(); };
  }

 private:
  reply<services::health_check_response> check(server_context& context, services::health_check_request& request);
  reply<services::health_list_response> list(server_context& context, services::health_list_request& request);
  reply<void> watch(server_context& context, services::health_check_request& request,
                    writer<services::health_check_response>& out);

  std::shared_ptr<detail::health_state> const state_;
};

namespace services {

inline constexpr unary_method<health_check_request, health_check_response> health_check{"/grpc.health.v1.Health/Check",
                                                                                        idempotency::no_side_effects};
inline constexpr unary_method<health_list_request, health_list_response> health_list{"/grpc.health.v1.Health/List",
                                                                                     idempotency::no_side_effects};
inline constexpr server_streaming_method<health_check_request, health_check_response> health_watch{
    "/grpc.health.v1.Health/Watch"};

}  // namespace services

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/health.ipp>
#endif
