#pragma once

#include <algorithm>
#include <utility>

#include <heddle/transport/channelz_registry.hpp>

namespace heddle {

HEDDLE_DECL channelz_records::channelz_records() : registry_(std::make_shared<detail::channelz_registry>()) {}

}  // namespace heddle

namespace heddle::detail {

HEDDLE_DECL channelz_node::channelz_node(std::shared_ptr<channelz_registry> registry, channelz_kind k,
                                         std::shared_ptr<channelz_node> parent, std::string text, clock& c,
                                         std::string here)
    : kind(k),
      id(registry->next_id()),
      name(std::move(text)),
      local(std::move(here)),
      registry_(std::move(registry)),
      parent_(std::move(parent)),
      clock_(c) {
  registry_->add(*this);
}

HEDDLE_DECL channelz_node::~channelz_node() { registry_->remove(*this); }

HEDDLE_DECL void channelz_node::leave() noexcept { registry_->remove(*this); }

HEDDLE_DECL void channelz_node::set_auth(std::shared_ptr<auth_info const> auth) {
  auth_known_ = true;
  std::lock_guard const lock(registry_->mutex_);
  auth_ = std::move(auth);
}

HEDDLE_DECL void channelz_registry::add(channelz_node& node) {
  std::lock_guard const lock(mutex_);
  nodes_[static_cast<std::size_t>(node.kind)].emplace(node.id, &node);
  if (node.parent_ != nullptr) node.parent_->children_.emplace(std::pair(node.kind, node.id), &node);
}

/// Once when it leaves and once when it is destroyed: the second time with what has been counted in between.
HEDDLE_DECL void channelz_registry::remove(channelz_node& node) noexcept {
  std::lock_guard const lock(mutex_);
  nodes_[static_cast<std::size_t>(node.kind)].erase(node.id);
  if (node.parent_ == nullptr) return;
  channelz_node& parent = *node.parent_;
  parent.children_.erase({node.kind, node.id});
  auto const tell = [](std::int64_t& sum, std::int64_t& told, std::int64_t now) {
    sum += now - std::exchange(told, now);
  };
  tell(parent.ended_started_, node.told_started_, node.calls.started.get());
  tell(parent.ended_succeeded_, node.told_succeeded_, node.calls.succeeded.get());
  tell(parent.ended_failed_, node.told_failed_, node.calls.failed.get());
  time_point const last = node.calls.last_started.get();
  if (last != never && (parent.ended_last_ == never || last > parent.ended_last_)) parent.ended_last_ = last;
}

HEDDLE_DECL channelz_registry::sums channelz_registry::calls_of(channelz_node const& node) const {
  sums all;
  auto const take = [&all](std::int64_t started, std::int64_t succeeded, std::int64_t failed, time_point last) {
    all.started += started;
    all.succeeded += succeeded;
    all.failed += failed;
    if (last != never && (all.last_started == never || last > all.last_started)) all.last_started = last;
  };
  auto const take_node = [&take](channelz_calls const& c) {
    take(c.started.get(), c.succeeded.get(), c.failed.get(), c.last_started.get());
  };
  take_node(node.calls);
  if (node.kind != channelz_kind::server) return all;
  take(node.ended_started_, node.ended_succeeded_, node.ended_failed_, node.ended_last_);
  auto const of_socket = [&take_node](channelz_node const& socket) {
    take_node(socket.calls);
    return true;
  };
  each_child(node, channelz_kind::socket, 0, of_socket);
  return all;
}

}  // namespace heddle::detail
