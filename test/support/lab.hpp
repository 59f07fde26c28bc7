// What tests of channels and servers share: one io_context, time by hand, a server whose methods the test writes, and a
// channel to it over memory streams.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>
#include <heddle/testing/manual_clock.hpp>
#include <heddle/testing/memory_connector.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

namespace heddle::test {

using lab::Text;
using namespace std::chrono_literals;

inline Text text(std::string words, std::int64_t number = 0) {
  Text message;
  message.set_text(std::move(words));
  message.set_number(number);
  return message;
}

/// A coroutine that the test has started and looks after.
class task {
 public:
  template <class F>
  task(asio::any_io_executor const& executor, F f) : state_(std::make_shared<state>()) {
    auto const end = [s = state_](std::exception_ptr error) {
      s->done = true;
      s->error = error;
    };
    asio::co_spawn(executor, call(std::move(f)), asio::bind_cancellation_slot(state_->signal.slot(), end));
  }
  bool done() const noexcept { return state_->done; }
  /// It must have ended; rethrows what it ended with.
  void get() const {
    REQUIRE(state_->done);
    if (state_->error) std::rethrow_exception(state_->error);
  }
  void cancel(asio::cancellation_type type = asio::cancellation_type::terminal) { state_->signal.emit(type); }

 private:
  struct state {
    asio::cancellation_signal signal;
    std::exception_ptr error;
    bool done = false;
  };
  template <class F>
  static asio::awaitable<void> call(F f) {
    co_await f();
  }
  std::shared_ptr<state> state_;
};

/// Methods are what the test assigns; what it does not assign answers UNIMPLEMENTED.
class scripted_echo final : public lab::echo::service {
 public:
  std::function<reply<Text>(server_context&, Text&)> on_unary;
  std::function<reply<void>(server_context&, Text&, writer<Text>&)> on_download;
  std::function<reply<Text>(server_context&, reader<Text>&)> on_upload;
  std::function<reply<void>(server_context&, stream<Text, Text>&)> on_chat;

 private:
  reply<Text> unary(server_context& context, Text& request) override {
    return on_unary ? on_unary(context, request) : lab::echo::service::unary(context, request);
  }
  reply<void> download(server_context& context, Text& request, writer<Text>& out) override {
    return on_download ? on_download(context, request, out) : lab::echo::service::download(context, request, out);
  }
  reply<Text> upload(server_context& context, reader<Text>& in) override {
    return on_upload ? on_upload(context, in) : lab::echo::service::upload(context, in);
  }
  reply<void> chat(server_context& context, stream<Text, Text>& both) override {
    return on_chat ? on_chat(context, both) : lab::echo::service::chat(context, both);
  }
};

/// Answers every kind of call with what it was sent.
inline void echo_everything(scripted_echo& service) {
  service.on_unary = [](server_context&, Text& request) -> reply<Text> { co_return request; };
  service.on_download = [](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    for (std::int64_t i = 0; i < request.number(); ++i) {
      Text const message = text(request.text(), i);
      co_await out.write(message);
    }
    co_return ok;
  };
  service.on_upload = [](server_context&, reader<Text>& in) -> reply<Text> {
    Text all, one;
    while (co_await in.read(one)) {
      all.set_text(all.text() + one.text());
      all.set_number(all.number() + 1);
    }
    co_return all;
  };
  service.on_chat = [](server_context&, stream<Text, Text>& both) -> reply<void> {
    Text one;
    while (co_await both.read(one)) co_await both.write(one);
    co_return ok;
  };
}

/// One thread is promised, so nobody needs a strand; or it is not, and everybody has one.
enum class strands : bool { none, everywhere };

class world {
 public:
  explicit world(strands s = strands::none, server_options so = server_options(),
                 channel_options co = channel_options(), memory_stream_options mo = memory_stream_options())
      : strands_(s), memory_(mo) {
    so.single_threaded(s == strands::none).use_clock(clock);
    server.emplace(context, std::move(so));
    server->add(service);
    co.single_threaded(s == strands::none).use_clock(clock).use_connector(to_server());
    channel.emplace(context, "ipv4:192.0.2.1:50051", std::move(co));
  }

  // The clock outlives what waits in the context.
  testing::manual_clock clock{context};
  scripted_echo service;
  asio::io_context context{1};
  std::optional<heddle::server> server;
  std::optional<heddle::channel> channel;
  int connections = 0;

  connector to_server() {
    auto const accept = [this](std::unique_ptr<byte_stream> stream) {
      ++connections;
      if (server) server->serve(std::move(stream));  // else nobody listens
    };
    asio::any_io_executor const executor = context.get_executor();
    return testing::connect_memory(
        strands_ == strands::none ? executor : asio::any_io_executor(asio::make_strand(executor)), accept, memory_);
  }
  lab::echo::client client() const { return lab::echo::client(*channel); }

  template <class F>
  task start(F f) {
    return task(context.get_executor(), std::move(f));
  }
  /// Runs a coroutine to its end, in no time at all.
  template <class F>
  void run(F f) {
    task const t = start(std::move(f));
    clock.settle();
    t.get();
  }

 private:
  strands const strands_;
  memory_stream_options const memory_;
};

/// The status that an awaited operation ends with.
template <class T>
asio::awaitable<status> status_of(asio::awaitable<T> operation) {
  try {
    co_await std::move(operation);
    co_return ok;
  } catch (rpc_error const& e) {
    co_return e.status();
  }
}

}  // namespace heddle::test
