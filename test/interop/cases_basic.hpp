// The cases of gRPC's interop tests that every implementation has had from the start.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cases.hpp"

namespace interop {

using namespace std::chrono_literals;

inline asio::awaitable<void> empty_unary(environment& where) {
  client stub(where.channel());
  Empty const request;
  Empty const response = co_await stub.empty_call(request);
  check(response.ByteSizeLong() == 0, "the response is not empty");
}

inline asio::awaitable<void> large_unary(environment& where) {
  client stub(where.channel());
  SimpleRequest const request = large_request();
  SimpleResponse const response = co_await stub.unary_call(request);
  check(response.payload().body() == std::string(314159, '\0'), "wrong payload");
}

inline asio::awaitable<void> client_streaming(environment& where) {
  client stub(where.channel());
  auto call = stub.streaming_input_call();
  for (int const size : request_sizes) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = zeros(static_cast<std::size_t>(size));
    co_await call.write(request);
  }
  StreamingInputCallResponse const response = co_await call.finish();
  check(response.aggregated_payload_size() == 74922, "wrong sum");
}

inline asio::awaitable<void> server_streaming(environment& where) {
  client stub(where.channel());
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

inline asio::awaitable<void> ping_pong(environment& where) {
  client stub(where.channel());
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

inline asio::awaitable<void> empty_stream(environment& where) {
  client stub(where.channel());
  auto call = stub.full_duplex_call();
  co_await call.writes_done();
  auto const end = co_await call.read();
  check(!end, "a response to nothing");
}

inline asio::awaitable<void> cancel_after_begin(environment& where) {
  client stub(where.channel());
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

inline asio::awaitable<void> cancel_after_first_response(environment& where) {
  client stub(where.channel());
  auto call = stub.full_duplex_call();
  co_await call.write(ping(0));
  auto const first = co_await call.read();
  check(first.has_value(), "no response");
  call.cancel();
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::cancelled);
}

inline asio::awaitable<void> timeout_on_sleeping_server(environment& where) {
  client stub(where.channel());
  auto call = stub.full_duplex_call(heddle::call_options().timeout(1ms));
  StreamingOutputCallRequest request;
  *request.mutable_payload() = zeros(27182);
  co_await call.write(request);
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::deadline_exceeded);
}

inline asio::awaitable<void> check_echoed_status(environment& where, std::string message) {
  client stub(where.channel());
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  auto const unary = co_await stub.unary_call(request, heddle::as_result);
  check(unary.has_error(), "OK where a failure was asked for");
  check_code(unary.error(), heddle::status_code::unknown);
  check(unary.error().message() == message, "wrong message: " + std::string(unary.error().message()));
}

inline asio::awaitable<void> status_code_and_message(environment& where) {
  co_await check_echoed_status(where, "test status message");
  client stub(where.channel());
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

inline asio::awaitable<void> special_status_message(environment& where) {
  co_await check_echoed_status(where, "\t\ntest with whitespace\r\nand Unicode BMP \u263A and non-BMP \U0001F608\t\n");
}

inline asio::awaitable<void> custom_metadata(environment& where) {
  constexpr char const* initial = "x-grpc-test-echo-initial";
  constexpr char const* trailing = "x-grpc-test-echo-trailing-bin";
  std::string const initial_value = "test_initial_metadata_value", trailing_value = "\xab\xab\xab";
  client stub(where.channel());
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

inline asio::awaitable<void> unimplemented_method(environment& where) {
  client stub(where.channel());
  Empty const request;
  auto const outcome = co_await stub.unimplemented_call(request, heddle::as_result);
  check(outcome.has_error(), "OK from a method that is not there");
  check_code(outcome.error(), heddle::status_code::unimplemented);
}

inline asio::awaitable<void> unimplemented_service_case(environment& where) {
  unimplemented_service::client stub(where.channel());
  Empty const request;
  auto const outcome = co_await stub.unimplemented_call(request, heddle::as_result);
  check(outcome.has_error(), "OK from a service that is not there");
  check_code(outcome.error(), heddle::status_code::unimplemented);
}

inline asio::awaitable<void> pick_first_unary(environment& where) {
  client stub(where.channel());
  SimpleRequest request;
  request.set_response_size(1);
  *request.mutable_payload() = zeros(1);
  request.set_fill_server_id(true);
  std::string server;
  for (int i = 0; i < 100; ++i) {
    SimpleResponse const response = co_await stub.unary_call(request);
    check(!response.server_id().empty(), "the server does not say who it is");
    check(i == 0 || response.server_id() == server, "another server than before");
    server = response.server_id();
  }
}

inline case_map basic_cases() {
  return {
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
      {"pick_first_unary", pick_first_unary},
  };
}

}  // namespace interop
