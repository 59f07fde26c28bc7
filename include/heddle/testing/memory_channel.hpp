// A server and a channel to it over memory, and a generated fake behind them: tests of clients without ports.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/strand.hpp>

#include <heddle/client/channel.hpp>
#include <heddle/server/server.hpp>
#include <heddle/testing/memory_connector.hpp>

namespace heddle::testing {

/// A channel to a server of its own: the real codec over memory_streams. Both take their time from `time`, which must
/// outlive this. Destroying it ends the calls. Services are added through server(); run() is not needed. Stays where it
/// is: keep it in a std::unique_ptr to hand it on.
class memory_channel {
 public:
  explicit memory_channel(asio::any_io_executor executor, clock& time = system_clock(),
                          channel_options client = channel_options(), server_options served = server_options())
      : server_(executor, served.use_clock(time)),
        channel_(executor, "ipv4:192.0.2.1:50051",  // an address for documentation: nothing connects to it
                 client.use_clock(time).use_connector(connect_memory(server_, asio::make_strand(executor)))) {}
  template <class Context>
    requires std::is_convertible_v<Context&, asio::execution_context&>
  explicit memory_channel(Context& context, clock& time = system_clock(), channel_options client = channel_options(),
                          server_options served = server_options())
      : memory_channel(asio::any_io_executor(context.get_executor()), time, std::move(client), std::move(served)) {}
  // The connector knows where the server is.
  memory_channel(memory_channel const&) = delete;
  memory_channel& operator=(memory_channel const&) = delete;

  heddle::server& server() noexcept { return server_; }
  heddle::channel& channel() noexcept { return channel_; }

 private:
  heddle::server server_;
  heddle::channel channel_;
};

/// A generated fake, and a client whose calls it answers:
///
///     heddle::testing::faked<helloworld::greeter> greeter(context, clock);
///     greeter.fake().on_say_hello.returns(reply);
///     ... co_await greeter.client().say_hello(request) ...
///
/// `Service` is the generated struct; X.heddle.fake.hpp must be included. Destroying it ends the calls. Stays where it
/// is, as memory_channel does.
template <class Service>
class faked {
 public:
  explicit faked(asio::any_io_executor executor, clock& time = system_clock()) : channel_(std::move(executor), time) {
    channel_.server().add(fake_);
  }
  template <class Context>
    requires std::is_convertible_v<Context&, asio::execution_context&>
  explicit faked(Context& context, clock& time = system_clock())
      : faked(asio::any_io_executor(context.get_executor()), time) {}
  faked(faked const&) = delete;
  faked& operator=(faked const&) = delete;

  typename Service::fake& fake() noexcept { return *fake_; }
  typename Service::client client() { return typename Service::client(channel_.channel()); }
  heddle::channel& channel() noexcept { return channel_.channel(); }

 private:
  // Shared with handlers that still run when this is gone.
  std::shared_ptr<typename Service::fake> const fake_ = std::make_shared<typename Service::fake>();
  memory_channel channel_;
};

}  // namespace heddle::testing
