// One io_context and one thread, and on it: a gRPC server, a client of it, timers, and a TCP echo that has never heard
// of gRPC. heddle has no loop and no threads of its own: it is a guest on your loop, as any other Asio code is.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "ticker.heddle.hpp"

namespace asio = boost::asio;
using namespace clockwork;
using namespace std::chrono_literals;
using asio::ip::tcp;

// 1. What was in your program before: here, a TCP echo.
asio::awaitable<void> echo(tcp::socket socket) {
  char buffer[256];
  while (true) {  // until the peer closes, which async_read_some() throws
    std::size_t const n = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(buffer, n), asio::use_awaitable);
  }
}

asio::awaitable<void> accept_echoes(tcp::acceptor& acceptor) {
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), echo(std::move(socket)), asio::detached);
  }
}

// 2. A gRPC server. Its handlers may await anything that Asio has, here a timer: one call waits, the thread does not.
class ticker_service final : public ticker::service {
  heddle::reply<void> watch(heddle::server_context&, WatchRequest& request, heddle::writer<Tick>& ticks) override {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    Tick tick;
    for (int number = 1; number <= request.count(); ++number) {
      timer.expires_after(20ms);
      co_await timer.async_wait(asio::use_awaitable);
      tick.set_number(number);
      co_await ticks.write(tick);
    }
    co_return heddle::ok;
  }
};

// 3. A client of both: what comes from the one goes through the other.
asio::awaitable<void> visit(std::string target, tcp::endpoint echo_port) {
  auto const executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  co_await socket.async_connect(echo_port, asio::use_awaitable);
  heddle::channel channel(executor, target, heddle::channel_options().single_threaded(true));
  ticker::client ticker(channel);
  WatchRequest request;
  request.set_count(3);
  auto ticks = ticker.watch(request, heddle::call_options().timeout(5s));
  while (auto tick = co_await ticks.read()) {
    std::string const line = "tick " + std::to_string(tick->number());
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    std::string echoed(line.size(), ' ');
    co_await asio::async_read(socket, asio::buffer(echoed), asio::use_awaitable);
    std::cout << echoed << " came by gRPC and went through the echo\n";
  }
}

int main(int argc, char** argv) try {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  ticker_service service;
  heddle::server server(context, heddle::server_options().single_threaded(true));  // a promise that makes calls cheaper
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "127.0.0.1:0");

  // 4. All end together: the end of the visit cancels what serves. The echo stops accepting, and server.run() drains.
  asio::cancellation_signal end;
  asio::co_spawn(context, server.run() || accept_echoes(acceptor),
                 asio::bind_cancellation_slot(end.slot(), asio::detached));
  std::exception_ptr failure;
  auto const visited = [&](std::exception_ptr error) {
    failure = error;
    end.emit(asio::cancellation_type::terminal);
  };
  asio::co_spawn(context, visit(endpoint.to_string(), acceptor.local_endpoint()), visited);
  context.run();  // returns because nothing is left to do
  if (failure) std::rethrow_exception(failure);
  std::cout << "all of it on one thread, and all of it has ended\n";
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
