// rpc_soak and channel_soak: large unary calls, one after the other by each of some workers, on one channel that all
// use or each on a new one.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <vector>

#include <heddle/transport/clock.hpp>

#include "cases.hpp"

namespace interop {

class soak {
 public:
  soak(environment& where, bool new_channels)
      : where_(where),
        new_channels_(new_channels),
        workers_(where.number("soak_num_threads", 1)),
        iterations_(where.number("soak_iterations", 10)),
        max_failures_(where.number("soak_max_failures", 0)),
        longest_(where.number("soak_per_iteration_max_acceptable_latency_ms", 1000)),
        pause_(where.number("soak_min_time_ms_between_rpcs", 0)),
        until_(heddle::system_clock().now() + std::chrono::seconds(where.number("soak_overall_timeout_seconds", 10))) {
    check(workers_ > 0 && iterations_ % workers_ == 0, "--soak_iterations is no multiple of --soak_num_threads");
    request_.set_response_size(where.number("soak_response_size", 314159));
    *request_.mutable_payload() = zeros(static_cast<std::size_t>(where.number("soak_request_size", 271828)));
  }

  asio::awaitable<void> run() {
    co_await run_workers(workers_);
    std::cerr << "(server_uri: " << where_.target() << ") soak test successes: " << done_ - failed_ << " / "
              << iterations_ << " iterations. Total failures: " << failed_ << ".\n";
    check(done_ == iterations_, "soak test consumed all its time after " + std::to_string(done_) + " iterations");
    check(failed_ <= max_failures_, "soak test has " + std::to_string(failed_) + " failures");
  }

 private:
  /// As many at once, all on this one thread.
  asio::awaitable<void> run_workers(int count) {
    using namespace asio::experimental::awaitable_operators;
    if (count == 1) {
      co_await work();
    } else {
      co_await (work() && run_workers(count - 1));
    }
  }

  asio::awaitable<void> work() {
    heddle::clock& clock = heddle::system_clock();
    std::optional<heddle::channel> own;
    for (int i = 0; i < iterations_ / workers_ && clock.now() < until_; ++i) {
      auto const begin = clock.now();
      if (new_channels_) own.emplace(where_.new_channel());
      co_await one(i, own ? *own : where_.channel());
      auto const next = begin + pause_;
      if (next > clock.now()) co_await clock.sleep_for(next - clock.now());
    }
  }

  asio::awaitable<void> one(int i, heddle::channel& channel) {
    heddle::clock& clock = heddle::system_clock();
    auto const begin = clock.now();
    client stub(channel);
    heddle::call_info info;
    auto const options = heddle::call_options().info(info).timeout(until_ - begin);
    auto const response = co_await stub.unary_call(request_, options, heddle::as_result);
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begin);
    ++done_;
    std::string outcome = "succeeded";
    if (response.has_error()) {
      outcome = "failed: " + to_string(response.error());
    } else if (response->payload().body().size() != static_cast<std::size_t>(request_.response_size())) {
      outcome = "failed: wrong size";
    } else if (took > longest_) {
      outcome = "exceeds max acceptable latency: " + std::to_string(longest_.count());
    }
    if (outcome != "succeeded") ++failed_;
    std::cerr << "soak iteration: " << i << " elapsed_ms: " << took.count() << " peer: " << info.peer()
              << " server_uri: " << where_.target() << ' ' << outcome << '\n';
  }

  environment& where_;
  bool const new_channels_;
  int const workers_, iterations_, max_failures_;
  std::chrono::milliseconds const longest_, pause_;
  heddle::time_point const until_;
  SimpleRequest request_;
  int done_ = 0, failed_ = 0;
};

inline asio::awaitable<void> rpc_soak(environment& where) {
  soak test(where, false);
  co_await test.run();
}

inline asio::awaitable<void> channel_soak(environment& where) {
  soak test(where, true);
  co_await test.run();
}

inline case_map soak_cases() {
  return {
      {"rpc_soak", rpc_soak},
      {"channel_soak", channel_soak},
  };
}

}  // namespace interop
