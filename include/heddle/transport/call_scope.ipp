#pragma once

#include <algorithm>
#include <utility>

#include <heddle/transport/call_scope.hpp>

namespace heddle {

HEDDLE_DECL std::optional<duration> call_scope::time_left() const noexcept {
  if (deadline_ == never) return std::nullopt;
  return std::max(duration::zero(), deadline_ - clock_.now());
}

HEDDLE_DECL bool call_scope::add(child& c) {
  std::lock_guard const lock(mutex_);
  if (over_) return false;
  children_.push_back(&c);
  return true;
}

HEDDLE_DECL void call_scope::remove(child& c) noexcept {
  std::lock_guard const lock(mutex_);
  auto const found = std::find(children_.begin(), children_.end(), &c);
  if (found != children_.end()) children_.erase(found);
}

HEDDLE_DECL void call_scope::end() {
  std::lock_guard const lock(mutex_);
  over_ = true;
  for (child* const c : std::exchange(children_, {})) c->on_parent_end();
}

}  // namespace heddle
