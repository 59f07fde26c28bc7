// connectrpc.conformance.v1.ConformanceService: an ordinary generated service that answers as each request tells it to.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include <heddle/server.hpp>
#include <heddle/transport/clock.hpp>

#include "compat.hpp"
#include "connectrpc/conformance/v1/service.heddle.hpp"

namespace conformance {

namespace asio = boost::asio;

inline asio::awaitable<void> pause(std::uint32_t milliseconds) {
  if (milliseconds != 0) co_await heddle::system_clock().sleep_for(std::chrono::milliseconds(milliseconds));
}

using request_info = ConformancePayload_RequestInfo;

/// What came until now, without messages.
inline request_info seen(heddle::server_context const& context) {
  request_info info;
  show_headers(context.request_headers(), *info.mutable_request_headers());
  if (auto const left = context.time_left())
    info.set_timeout_ms(std::chrono::duration_cast<std::chrono::milliseconds>(*left).count());
  return info;
}

inline heddle::status with_info(Error const& error, request_info const& info) {
  heddle::status s = status_of(error);
  s.add_detail(info);
  return s;
}

class service final : public conformance_service::service {
  heddle::reply<UnaryResponse> unary(heddle::server_context& context, UnaryRequest& request) override {
    return answer_one<UnaryResponse>(context, request);
  }

  heddle::reply<IdempotentUnaryResponse> idempotent_unary(heddle::server_context& context,
                                                          IdempotentUnaryRequest& request) override {
    return answer_one<IdempotentUnaryResponse>(context, request);
  }

  heddle::reply<ClientStreamResponse> client_stream(heddle::server_context& context,
                                                    heddle::reader<ClientStreamRequest>& in) override {
    request_info info = seen(context);
    UnaryResponseDefinition wanted;
    while (auto const request = co_await in.read()) {
      if (info.requests().empty()) wanted = request->response_definition();
      info.add_requests()->PackFrom(*request);
    }
    co_return co_await respond<ClientStreamResponse>(context, std::move(wanted), std::move(info));
  }

  heddle::reply<void> server_stream(heddle::server_context& context, ServerStreamRequest& request,
                                    heddle::writer<ServerStreamResponse>& out) override {
    request_info info = seen(context);
    info.add_requests()->PackFrom(request);
    if (!request.has_response_definition()) co_return heddle::ok;
    StreamResponseDefinition const& wanted = request.response_definition();
    co_await begin(context, wanted);
    co_return co_await flush<ServerStreamResponse>(out, wanted, 0, std::move(info));
  }

  heddle::reply<void> bidi_stream(heddle::server_context& context,
                                  heddle::stream<BidiStreamRequest, BidiStreamResponse>& peer) override {
    request_info info = seen(context);
    StreamResponseDefinition wanted;
    bool first = true, full_duplex = false;
    int sent = 0;
    while (auto const request = co_await peer.read()) {
      info.add_requests()->PackFrom(*request);
      if (std::exchange(first, false)) {
        wanted = request->response_definition();
        full_duplex = request->full_duplex();
        if (request->has_response_definition()) co_await begin(context, wanted);
      }
      if (!full_duplex) continue;
      if (sent == wanted.response_data_size()) break;
      co_await pause(wanted.response_delay_ms());
      BidiStreamResponse response;
      response.mutable_payload()->set_data(wanted.response_data(sent++));
      *response.mutable_payload()->mutable_request_info() = std::exchange(info, request_info());
      co_await peer.write(response);
    }
    co_return co_await flush<BidiStreamResponse>(peer, wanted, sent, std::move(info));
  }

  template <class Response, class Request>
  static heddle::reply<Response> answer_one(heddle::server_context& context, Request& request) {
    request_info info = seen(context);
    info.add_requests()->PackFrom(request);
    co_return co_await respond<Response>(context, request.response_definition(), std::move(info));
  }

  template <class Response>
  static heddle::reply<Response> respond(heddle::server_context& context, UnaryResponseDefinition wanted,
                                         request_info info) {
    add_headers(wanted.response_headers(), context.headers());
    add_headers(wanted.response_trailers(), context.trailers());
    co_await pause(wanted.response_delay_ms());
    if (wanted.has_error()) co_return with_info(wanted.error(), info);
    Response response;
    response.mutable_payload()->set_data(wanted.response_data());
    *response.mutable_payload()->mutable_request_info() = std::move(info);
    co_return response;
  }

  /// A stream's headers leave at once: its client may wait for them.
  static asio::awaitable<void> begin(heddle::server_context& context, StreamResponseDefinition const& wanted) {
    add_headers(wanted.response_headers(), context.headers());
    add_headers(wanted.response_trailers(), context.trailers());
    co_await context.send_headers();
  }

  /// The responses from the `sent`th on. The first of all says what came.
  template <class Response, class Out>
  static asio::awaitable<heddle::status> flush(Out& out, StreamResponseDefinition const& wanted, int sent,
                                               request_info info) {
    for (int i = sent; i < wanted.response_data_size(); ++i) {
      Response response;
      response.mutable_payload()->set_data(wanted.response_data(i));
      if (i == 0) *response.mutable_payload()->mutable_request_info() = std::move(info);
      co_await pause(wanted.response_delay_ms());
      co_await out.write(response);
    }
    if (!wanted.has_error()) co_return heddle::ok;
    co_return wanted.response_data_size() == 0 ? with_info(wanted.error(), info) : status_of(wanted.error());
  }
};

}  // namespace conformance
