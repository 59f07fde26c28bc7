// bench_client PORT unary OUTSTANDING COUNT | stream COUNT SIZE | check | idle CONNECTIONS STREAMS  [--tls CA]
// One thread. unary and stream print one line of JSON, see stopwatch.hpp; idle opens that many connections with so many
// bidi calls on each, says "ready", and holds them until its input ends.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <deque>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <heddle/client.hpp>

#include "arguments.hpp"
#include "bench.heddle.hpp"
#include "security.hpp"
#include "stopwatch.hpp"

namespace asio = boost::asio;
using bench::Req;
using bench::Resp;
using bench::StreamReq;
using bench_program::arguments;
using bench_program::stopwatch;
using client = bench::bench::client;
using bidi_call = heddle::bidi_streaming_call<Req, Resp>;

namespace {

Req request_of(std::size_t size) {
  Req request;
  request.set_payload(std::string(size, 'x'));
  return request;
}

void expect(bool holds, char const* what) {
  if (!holds) throw std::runtime_error(std::string("wrong answer: ") + what);
}

/// Runs the context until a coroutine has ended, and throws what that threw.
void run(asio::io_context& context, asio::awaitable<void> work) {
  std::exception_ptr failure;
  auto const stop = [&](std::exception_ptr error) {
    failure = error;
    context.stop();  // an idle channel keeps the context running
  };
  asio::co_spawn(context, std::move(work), stop);
  context.run();
  context.restart();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> call_in_turn(client& stub, long& left) {
  Req const request = request_of(16);
  while (left > 0) {
    --left;
    Resp const response = co_await stub.unary(request);
    expect(response.payload().size() == 16, "unary");
  }
}

/// `count` calls, of which `outstanding` run at any time.
void call(asio::io_context& context, client& stub, long outstanding, long count) {
  std::exception_ptr failure;
  long left = count, running = outstanding;
  auto const ended = [&](std::exception_ptr error) {
    if (error) failure = error;
    if (--running == 0 || failure) context.stop();
  };
  for (long i = 0; i < outstanding; ++i) asio::co_spawn(context, call_in_turn(stub, left), ended);
  context.run();
  context.restart();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> read_stream(client& stub, unsigned count, unsigned size) {
  StreamReq request;
  request.set_count(count);
  request.set_size(size);
  auto responses = stub.server_stream(request);
  Resp response;
  unsigned n = 0;
  for (; co_await responses.read(response); ++n) expect(response.payload().size() == size, "server_stream");
  expect(n == count, "number of messages");
}

asio::awaitable<void> check(client& stub) {
  for (std::size_t const size : {0u, 16u, 1024u, 65536u, 1048576u}) {
    Req const request = request_of(size);
    Resp const response = co_await stub.unary(request);
    expect(response.payload() == request.payload(), "unary");
  }
  co_await read_stream(stub, 10000, 16);
  Req request = request_of(100);
  auto upload = stub.client_stream();
  for (int i = 0; i < 1000; ++i) co_await upload.write(request);
  Resp const sum = co_await upload.finish();
  expect(sum.payload() == "100000", "client_stream");
  auto chat = stub.bidi();
  for (int i = 0; i < 100; ++i) {
    request.set_payload(std::to_string(i));
    co_await chat.write(request);
    auto const answer = co_await chat.read();
    expect(answer && answer->payload() == request.payload(), "bidi");
  }
  co_await chat.writes_done();
  auto const end = co_await chat.read();
  expect(!end, "bidi does not end");
  std::puts("ok");
}

asio::awaitable<void> hold(asio::io_context& context, std::string target, heddle::channel_options options,
                           long connections, long streams) {
  std::deque<heddle::channel> channels;
  std::deque<bidi_call> calls;
  Req const request = request_of(16);
  Resp response;
  for (long i = 0; i < connections; ++i) {
    auto& channel = channels.emplace_back(context, target, options);
    co_await channel.connect();
    client stub(channel);
    for (long j = 0; j < streams; ++j) {
      auto& chat = calls.emplace_back(stub.bidi());
      co_await chat.write(request);
      bool const more = co_await chat.read(response);
      expect(more && response.payload().size() == 16, "bidi");
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
  char byte = 0;
  boost::system::error_code end;
  auto token = asio::redirect_error(asio::use_awaitable, end);
  while (!end) co_await input.async_read_some(asio::buffer(&byte, 1), token);
}

}  // namespace

int main(int argc, char** argv) try {
  arguments const given(argc, argv, {{"--tls", 1}});
  auto const& words = given.words();
  std::string const mode = words.size() > 1 ? words[1] : "";
  bool const known = mode == "check" ? words.size() == 2
                                     : (mode == "unary" || mode == "stream" || mode == "idle") && words.size() == 4;
  if (!known)
    throw std::invalid_argument(
        "usage: bench_client PORT unary OUTSTANDING COUNT | stream COUNT SIZE | check | idle CONNECTIONS STREAMS"
        "  [--tls CA]");
  std::string const target = "ipv4:127.0.0.1:" + words[0];
  heddle::channel_options options;
  options.single_threaded(true).max_receive_message_size(64 << 20);
  if (given.has("--tls")) options.use_connector(bench_program::connect_tls(given.value("--tls")));
  asio::io_context context(1);
  if (mode == "idle") {
    run(context, hold(context, target, options, std::stol(words[2]), std::stol(words[3])));
    return 0;
  }
  heddle::channel channel(context, target, options);
  client stub(channel);
  run(context, channel.connect());
  if (mode == "check") {
    run(context, check(stub));
  } else if (mode == "unary") {
    long const outstanding = std::stol(words[2]), count = std::stol(words[3]);
    call(context, stub, outstanding, count / 10 + 1);  // warms up, as the other clients do
    stopwatch const watch;
    call(context, stub, outstanding, count);
    watch.report(count);
  } else {
    long const count = std::stol(words[2]);
    stopwatch const watch;
    run(context, read_stream(stub, unsigned(count), unsigned(std::stoul(words[3]))));
    watch.report(count);
  }
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
