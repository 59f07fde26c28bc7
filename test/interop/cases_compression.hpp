// The compressed cases. Each begins with a probe: a server that does not look at what came compressed fails it.
#pragma once

#include <string>

#include "cases.hpp"

namespace interop {

inline asio::awaitable<void> client_compressed_unary(environment& where) {
  client stub(where.channel());
  SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  auto const probe = co_await stub.unary_call(request, heddle::as_result);
  check(probe.has_error(), "the server takes a plain request for a compressed one");
  check_code(probe.error(), heddle::status_code::invalid_argument);

  for (bool const compressed : {true, false}) {
    request.mutable_expect_compressed()->set_value(compressed);
    auto const options = heddle::call_options().compression(compressed ? "gzip" : "identity");
    SimpleResponse const response = co_await stub.unary_call(request, options);
    check(response.payload().body() == std::string(314159, '\0'), "wrong payload");
  }
}

inline asio::awaitable<void> server_compressed_unary(environment& where) {
  client stub(where.channel());
  SimpleRequest request = large_request();
  for (bool const compressed : {true, false}) {
    request.mutable_response_compressed()->set_value(compressed);
    heddle::call_info info;
    SimpleResponse const response = co_await stub.unary_call(request, heddle::call_options().info(info));
    check(info.response_compressed() == compressed,
          compressed ? "the response is not compressed" : "the response is compressed");
    check(response.payload().body() == std::string(314159, '\0'), "wrong payload");
  }
}

inline asio::awaitable<void> client_compressed_streaming(environment& where) {
  client stub(where.channel());
  StreamingInputCallRequest first, second;
  *first.mutable_payload() = zeros(27182);
  first.mutable_expect_compressed()->set_value(true);
  *second.mutable_payload() = zeros(45904);
  second.mutable_expect_compressed()->set_value(false);

  auto probe = stub.streaming_input_call();
  co_await probe.write(first);
  heddle::status refused;
  try {
    co_await probe.finish();
  } catch (heddle::rpc_error const& e) {
    refused = e.status();
  }
  check_code(refused, heddle::status_code::invalid_argument);

  auto call = stub.streaming_input_call(heddle::call_options().compression("gzip"));
  co_await call.write(first);
  co_await call.write(second, heddle::write_options().compress(false));
  StreamingInputCallResponse const response = co_await call.finish();
  check(response.aggregated_payload_size() == 73086, "wrong sum");
}

inline asio::awaitable<void> server_compressed_streaming(environment& where) {
  client stub(where.channel());
  constexpr std::array<int, 2> sizes = {31415, 92653};
  StreamingOutputCallRequest request;
  for (int const size : sizes) {
    ResponseParameters& wanted = *request.add_response_parameters();
    wanted.set_size(size);
    wanted.mutable_compressed()->set_value(size == sizes.front());
  }
  auto call = stub.streaming_output_call(request);
  std::size_t n = 0;
  while (auto const response = co_await call.read()) {
    check(n < sizes.size(), "too many responses");
    check(response->payload().body().size() == static_cast<std::size_t>(sizes[n]), "wrong size");
    check(call.response_compressed() == (n == 0),
          n == 0 ? "the first response is not compressed" : "the second response is compressed");
    ++n;
  }
  check(n == sizes.size(), "too few responses");
}

inline case_map compression_cases() {
  return {
      {"client_compressed_unary", client_compressed_unary},
      {"server_compressed_unary", server_compressed_unary},
      {"client_compressed_streaming", client_compressed_streaming},
      {"server_compressed_streaming", server_compressed_streaming},
  };
}

}  // namespace interop
