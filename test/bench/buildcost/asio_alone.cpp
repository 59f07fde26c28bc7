// What Asio and one coroutine take to compile.
#include <boost/asio.hpp>

boost::asio::awaitable<void> nothing() { co_return; }

int main() {
  boost::asio::io_context context;
  boost::asio::co_spawn(context, nothing(), boost::asio::detached);
  context.run();
}
