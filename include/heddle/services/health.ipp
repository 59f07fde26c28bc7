#pragma once

#include <array>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <heddle/services/files/health.hpp>
#include <heddle/services/health.hpp>

namespace heddle {

namespace detail {

HEDDLE_DECL void health_state::set(std::string_view name, serving_status value) {
  std::lock_guard const lock(mutex_);
  if (shut_down_) return;
  auto const found = statuses_.find(name);
  if (found == statuses_.end())
    statuses_.emplace(name, value);
  else if (std::exchange(found->second, value) == value)
    return;
  wake(name);
}

HEDDLE_DECL void health_state::remove(std::string_view name) {
  std::lock_guard const lock(mutex_);
  auto const found = statuses_.find(name);
  if (shut_down_ || found == statuses_.end()) return;
  statuses_.erase(found);
  wake(name);
}

HEDDLE_DECL void health_state::shut_down() {
  std::lock_guard const lock(mutex_);
  if (std::exchange(shut_down_, true)) return;
  for (auto& [name, value] : statuses_) value = serving_status::not_serving;
  for (health_watcher* const w : watchers_) w->news();
}

HEDDLE_DECL void health_state::wake(std::string_view name) {
  for (health_watcher* const w : watchers_)
    if (w->name() == name) w->news();
}

HEDDLE_DECL serving_status health_state::get(std::string_view name, bool* last) const {
  std::lock_guard const lock(mutex_);
  if (last != nullptr) *last = shut_down_;
  auto const found = statuses_.find(name);
  return found == statuses_.end() ? serving_status::service_unknown : found->second;
}

HEDDLE_DECL bool health_state::list(std::size_t most, services::health_list_response& into) const {
  std::lock_guard const lock(mutex_);
  if (statuses_.size() > most) return false;
  for (auto const& [name, value] : statuses_)
    into.statuses.emplace_back(name, services::health_check_response()).second.status = value;
  return true;
}

HEDDLE_DECL void health_state::add(health_watcher& watcher) {
  std::lock_guard const lock(mutex_);
  watchers_.insert(&watcher);
}

HEDDLE_DECL void health_state::forget(health_watcher& watcher) noexcept {
  std::lock_guard const lock(mutex_);
  watchers_.erase(&watcher);
}

// ---- watchers

HEDDLE_DECL health_watcher::health_watcher(std::shared_ptr<health_state> state, std::string name,
                                           asio::any_io_executor home)
    : state_(std::move(state)), name_(std::move(name)), home_(std::move(home)) {
  shutdown_service::of(home_).add(*this);
}

HEDDLE_DECL health_watcher::~health_watcher() {
  state_->forget(*this);
  shutdown_service::of(home_).remove(*this);
}

/// Under the state's lock. One that is about to be destroyed waits for that lock, and has no owner any more. Who is
/// slow has one post on its way at most, however often the status changes: it looks after that.
HEDDLE_DECL void health_watcher::news() {
  auto self = weak_from_this().lock();
  if (self != nullptr && !told_.exchange(true)) {
    asio::post(home_, [self = std::move(self)] {
      self->told_ = false;
      self->dirty_ = true;
      self->changed_.complete();
    });
  }
}

HEDDLE_DECL asio::awaitable<void> health_watcher::wait() {
  if (!dirty_) {
    auto const nothing = [] {};
    auto const cancel = [this](asio::cancellation_type) { changed_.complete_later(); };
    co_await changed_.wait(home_, nothing, cancel);
  }
  dirty_ = false;
}

HEDDLE_DECL void health_watcher::on_context_shutdown() noexcept {
  auto const keep = weak_from_this().lock();
  changed_.drop();
}

}  // namespace detail

HEDDLE_DECL reply<services::health_check_response> health::check(server_context&,
                                                                 services::health_check_request& request) {
  services::health_check_response answer;
  answer.status = state_->get(request.service);
  if (answer.status == serving_status::service_unknown)
    co_return status(status_code::not_found, "no health is known of \"" + request.service + "\"");
  co_return answer;
}

HEDDLE_DECL reply<services::health_list_response> health::list(server_context&, services::health_list_request&) {
  services::health_list_response answer;
  if (!state_->list(most_listed, answer))
    co_return status(status_code::resource_exhausted,
                     "the health of more than " + std::to_string(most_listed) + " services is known: use Check");
  co_return answer;
}

HEDDLE_DECL reply<void> health::watch(server_context& context, services::health_check_request& request,
                                      writer<services::health_check_response>& out) {
  asio::any_io_executor const home = co_await asio::this_coro::executor;
  auto const state = state_;
  auto const watcher = std::make_shared<detail::health_watcher>(state, request.service, home);
  state->add(*watcher);
  services::health_check_response answer;
  for (bool first = true, last = false; !last; first = false) {
    serving_status const now = state->get(request.service, &last);
    if (first || now != answer.status) {
      answer.status = now;
      co_await out.write(answer);
    }
    if (last) break;
    co_await watcher->wait();
    if (context.cancelled()) co_return status(status_code::cancelled, "nobody watches any more");
  }
  co_return status(status_code::unavailable, "the server is shutting down");
}

HEDDLE_DECL std::span<method_binding const> health::heddle_methods_() const noexcept {
  static constexpr std::array<method_binding, 3> methods = {bind_method<&health::check>(services::health_check),
                                                            bind_method<&health::list>(services::health_list),
                                                            bind_method<&health::watch>(services::health_watch)};
  return methods;
}

HEDDLE_DECL std::span<descriptor_file const> health::heddle_files_() const noexcept { return detail::files::health_v1; }

}  // namespace heddle
