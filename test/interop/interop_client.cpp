// The client of gRPC's interop tests: interop_client --server_host=H --server_port=P --test_case=CASE
// [--use_tls [--ca_file=PEM | --use_test_ca] [--server_host_override=NAME]]
// Ends with 0 when the case passed and with 1 when it did not, after 30 seconds at the latest.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <heddle/client.hpp>

#include "flags.hpp"
#include "grpc/testing/test.heddle.hpp"
#include "security.hpp"

namespace {

namespace asio = boost::asio;
using namespace grpc::testing;
using namespace std::chrono_literals;
using client = test_service::client;
using test_case = std::function<asio::awaitable<void>(heddle::channel&)>;

void check(bool holds, std::string const& what) {
  if (!holds) throw std::runtime_error(what);
}

void check_code(heddle::status const& s, heddle::status_code code) {
  check(s.code() == code, "wrong status: " + to_string(s));
}

Payload zeros(std::size_t size) {
  Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

SimpleRequest large_request() {
  SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = zeros(271828);
  return request;
}

constexpr std::array<int, 4> request_sizes = {27182, 8, 1828, 45904};
constexpr std::array<int, 4> response_sizes = {31415, 9, 2653, 58979};

StreamingOutputCallRequest ping(std::size_t i) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(response_sizes[i]);
  *request.mutable_payload() = zeros(static_cast<std::size_t>(request_sizes[i]));
  return request;
}

asio::awaitable<void> empty_unary(heddle::channel& channel) {
  client stub(channel);
  Empty const request;
  Empty const response = co_await stub.empty_call(request);
  check(response.ByteSizeLong() == 0, "the response is not empty");
}

asio::awaitable<void> large_unary(heddle::channel& channel) {
  client stub(channel);
  SimpleRequest const request = large_request();
  SimpleResponse const response = co_await stub.unary_call(request);
  check(response.payload().body() == std::string(314159, '\0'), "wrong payload");
}

asio::awaitable<void> client_streaming(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.streaming_input_call();
  for (int const size : request_sizes) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = zeros(static_cast<std::size_t>(size));
    co_await call.write(request);
  }
  StreamingInputCallResponse const response = co_await call.finish();
  check(response.aggregated_payload_size() == 74922, "wrong sum");
}

asio::awaitable<void> server_streaming(heddle::channel& channel) {
  client stub(channel);
  StreamingOutputCallRequest request;
  for (int const size : response_sizes) request.add_response_parameters()->set_size(size);
  auto call = stub.streaming_output_call(request);
  std::size_t n = 0;
  while (auto const response = co_await call.read()) {
    check(n < response_sizes.size(), "too many responses");
    check(response->payload().body().size() == static_cast<std::size_t>(response_sizes[n++]), "wrong size");
  }
  check(n == response_sizes.size(), "too few responses");
}

asio::awaitable<void> ping_pong(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.full_duplex_call();
  for (std::size_t i = 0; i < request_sizes.size(); ++i) {
    co_await call.write(ping(i));
    auto const response = co_await call.read();
    check(response && response->payload().body().size() == static_cast<std::size_t>(response_sizes[i]), "wrong size");
  }
  co_await call.writes_done();
  auto const end = co_await call.read();
  check(!end, "the stream does not end");
}

asio::awaitable<void> empty_stream(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.full_duplex_call();
  co_await call.writes_done();
  auto const end = co_await call.read();
  check(!end, "a response to nothing");
}

template <class Call>
asio::awaitable<heddle::status> end_of(Call& call) {
  try {
    while (true) {
      auto const response = co_await call.read();
      if (!response) co_return heddle::ok;
    }
  } catch (heddle::rpc_error const& e) {
    co_return e.status();
  }
}

asio::awaitable<void> cancel_after_begin(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.streaming_input_call();
  call.cancel();
  heddle::status outcome;
  try {
    co_await call.finish();
  } catch (heddle::rpc_error const& e) {
    outcome = e.status();
  }
  check_code(outcome, heddle::status_code::cancelled);
}

asio::awaitable<void> cancel_after_first_response(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.full_duplex_call();
  co_await call.write(ping(0));
  auto const first = co_await call.read();
  check(first.has_value(), "no response");
  call.cancel();
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::cancelled);
}

asio::awaitable<void> timeout_on_sleeping_server(heddle::channel& channel) {
  client stub(channel);
  auto call = stub.full_duplex_call(heddle::call_options().timeout(1ms));
  StreamingOutputCallRequest request;
  *request.mutable_payload() = zeros(27182);
  co_await call.write(request);
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::deadline_exceeded);
}

asio::awaitable<void> check_echoed_status(heddle::channel& channel, std::string message) {
  client stub(channel);
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  auto const unary = co_await stub.unary_call(request, heddle::as_result);
  check(unary.has_error(), "OK where a failure was asked for");
  check_code(unary.error(), heddle::status_code::unknown);
  check(unary.error().message() == message, "wrong message: " + std::string(unary.error().message()));
}

asio::awaitable<void> status_code_and_message(heddle::channel& channel) {
  co_await check_echoed_status(channel, "test status message");
  client stub(channel);
  auto call = stub.full_duplex_call();
  StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message("test status message");
  co_await call.write(request);
  co_await call.writes_done();
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::unknown);
  check(outcome.message() == "test status message", "wrong message");
}

asio::awaitable<void> special_status_message(heddle::channel& channel) {
  co_await check_echoed_status(channel,
                               "\t\ntest with whitespace\r\nand Unicode BMP \u263A and non-BMP \U0001F608\t\n");
}

asio::awaitable<void> custom_metadata(heddle::channel& channel) {
  constexpr char const* initial = "x-grpc-test-echo-initial";
  constexpr char const* trailing = "x-grpc-test-echo-trailing-bin";
  std::string const initial_value = "test_initial_metadata_value", trailing_value = "\xab\xab\xab";
  client stub(channel);
  heddle::call_info info;
  SimpleRequest const request = large_request();
  auto const options = heddle::call_options().header(initial, initial_value).header(trailing, trailing_value);
  co_await stub.unary_call(request, heddle::call_options(options).info(info));
  check(info.headers().get(initial) == initial_value, "unary: no initial metadata");
  check(info.trailers().get(trailing) == trailing_value, "unary: no trailing metadata");

  auto call = stub.full_duplex_call(options);
  co_await call.write(ping(0));
  heddle::metadata const headers = co_await call.headers();
  check(headers.get(initial) == initial_value, "stream: no initial metadata");
  co_await call.writes_done();
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::ok);
  check(call.trailers().get(trailing) == trailing_value, "stream: no trailing metadata");
}

asio::awaitable<void> unimplemented_method(heddle::channel& channel) {
  client stub(channel);
  Empty const request;
  auto const outcome = co_await stub.unimplemented_call(request, heddle::as_result);
  check(outcome.has_error(), "OK from a method that is not there");
  check_code(outcome.error(), heddle::status_code::unimplemented);
}

asio::awaitable<void> unimplemented_service_case(heddle::channel& channel) {
  unimplemented_service::client stub(channel);
  Empty const request;
  auto const outcome = co_await stub.unimplemented_call(request, heddle::as_result);
  check(outcome.has_error(), "OK from a service that is not there");
  check_code(outcome.error(), heddle::status_code::unimplemented);
}

std::map<std::string, test_case> const cases = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"empty_stream", empty_stream},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"custom_metadata", custom_metadata},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service_case},
};

asio::awaitable<void> run_case(test_case const& body, std::string target, heddle::channel_options options) {
  heddle::channel channel(co_await asio::this_coro::executor, target, std::move(options));
  co_await body(channel);
}

}  // namespace

int main(int argc, char** argv) try {
  interop::flags const flags(
      argc, argv,
      {"server_host", "server_port", "test_case", "use_tls", "use_test_ca", "ca_file", "server_host_override"});
  std::string const name = flags.get("test_case", "large_unary");
  auto const found = cases.find(name);
  if (found == cases.end()) throw std::invalid_argument("unknown test case " + name);

  asio::io_context context(1);
  std::exception_ptr failure = std::make_exception_ptr(std::runtime_error("30 seconds were not enough"));
  std::string const target = flags.get("server_host", "localhost") + ":" + flags.get("server_port", "10000");
  asio::co_spawn(context, run_case(found->second, target, interop::client_security(flags)),
                 [&failure](std::exception_ptr e) { failure = e; });
  context.run_for(30s);
  if (failure) std::rethrow_exception(failure);
} catch (std::exception const& e) {
  std::cerr << "interop_client: " << e.what() << '\n';
  return 1;
}
