// bench_client PORT unary OUTSTANDING COUNT | bench_client PORT stream COUNT SIZE | bench_client PORT check
// One thread; prints one JSON line with calls (or messages) per second and the CPU time of each.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

#include <heddle/client.hpp>

#include "bench.heddle.hpp"

namespace asio = boost::asio;
using bench::Req;
using bench::Resp;
using bench::StreamReq;
using client = bench::bench::client;

namespace {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto const seconds = [](timeval const& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class stopwatch {
 public:
  void report(long n) const {
    double const wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    double const cpu = cpu_seconds() - cpu_;
    std::printf("{\"n\":%ld,\"wall_s\":%.4f,\"rps\":%.0f,\"cpu_us\":%.3f}\n", n, wall, double(n) / wall,
                cpu * 1e6 / double(n));
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_ = cpu_seconds();
};

asio::awaitable<void> call_in_turn(client& stub, long& left, int& running) {
  Req request;
  request.set_payload(std::string(16, 'x'));
  ++running;
  while (left > 0) {
    --left;
    Resp const response = co_await stub.unary(request);
    if (response.payload().size() != 16) throw std::runtime_error("wrong answer");
  }
  --running;
}

asio::awaitable<void> stream(client& stub, unsigned count, unsigned size) {
  StreamReq request;
  request.set_count(count);
  request.set_size(size);
  auto responses = stub.server_stream(request);
  Resp response;
  unsigned n = 0;
  while (co_await responses.read(response)) ++n;
  if (n != count) throw std::runtime_error("wrong number of messages");
}

asio::awaitable<void> check(client& stub) {
  using namespace asio::experimental::awaitable_operators;
  Req request;
  request.set_payload("abc");
  Resp const unary = co_await stub.unary(request);
  if (unary.payload() != "abc") throw std::runtime_error("unary");
  co_await stream(stub, 1000, 100);
  auto upload = stub.client_stream();
  for (int i = 0; i < 1000; ++i) co_await upload.write(request);
  Resp const sum = co_await upload.finish();
  if (sum.payload() != "3000") throw std::runtime_error("client_stream");
  auto chat = stub.bidi();
  for (int i = 0; i < 100; ++i) {
    request.set_payload(std::to_string(i));
    co_await chat.write(request);
    auto const answer = co_await chat.read();
    if (!answer || answer->payload() != request.payload()) throw std::runtime_error("bidi");
  }
  co_await chat.writes_done();
  auto const end = co_await chat.read();
  if (end) throw std::runtime_error("bidi does not end");
  std::puts("ok");
}

}  // namespace

int main(int argc, char** argv) {
  std::string const mode = argc > 2 ? argv[2] : "";
  bool const known =
      (mode == "unary" && argc == 5) || (mode == "stream" && argc == 5) || (mode == "check" && argc == 3);
  if (!known) {
    std::cerr << "usage: bench_client PORT unary OUTSTANDING COUNT | stream COUNT SIZE | check\n";
    return 2;
  }
  asio::io_context context(1);
  heddle::channel channel(context, std::string("ipv4:127.0.0.1:") + argv[1],
                          heddle::channel_options().single_threaded(true).max_receive_message_size(64 << 20));
  client stub(channel);
  int failed = 0;
  auto const report_error = [&](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (std::exception const& e) {
      std::cerr << e.what() << '\n';
      failed = 1;
    }
    context.stop();  // the channel is idle and would keep the context running
  };
  if (mode == "check") {
    asio::co_spawn(context, check(stub), report_error);
    context.run();
    return failed;
  }
  long const count = std::atol(argv[mode == "unary" ? 4 : 3]);
  auto const connect = [&channel]() -> asio::awaitable<void> { co_await channel.connect(); };
  asio::co_spawn(context, connect(), report_error);
  context.run();
  context.restart();
  if (failed) return failed;
  stopwatch const watch;
  if (mode == "unary") {
    long left = count;
    int running = 0;
    auto const all_done = [&](std::exception_ptr error) {
      if (error || running == 0) report_error(error);
    };
    for (int i = std::atoi(argv[3]); i > 0; --i) asio::co_spawn(context, call_in_turn(stub, left, running), all_done);
    context.run();
  } else {
    asio::co_spawn(context, stream(stub, unsigned(count), unsigned(std::atoi(argv[4]))), report_error);
    context.run();
  }
  if (failed == 0) watch.report(count);
  return failed;
}
