#pragma once

#include <algorithm>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/server/thread_per_core.hpp>
#include <heddle/transport/thread_name.hpp>

namespace heddle {

namespace detail {

class group_core {
 public:
  group_core(std::size_t n, server_options options) : grace_(options.grace()) {
    options.single_threaded(true);
    for (std::size_t i = 0; i < n; ++i) members_.push_back(std::make_unique<member>(options));
  }
  ~group_core() {
    drain(duration::zero());
    for (auto const& m : members_)
      if (m->thread.joinable()) m->thread.join();
  }

  std::size_t size() const noexcept { return members_.size(); }
  asio::io_context& context(std::size_t i) noexcept { return members_[i]->context; }
  heddle::server& server(std::size_t i) noexcept { return members_[i]->server; }
  std::vector<endpoint> const& endpoints() const noexcept { return endpoints_; }

  endpoint listen(std::size_t index, std::size_t nth, std::string_view address, listen_options options) {
    options.reuse_port(true);
    if (index == 0) {
      endpoint const bound = server(0).listen(address, std::move(options));
      addresses_.emplace_back(address);
      endpoints_.push_back(bound);
      return bound;
    }
    if (nth >= addresses_.size() || addresses_[nth] != address)
      throw std::invalid_argument("thread_per_core: " + std::string(address) +
                                  " is not what the first member opened here; all open the same in the same order");
    return server(index).listen(endpoints_[nth].to_string(), std::move(options));
  }

  void start() {
    std::lock_guard const lock(mutex_);
    if (std::exchange(started_, true)) return;
    for (std::size_t i = 0; i < members_.size(); ++i) members_[i]->thread = std::thread([this, i] { run(i); });
  }
  void drain(duration grace) {
    for (auto const& m : members_) {
      heddle::server& server = m->server;
      asio::post(m->context, [&server, &context = m->context, grace] {
        asio::co_spawn(context, server.drain(grace), asio::detached);
      });
    }
  }
  std::size_t join() {
    std::size_t abandoned = 0;
    for (auto const& m : members_) {
      if (m->thread.joinable()) m->thread.join();
      abandoned += m->abandoned;
    }
    std::lock_guard const lock(mutex_);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return abandoned;
  }

 private:
  struct member {
    explicit member(server_options const& options) : server(context, options) {}
    asio::io_context context{1};  // still safe to post to from other threads
    heddle::server server;
    std::thread thread;
    std::size_t abandoned = 0;
  };

  void run(std::size_t i) {
    transport::name_this_thread(("heddle/" + std::to_string(i)).c_str());
    member& m = *members_[i];
    try {
      asio::co_spawn(m.context, m.server.run(), [&m](std::exception_ptr, std::size_t abandoned) {
        m.abandoned = abandoned;
        m.context.stop();
      });
      m.context.run();
    } catch (...) {
      {
        std::lock_guard const lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
      drain(grace_);
    }
  }

  duration const grace_;
  std::vector<std::unique_ptr<member>> members_;
  std::vector<std::string> addresses_;
  std::vector<endpoint> endpoints_;
  std::mutex mutex_;
  bool started_ = false;
  std::exception_ptr failure_;
};

}  // namespace detail

HEDDLE_DECL asio::io_context& core_server::context() const noexcept { return group_.context(index_); }

HEDDLE_DECL server& core_server::server() const noexcept { return group_.server(index_); }

HEDDLE_DECL endpoint core_server::listen(std::string_view address, listen_options options) {
  return group_.listen(index_, opened_++, address, std::move(options));
}

HEDDLE_DECL server_group::~server_group() = default;

HEDDLE_DECL std::size_t server_group::size() const noexcept { return core_->size(); }

HEDDLE_DECL std::vector<endpoint> const& server_group::endpoints() const noexcept { return core_->endpoints(); }

HEDDLE_DECL void server_group::start() { core_->start(); }

HEDDLE_DECL void server_group::drain(duration grace) { core_->drain(grace); }

HEDDLE_DECL std::size_t server_group::join() { return core_->join(); }

HEDDLE_DECL server_group thread_per_core(std::size_t n, std::function<void(core_server&)> const& setup,
                                         server_options options) {
  if (n == 0) n = std::max(1u, std::thread::hardware_concurrency());
  auto core = std::make_shared<detail::group_core>(n, std::move(options));
  for (std::size_t i = 0; i < n; ++i) {
    core_server member(*core, i);
    setup(member);
  }
  return server_group(std::move(core));
}

}  // namespace heddle
