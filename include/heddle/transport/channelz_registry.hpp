// What is counted for channelz, and where it is found. Only programs that ask for it have any of this: others pay for a
// null pointer.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <heddle/base/config.hpp>
#include <heddle/base/time.hpp>
#include <heddle/transport/auth.hpp>
#include <heddle/transport/channelz_records.hpp>
#include <heddle/transport/clock.hpp>

namespace heddle::detail {

/// Written by one thread at a time, read by any: an increment needs no locked instruction.
template <class T>
class single_writer {
 public:
  void set(T value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(T n) noexcept { set(get() + n); }
  T get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_{0};
};

class channelz_time {
 public:
  void set(time_point t) noexcept { since_.set(t.time_since_epoch().count() + 1); }
  /// `never`: it did not happen.
  time_point get() const noexcept {
    auto const since = since_.get();
    return since == 0 ? never : time_point(duration(since - 1));
  }

 private:
  single_writer<duration::rep> since_;
};

struct channelz_calls {
  single_writer<std::int64_t> started, succeeded, failed;
  channelz_time last_started;
};

enum class channelz_kind : std::uint8_t { channel, subchannel, server, socket, listener };

/// A server, channel, subchannel or socket. Registered as long as it lives; its owner holds it. What it counts is
/// written on one executor, that of its owner.
class channelz_node {
 public:
  /// A null parent is none. `name`: of a channel its target, of a socket its peer; `local`: this end of a socket.
  channelz_node(std::shared_ptr<channelz_registry> registry, channelz_kind kind, std::shared_ptr<channelz_node> parent,
                std::string name, clock& c, std::string local = {});
  ~channelz_node();
  channelz_node(channelz_node const&) = delete;
  channelz_node& operator=(channelz_node const&) = delete;

  time_point now() const { return clock_.now(); }
  std::shared_ptr<channelz_registry> const& registry() const noexcept { return registry_; }
  std::shared_ptr<channelz_node> const& parent() const noexcept { return parent_; }
  /// Those that its streams are calls of: its own on a server, where each connection counts for itself, and the
  /// subchannel's on a client.
  channelz_calls& calls_of_streams() noexcept {
    return parent_ != nullptr && parent_->kind == channelz_kind::subchannel ? parent_->calls : calls;
  }
  /// Its connection is closed: it is not listed any more, and goes on counting for who still has a call of it.
  void leave() noexcept;
  /// Of a secure socket, once.
  void set_auth(std::shared_ptr<auth_info const> auth);
  bool has_auth() const noexcept { return auth_known_; }

  channelz_kind const kind;
  std::int64_t const id;
  std::string const name;
  channelz_calls calls;
  single_writer<int> state;  // channels: enum connectivity

  // Sockets.
  std::string const local;
  single_writer<std::int64_t> streams_started, streams_succeeded, streams_failed;
  single_writer<std::int64_t> messages_sent, messages_received, keepalives_sent;
  channelz_time last_local_stream, last_remote_stream, last_sent, last_received;
  single_writer<std::int64_t> local_window, remote_window;  // what we, and what the peer, may still send

 private:
  friend class channelz_registry;

  std::shared_ptr<channelz_registry> const registry_;
  std::shared_ptr<channelz_node> const parent_;
  clock& clock_;
  bool auth_known_ = false;  // on its executor

  // Under the registry's lock.
  std::shared_ptr<auth_info const> auth_;
  std::map<std::pair<channelz_kind, std::int64_t>, channelz_node*> children_;
  std::int64_t ended_started_ = 0, ended_succeeded_ = 0, ended_failed_ = 0;  // of sockets that are gone
  time_point ended_last_ = never;
  std::int64_t told_started_ = 0, told_succeeded_ = 0, told_failed_ = 0;  // to the parent, of its own
};

/// From any thread. Who makes or destroys a node, that is, opens or closes a connection, waits while somebody looks: a
/// page of nodes is described in that time, and a server's calls are summed up over its connections. Counting waits for
/// nobody.
class channelz_registry {
 public:
  /// Visits nodes of one kind from `first` on, until `f(node)` returns false. `f` may look at everything, and must not
  /// make or destroy nodes.
  template <class F>
  void each(channelz_kind kind, std::int64_t first, F f) const {
    std::lock_guard const lock(mutex_);
    auto const& nodes = nodes_[static_cast<std::size_t>(kind)];
    for (auto it = nodes.lower_bound(first); it != nodes.end(); ++it)
      if (!f(*it->second)) return;
  }
  /// Calls `f(node)` for the one with that id; false when there is none.
  template <class F>
  bool with(channelz_kind kind, std::int64_t id, F f) const {
    std::lock_guard const lock(mutex_);
    auto const& nodes = nodes_[static_cast<std::size_t>(kind)];
    auto const found = nodes.find(id);
    if (found == nodes.end()) return false;
    f(*found->second);
    return true;
  }

  // Within `f`.

  /// Children of one kind from `first` on, until `f(child)` returns false.
  template <class F>
  void each_child(channelz_node const& parent, channelz_kind kind, std::int64_t first, F f) const {
    auto const& children = parent.children_;
    for (auto it = children.lower_bound({kind, first}); it != children.end() && it->first.first == kind; ++it)
      if (!f(*it->second)) return;
  }
  /// Of a server: all its connections', those that are gone as well.
  struct sums {
    std::int64_t started = 0, succeeded = 0, failed = 0;
    time_point last_started = never;
  };
  sums calls_of(channelz_node const& node) const;
  std::shared_ptr<auth_info const> const& auth_of(channelz_node const& node) const noexcept { return node.auth_; }

 private:
  friend class channelz_node;
  void add(channelz_node& node);
  void remove(channelz_node& node) noexcept;
  std::int64_t next_id() noexcept { return last_id_.fetch_add(1, std::memory_order_relaxed) + 1; }

  std::atomic<std::int64_t> last_id_{0};
  mutable std::mutex mutex_;
  std::array<std::map<std::int64_t, channelz_node*>, 5> nodes_;
};

/// What one call tells of itself: to nobody, unless its connection is recorded.
class channelz_meter {
 public:
  /// A stream has begun.
  void begin(channelz_node* where, bool by_peer) noexcept {
    where_ = where;
    if (where_ == nullptr) return;
    ended_well_ = is_call_ = is_ok_ = false;
    where_->streams_started.add(1);
    (by_peer ? where_->last_remote_stream : where_->last_local_stream).set(where_->now());
  }
  /// It is a call, not only a stream.
  void call() noexcept {
    if (where_ == nullptr) return;
    is_call_ = true;
    channelz_calls& calls = where_->calls_of_streams();
    calls.started.add(1);
    calls.last_started.set(where_->now());
  }
  /// END_STREAM is on its way, or has come, with this status.
  void answered(bool ok) noexcept {
    ended_well_ = true;
    is_ok_ = ok;
  }
  void end() noexcept {
    channelz_node* const where = std::exchange(where_, nullptr);
    if (where == nullptr) return;
    (ended_well_ ? where->streams_succeeded : where->streams_failed).add(1);
    channelz_calls& calls = where->calls_of_streams();
    if (is_call_) (is_ok_ ? calls.succeeded : calls.failed).add(1);
  }
  void sent(std::int64_t n = 1) noexcept {
    if (where_ == nullptr || n == 0) return;
    where_->messages_sent.add(n);
    where_->last_sent.set(where_->now());
  }
  void received() noexcept {
    if (where_ == nullptr) return;
    where_->messages_received.add(1);
    where_->last_received.set(where_->now());
  }
  bool on() const noexcept { return where_ != nullptr; }

 private:
  channelz_node* where_ = nullptr;
  bool ended_well_ = false, is_call_ = false, is_ok_ = false;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/channelz_registry.ipp>
#endif
