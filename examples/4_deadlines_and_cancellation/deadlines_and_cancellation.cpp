// Five ways for a call to end early, and what its handler sees. Server and client are in one program, on one thread.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include <heddle/base/status_io.hpp>
#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "worker.heddle.hpp"

namespace asio = boost::asio;
using namespace patience;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

// What handlers tell the course.
using news = asio::experimental::channel<void(boost::system::error_code, std::string)>;

class worker_service final : public worker::service {
 public:
  explicit worker_service(news& n) : news_(n) {}
  std::optional<worker::client> colleague;

 private:
  // A handler is cancelled (terminal) when its client is gone, when the deadline has passed, or when the server stops:
  // what it awaits then ends with operation_aborted. This one wants to clean up. Others do nothing: the exception ends
  // them, and its destructors clean up.
  heddle::reply<WorkReply> work(heddle::server_context& context, WorkRequest& request) override {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(request.milliseconds()));
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    tell(context.cancelled() ? "work was cancelled" : "work was done");
    if (ec) co_return heddle::status(heddle::status_code::cancelled);  // nobody hears it
    co_return WorkReply();
  }

  // Deadlines travel: who calls others on behalf of a call gives them what is left of its time.
  heddle::reply<WorkReply> delegate(heddle::server_context& context, WorkRequest& request) override {
    heddle::call_options options;
    if (auto const left = context.time_left()) options.timeout(*left);
    co_return co_await colleague->work(request, options);
  }

  // write() throws once nobody listens, so that this loop ends.
  heddle::reply<void> count(heddle::server_context& context, CountRequest&, heddle::writer<Number>& out) override {
    Number number;
    try {
      while (true) {
        co_await out.write(number);
        number.set_value(number.value() + 1);
      }
    } catch (heddle::rpc_error const& e) {
      tell(context.cancelled() ? "nobody listens any more" : e.what());
    }
    co_return heddle::ok;
  }

  void tell(std::string text) { news_.try_send(boost::system::error_code(), std::move(text)); }
  news& news_;
};

asio::awaitable<void> show(news& handlers) {
  std::string const text = co_await handlers.async_receive(asio::use_awaitable);
  std::cout << "   handler: " << text << '\n';
}

asio::awaitable<void> course(worker::client& worker, news& handlers) {
  auto const executor = co_await asio::this_coro::executor;
  WorkRequest long_work;
  long_work.set_milliseconds(10'000);

  std::cout << "1. A deadline\n";
  auto late = co_await worker.work(long_work, heddle::call_options().timeout(50ms), heddle::as_result);
  std::cout << "   client: " << late.error().code() << '\n';
  co_await show(handlers);

  std::cout << "2. A deadline that is passed on\n";
  late = co_await worker.delegate(long_work, heddle::call_options().timeout(50ms), heddle::as_result);
  std::cout << "   client: " << late.error().code() << '\n';
  co_await show(handlers);

  std::cout << "3. Whoever is first: the call, or a timer\n";
  asio::steady_timer timer(executor, 50ms);  // `||` waits for a success: should the call fail, the timer goes on
  auto const first = co_await (worker.work(long_work) || timer.async_wait(asio::use_awaitable));
  std::cout << "   client: " << (first.index() == 0 ? "the answer" : "the timer, which cancelled the call") << '\n';
  co_await show(handlers);

  std::cout << "4. Leaving the scope of a call\n";
  {
    auto numbers = worker.count(CountRequest());
    for (int i = 0; i < 3; ++i)
      if (auto const number = co_await numbers.read()) std::cout << "   client: " << number->value() << '\n';
  }
  co_await show(handlers);

  std::cout << "5. Nobody is there: fail at once, or wait as long as the deadline allows\n";
  heddle::channel nobody(executor, "127.0.0.1:1");
  worker::client ghost(nobody);
  late = co_await ghost.work(long_work, heddle::call_options().timeout(5s), heddle::as_result);
  std::cout << "   client: " << late.error() << '\n';
  late = co_await ghost.work(long_work, heddle::call_options().timeout(50ms).wait_for_ready(true), heddle::as_result);
  std::cout << "   client: " << late.error().code() << '\n';
}

int main(int argc, char** argv) try {
  asio::io_context context(1);
  news handlers(context, 10);
  worker_service service(handlers);
  heddle::server server(context);
  server.add(service);
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "127.0.0.1:0");
  heddle::channel channel(context, endpoint.to_string());
  worker::client worker(channel);
  service.colleague.emplace(channel);
  asio::co_spawn(context, server.run(), asio::detached);
  std::exception_ptr failure;
  auto const over = [&](std::exception_ptr error) {
    failure = error;
    context.stop();
  };
  asio::co_spawn(context, course(worker, handlers), over);
  context.run();
  if (failure) std::rethrow_exception(failure);
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
