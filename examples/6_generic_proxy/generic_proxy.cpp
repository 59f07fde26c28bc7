// Passes calls of all kinds and of any method on to another server, without knowing a single .proto file:
// generic_proxy [address] [target]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>
#include <variant>

#include <heddle/client.hpp>
#include <heddle/server.hpp>
#include <heddle/sync_wait.hpp>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

// 1. What the client said about its call, said again. The deadline is not in the metadata: parent() passes on what is
// left of it, and ends our call when the client's is over.
heddle::call_options options_for(heddle::server_context& context) {
  heddle::call_options options;
  options.parent(context).headers(context.request_headers()).content_subtype(context.content_subtype());
  if (!context.request_encoding().empty()) options.compression(context.request_encoding());
  return options;
}

// 2. One direction. What came compressed stays so. A half-close is passed on and ends nothing, only the answer does:
// hence the endless wait. What ends the call from here is a request that can't be read.
//[requests
asio::awaitable<heddle::status> pass_requests(heddle::server_context& context, heddle::generic_stream& client,
                                              heddle::generic_call& call) try {
  heddle::raw_message message;
  while (co_await client.read(message))
    co_await call.write(message, heddle::write_options().compress(context.request_compressed()));
  co_await call.writes_done();
  asio::steady_timer forever(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await forever.async_wait(asio::use_awaitable);
  co_return heddle::ok;
} catch (heddle::rpc_error const& e) {
  co_return e.status();
}
//]

// 3. The other one. An answer may have headers, messages and trailers, or a status alone; a status has its message, its
// details and its own trailers with it.
asio::awaitable<heddle::status> pass_responses(heddle::server_context& context, heddle::generic_stream& client,
                                               heddle::generic_call& call) try {
  heddle::metadata const headers = co_await call.headers();
  if (call.has_headers()) {
    context.headers() = headers;
    if (!call.response_encoding().empty()) context.compression(call.response_encoding());
    co_await context.send_headers();
  }
  heddle::raw_message message;
  while (co_await call.read(message))
    co_await client.write(message, heddle::write_options().compress(call.response_compressed()));
  context.trailers() = call.trailers();
  co_return heddle::ok;
} catch (heddle::rpc_error const& e) {
  co_return e.status();
}

// 4. Both at once, until one ends. When the client goes, this coroutine is cancelled, and with it what it waits for.
//[pass_on
heddle::reply<void> pass_on(heddle::generic_stub const& backend, heddle::server_context& context,
                            heddle::generic_stream& client) {
  heddle::generic_call call = backend.call(context.method().path(), options_for(context));
  auto const first = co_await (pass_responses(context, client, call) || pass_requests(context, client, call));
  co_return std::visit([](heddle::status const& s) { return s; }, first);
}
//]

asio::awaitable<void> serve(heddle::server& server) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await (server.run() || signals.async_wait(asio::use_awaitable));
}

int main(int argc, char** argv) try {
  constexpr std::size_t any_size = 0x7fff'ffff;  // the two ends have limits of their own
  asio::io_context context(1);
  heddle::channel channel(context, argc > 2 ? argv[2] : "dns:///localhost:50052",
                          heddle::channel_options().single_threaded(true).max_receive_message_size(any_size));
  heddle::generic_stub const backend(channel);
  heddle::server server(context, heddle::server_options().single_threaded(true).max_receive_message_size(any_size));
  server.add_fallback([&backend](heddle::server_context& call, heddle::generic_stream& client) {
    return pass_on(backend, call, client);
  });
  auto const endpoint = server.listen(argc > 1 ? argv[1] : "0.0.0.0:50051");
  std::cout << "listening on " << endpoint.to_string() << std::endl;
  heddle::sync_wait(context, serve(server));
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
