// A race on purpose, through Asio as ours would be: two threads run one io_context, and handlers without a strand count
// in a plain int. The thread sanitizer has to report it, or its silence about the other programs means nothing.
#include <cstdio>
#include <latch>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace {
int handled = 0;

void count(boost::asio::io_context& context, int left) {
  ++handled;
  if (left > 0) boost::asio::post(context, [&context, left] { count(context, left - 1); });
}
}  // namespace

int main() {
  boost::asio::io_context context;
  std::latch both(2);  // a busy machine might let one thread do everything
  auto const begin = [&] {
    both.arrive_and_wait();
    count(context, 2000);
  };
  for (int i = 0; i < 2; ++i) boost::asio::post(context, begin);
  std::thread other([&context] { context.run(); });
  context.run();
  other.join();
  std::printf("handled %d\n", handled);
}
