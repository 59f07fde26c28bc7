// grpc.testing.TestService as gRPC's interop-test-descriptions.md wants it: an ordinary generated service.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <heddle/server.hpp>
#include <heddle/transport/clock.hpp>

#include "grpc/testing/test.heddle.hpp"
#if defined(INTEROP_ORCA)
#include "orca_service.hpp"
#endif

namespace interop {

namespace asio = boost::asio;
using namespace grpc::testing;

inline constexpr char const* echo_initial = "x-grpc-test-echo-initial";
inline constexpr char const* echo_trailing = "x-grpc-test-echo-trailing-bin";

inline void echo_metadata(heddle::server_context& context) {
  if (auto const value = context.request_headers().get(echo_initial)) context.headers().add(echo_initial, *value);
  if (auto const value = context.request_headers().get(echo_trailing)) context.trailers().add(echo_trailing, *value);
}

template <class Request>
heddle::status wanted_status(Request const& request) {
  if (!request.has_response_status() || request.response_status().code() == 0) return {};
  return {static_cast<heddle::status_code>(request.response_status().code()), request.response_status().message()};
}

/// OK unless the request says how the message at hand should have come, and it did not.
template <class Request>
heddle::status check_compressed(heddle::server_context const& context, Request const& request) {
  if (!request.has_expect_compressed() || request.expect_compressed().value() == context.request_compressed())
    return {};
  return {heddle::status_code::invalid_argument, request.expect_compressed().value()
                                                     ? "the request message is not compressed, as it says it would be"
                                                     : "the request message is compressed, and says it would not be"};
}

inline void fill(Payload& payload, int size) { payload.set_body(std::string(static_cast<std::size_t>(size), '\0')); }

class test_server final : public test_service::service {
 public:
  /// `id`: what clients get that ask which server this is.
  explicit test_server(std::string id = "heddle-interop-server") : id_(std::move(id)) {}
#if defined(INTEROP_ORCA)
  /// Where reports go that are not one call's.
  void report_load_to(orca_service& where) noexcept { orca_ = &where; }
#endif

 private:
  heddle::reply<Empty> empty_call(heddle::server_context& context, Empty&) override {
    echo_metadata(context);
    co_return Empty();
  }

  heddle::reply<SimpleResponse> unary_call(heddle::server_context& context, SimpleRequest& request) override {
    echo_metadata(context);
    heddle::status wrong = check_compressed(context, request);
    if (wrong.is_ok()) wrong = wanted_status(request);
    if (!wrong.is_ok()) co_return wrong;
    if (request.response_compressed().value()) context.compression("gzip");
    SimpleResponse response;
    fill(*response.mutable_payload(), request.response_size());
    if (request.fill_server_id()) response.set_server_id(id_);
#if defined(INTEROP_ORCA)
    if (request.has_orca_per_query_report())
      context.trailers().add(orca_trailer, load_report(request.orca_per_query_report()).SerializeAsString());
#endif
    co_return response;
  }

  heddle::reply<SimpleResponse> cacheable_unary_call(heddle::server_context& context, SimpleRequest& request) override {
    return unary_call(context, request);
  }

  heddle::reply<void> streaming_output_call(heddle::server_context& context, StreamingOutputCallRequest& request,
                                            heddle::writer<StreamingOutputCallResponse>& out) override {
    echo_metadata(context);
    choose_compression(context, request);
    co_await answer(request, out);
    co_return wanted_status(request);
  }

  heddle::reply<StreamingInputCallResponse> streaming_input_call(
      heddle::server_context& context, heddle::reader<StreamingInputCallRequest>& in) override {
    echo_metadata(context);
    std::size_t size = 0;
    while (auto const request = co_await in.read()) {
      heddle::status const wrong = check_compressed(context, *request);
      if (!wrong.is_ok()) co_return wrong;
      size += request->payload().body().size();
    }
    StreamingInputCallResponse response;
    response.set_aggregated_payload_size(static_cast<int>(size));
    co_return response;
  }

  heddle::reply<void> full_duplex_call(
      heddle::server_context& context,
      heddle::stream<StreamingOutputCallRequest, StreamingOutputCallResponse>& peer) override {
    echo_metadata(context);
#if defined(INTEROP_ORCA)
    orca_service::turn turn;
#endif
    while (auto const request = co_await peer.read()) {
      heddle::status const wanted = wanted_status(*request);
      if (!wanted.is_ok()) co_return wanted;
#if defined(INTEROP_ORCA)
      if (orca_ != nullptr && request->has_orca_oob_report()) {
        if (!turn) turn = co_await orca_->take_turn();
        orca_->report(load_report(request->orca_oob_report()));
      }
#endif
      choose_compression(context, *request);
      co_await answer(*request, peer);
    }
    co_return heddle::ok;
  }

  heddle::reply<void> half_duplex_call(
      heddle::server_context& context,
      heddle::stream<StreamingOutputCallRequest, StreamingOutputCallResponse>& peer) override {
    echo_metadata(context);
    std::vector<StreamingOutputCallRequest> requests;
    while (auto request = co_await peer.read()) requests.push_back(std::move(*request));
    for (auto const& request : requests) {
      choose_compression(context, request);
      co_await answer(request, peer);
    }
    co_return heddle::ok;
  }

  /// The head of the answer says with what; each message whether.
  static void choose_compression(heddle::server_context& context, StreamingOutputCallRequest const& request) {
    for (ResponseParameters const& wanted : request.response_parameters())
      if (wanted.compressed().value()) context.compression("gzip");
  }

  template <class Out>
  static asio::awaitable<void> answer(StreamingOutputCallRequest const& request, Out& out) {
    for (ResponseParameters const& wanted : request.response_parameters()) {
      if (wanted.interval_us() > 0)
        co_await heddle::system_clock().sleep_for(std::chrono::microseconds(wanted.interval_us()));
      StreamingOutputCallResponse response;
      fill(*response.mutable_payload(), wanted.size());
      co_await out.write(response, heddle::write_options().compress(wanted.compressed().value()));
    }
  }

  std::string const id_;
#if defined(INTEROP_ORCA)
  orca_service* orca_ = nullptr;
#endif
};

}  // namespace interop
