// The machine's own floor, from one Asio coroutine a connection on one thread.
//   bench_floor PORT                          answers small unary calls with canned bytes
//   bench_floor PORT echo                     sends back what it gets, as plain TCP
//   bench_floor PORT echo-client SIZE COUNT   sends and awaits COUNT times SIZE bytes
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../stopwatch.hpp"
#include "canned.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

asio::awaitable<void> answer(tcp::socket socket) try {
  canned_answers answers;
  for (;;) {
    auto const space = asio::buffer(answers.space(), answers.room());
    std::size_t const bytes = co_await socket.async_read_some(space, asio::use_awaitable);
    answers.feed(bytes);
    auto& output = answers.output();
    if (!output.empty()) co_await asio::async_write(socket, asio::buffer(output), asio::use_awaitable);
    output.clear();
  }
} catch (boost::system::system_error const&) {
}

asio::awaitable<void> echo(tcp::socket socket) try {
  std::vector<char> bytes(1024 * 1024);
  for (;;) {
    std::size_t const n = co_await socket.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(bytes.data(), n), asio::use_awaitable);
  }
} catch (boost::system::system_error const&) {
}

using connection = asio::awaitable<void> (*)(tcp::socket);

asio::awaitable<void> accept(tcp::acceptor& acceptor, connection serve) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

void call_echo(asio::io_context& context, tcp::endpoint const& server, std::size_t size, long count) {
  tcp::socket socket(context);
  socket.connect(server);
  socket.set_option(tcp::no_delay(true));
  std::vector<char> sent(size, 'x'), received(size);
  bench_program::stopwatch const watch;
  for (long i = 0; i < count; ++i) {
    asio::write(socket, asio::buffer(sent));
    asio::read(socket, asio::buffer(received));
  }
  watch.report(count);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string const mode = argc > 2 ? argv[2] : "";
  if (argc < 2 || (mode == "echo-client" ? argc != 5 : argc > 3 || (argc == 3 && mode != "echo")))
    throw std::invalid_argument("usage: bench_floor PORT [echo | echo-client SIZE COUNT]");
  asio::io_context context(1);
  tcp::endpoint const address(asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::stoul(argv[1])));
  if (mode == "echo-client") {
    call_echo(context, address, std::stoul(argv[3]), std::stol(argv[4]));
    return 0;
  }
  tcp::acceptor acceptor(context, address);
  asio::co_spawn(context, accept(acceptor, mode == "echo" ? &echo : &answer), asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
