// This program replaces operator new, so it is one of its own.
#include <cstdlib>
#include <exception>
#include <new>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/base/random.hpp>
#include <heddle/client.hpp>
#include <heddle/server.hpp>
#include <heddle/testing/memory_connector.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

bool counting = false;
long allocations = 0;

void* counted(std::size_t size) {
  if (counting) ++allocations;
  if (void* const p = std::malloc(size)) return p;
  throw std::bad_alloc();
}

}  // namespace

// All forms, or a sanitizer's own would be mixed with these.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return counted(size); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return counted(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

namespace asio = boost::asio;
using heddle::stream;
using lab::Text;

class empty_service final : public lab::echo::service {
  heddle::reply<Text> unary(heddle::server_context&, Text&) override { co_return Text(); }
  heddle::reply<void> chat(heddle::server_context&, stream<Text, Text>& peer) override {
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return heddle::ok;
  }
};

/// A server and a channel to it over a memory stream, all on one io_context.
class both_roles {
 public:
  explicit both_roles(char const* compression = "identity")
      : server_(context_, heddle::server_options().single_threaded(true).compression(compression)),
        channel_(context_, "ipv4:127.0.0.1:1",
                 heddle::channel_options()
                     .single_threaded(true)
                     .compression(compression)
                     .use_connector(heddle::testing::connect_memory(server_, context_.get_executor()))) {
    server_.add(service_);
    asio::co_spawn(context_, server_.run(), asio::detached);
  }

  template <class F>
  void run(F f) {
    std::exception_ptr failure;
    asio::co_spawn(context_, f(channel_), [&](std::exception_ptr error) {
      failure = error;
      context_.stop();
    });
    context_.run();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  asio::io_context context_{1};
  empty_service service_;
  heddle::server server_;
  heddle::channel channel_;
};

/// Enough data, in both directions, for the connections to have sent and answered PINGs (bandwidth is measured with
/// them): their buffers are made once.
asio::awaitable<void> warm_up(heddle::channel& channel) {
  lab::echo::client stub(channel);
  auto call = stub.chat();
  heddle::fixed_random random(1);
  Text message;
  for (int i = 0; i < 4096; ++i) message.mutable_text()->push_back(static_cast<char>('!' + random.next() % 90));
  for (int i = 0; i < 2000; ++i) {
    co_await call.write(message);
    co_await call.read(message);
  }
}

asio::awaitable<void> unary_calls(heddle::channel& channel, Text request = Text()) {
  co_await warm_up(channel);
  lab::echo::client stub(channel);
  for (int i = 0; i < 1000; ++i) co_await stub.unary(request);
  counting = true;
  for (int i = 0; i < 10000; ++i) co_await stub.unary(request);
  counting = false;
}

asio::awaitable<void> messages_of_a_stream(heddle::channel& channel, Text message = Text()) {
  co_await warm_up(channel);
  lab::echo::client stub(channel);
  auto call = stub.chat();
  message.set_number(7);
  for (int i = 0; i < 1000; ++i) {
    co_await call.write(message);
    co_await call.read(message);
  }
  counting = true;
  for (int i = 0; i < 10000; ++i) {
    co_await call.write(message);
    co_await call.read(message);
  }
  counting = false;
}

}  // namespace

TEST_CASE("ten thousand warm unary calls allocate nothing, client and server together") {
  both_roles both;
  allocations = 0;
  both.run([](heddle::channel& channel) { return unary_calls(channel); });
  CHECK(allocations == 0);
}

TEST_CASE("ten thousand warm messages of a stream allocate nothing, client and server together") {
  both_roles both;
  allocations = 0;
  both.run([](heddle::channel& channel) { return messages_of_a_stream(channel); });
  CHECK(allocations == 0);
}

TEST_CASE("compressed calls and messages, once warm, allocate nothing either") {
  for (char const* const encoding : {"gzip", "deflate"}) {
    INFO(encoding);
    Text message;
    message.set_text(std::string(500, 'x'));
    both_roles both(encoding);
    allocations = 0;
    both.run([&message](heddle::channel& channel) { return unary_calls(channel, message); });
    CHECK(allocations == 0);
    both_roles streaming(encoding);
    streaming.run([&message](heddle::channel& channel) { return messages_of_a_stream(channel, message); });
    CHECK(allocations == 0);
  }
}
