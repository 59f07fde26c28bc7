// Our client's keepalive against the server of another implementation, on a clock that runs fast.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <heddle/client.hpp>

#include "peer.heddle.hpp"
#include "support/catch.hpp"
#include "target.hpp"

namespace asio = boost::asio;
using namespace heddle_peer;
using namespace std::chrono_literals;

namespace {

/// What we take for a second is a hundredth of one.
class fast_clock final : public heddle::clock {
 public:
  heddle::time_point now() const noexcept override { return start_ + (heddle::system_clock().now() - start_) * factor; }
  std::unique_ptr<heddle::timer> make_timer(asio::any_io_executor const& executor) override {
    return std::make_unique<fast_timer>(start_, heddle::system_clock().make_timer(executor));
  }

 private:
  static constexpr int factor = 100;
  class fast_timer final : public heddle::timer {
   public:
    fast_timer(heddle::time_point start, std::unique_ptr<heddle::timer> slow) : start_(start), slow_(std::move(slow)) {}
    void wait_until(heddle::time_point when, std::function<void()> f) override {
      slow_->wait_until(when == heddle::never ? when : start_ + (when - start_) / factor + 1ms, std::move(f));
    }
    void cancel() override { slow_->cancel(); }

   private:
    heddle::time_point start_;
    std::unique_ptr<heddle::timer> slow_;
  };
  heddle::time_point const start_ = heddle::system_clock().now();
};

}  // namespace

TEST_CASE("our client: who asks too often is told so, and asks half as often on its next connection") {
  fast_clock clock;
  std::vector<heddle::duration> told;
  heddle::channel_options options;
  options.use_clock(clock).keepalive_time(10s).keepalive_timeout(1h);
  options.backoff(heddle::backoff_options().min_connect_timeout(1h));
  options.on_too_many_pings([&](heddle::duration now) { told.push_back(now); });
  asio::io_context context(1);
  heddle::channel channel(context, foreign_target(), std::move(options));
  peer::client stub(channel);
  heddle::status end;
  auto const body = [&]() -> asio::awaitable<void> {
    Message const nothing;
    auto sleep = stub.sleep(nothing);
    try {
      while (co_await sleep.read()) {
      }
    } catch (heddle::rpc_error const& e) {
      end = e.status();
    }
    Message const request;
    co_await stub.echo(request);  // on a new connection
  };
  bool ended = false;
  std::exception_ptr failure;
  asio::co_spawn(context, body(), [&](std::exception_ptr e) {
    failure = e;
    ended = true;
    context.stop();
  });
  context.run_for(30s);
  if (failure) std::rethrow_exception(failure);
  REQUIRE(ended);
  INFO(to_string(end));
  CHECK(end.code() == heddle::status_code::unavailable);
  // Some say it with GOAWAY alone, others also with the status of the call.
  bool const from_goaway = end.message().find("ENHANCE_YOUR_CALM, too_many_pings") != std::string_view::npos;
  CHECK((from_goaway || end.message().find("Too many pings") != std::string_view::npos));
  CHECK(told == std::vector<heddle::duration>{20s});
}
