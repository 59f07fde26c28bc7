// The client of the Connect conformance suite: makes the call that each ClientCompatRequest on stdin describes, several
// at a time, and says in a ClientCompatResponse on stdout what came of it. Ends at the end of stdin.
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>

#include <heddle/client.hpp>
#include <heddle/rpc/json.hpp>
#include <heddle/transport/clock.hpp>
#if defined(CONFORMANCE_TLS)
#include <boost/asio/buffer.hpp>

#include <heddle/tls.hpp>
#endif

#include "compat.hpp"
#include "connectrpc/conformance/v1/client_compat.pb.h"
#include "connectrpc/conformance/v1/service.heddle.hpp"
#include "encodings.hpp"

namespace {

namespace asio = boost::asio;
using namespace connectrpc::conformance::v1;
using methods = conformance_service::methods;

asio::awaitable<void> pause(std::uint32_t milliseconds) {
  if (milliseconds != 0) co_await heddle::system_clock().sleep_for(std::chrono::milliseconds(milliseconds));
}

// ---- what a request says

heddle::call_options options_for(ClientCompatRequest const& asked) {
  heddle::call_options options;
  conformance::for_headers(asked.request_headers(), [&options](std::string const& key, std::string const& value) {
    options.header(key, value);
  });
  if (asked.has_timeout_ms()) options.timeout(std::chrono::milliseconds(asked.timeout_ms()));
  if (asked.message_receive_limit() != 0) options.max_receive_message_size(asked.message_receive_limit());
  options.compression(conformance::name_of(asked.compression()));
  static auto const json = heddle::json();
  if (asked.codec() == CODEC_JSON) options.codec(json);
  return options;
}

template <class Request>
Request message_of(ClientCompatRequest const& asked, int i) {
  Request request;
  if (!asked.request_messages(i).UnpackTo(&request))
    throw std::invalid_argument("request message " + std::to_string(i) + " is no " +
                                std::string(request.GetTypeName()));
  return request;
}

template <class Request>
Request single_message_of(ClientCompatRequest const& asked) {
  if (asked.request_messages_size() != 1) throw std::invalid_argument("one request message is wanted");
  return message_of<Request>(asked, 0);
}

bool cancels_before_close(ClientCompatRequest const& asked) {
  return asked.has_cancel() && asked.cancel().cancel_timing_case() == ClientCompatRequest::Cancel::kBeforeCloseSend;
}
/// After the last request, unless another time is named.
bool cancels_after_close(ClientCompatRequest const& asked) {
  using cancel = ClientCompatRequest::Cancel;
  return asked.has_cancel() && (asked.cancel().cancel_timing_case() == cancel::kAfterCloseSendMs ||
                                asked.cancel().cancel_timing_case() == cancel::CANCEL_TIMING_NOT_SET);
}

// ---- the calls

/// Where one call's outcome is collected.
class report {
 public:
  report(ClientCompatRequest const& asked, ClientResponseResult& result) noexcept : asked_(asked), result_(result) {}

  template <class Response>
  void add_payload(Response const& response) {
    *result_.add_payloads() = response.payload();
  }
  void add_payload(UnimplementedResponse const&) { result_.add_payloads(); }
  bool cancels_now() const {
    return asked_.has_cancel() && asked_.cancel().has_after_num_responses() &&
           asked_.cancel().after_num_responses() == static_cast<std::uint32_t>(result_.payloads_size());
  }
  void unsent_from(int i) { result_.set_num_unsent_requests(asked_.request_messages_size() - i); }
  void failed(heddle::status const& s) { conformance::show_status(s, *result_.mutable_error()); }
  void ended(heddle::metadata const& headers, heddle::metadata const& trailers) {
    conformance::show_headers(headers, *result_.mutable_response_headers());
    conformance::show_headers(trailers, *result_.mutable_response_trailers());
  }

 private:
  ClientCompatRequest const& asked_;
  ClientResponseResult& result_;
};

asio::awaitable<void> cancel_later(std::shared_ptr<asio::cancellation_signal> signal, std::uint32_t milliseconds) {
  co_await pause(milliseconds);
  signal->emit(asio::cancellation_type::terminal);
}

template <class Request, class Response>
asio::awaitable<void> call_unary(heddle::stub stub, heddle::unary_method<Request, Response> const& method,
                                 ClientCompatRequest const& asked, report& out) {
  Request const request = single_message_of<Request>(asked);
  heddle::call_info info;
  auto const signal = std::make_shared<asio::cancellation_signal>();
  if (cancels_after_close(asked))
    asio::co_spawn(co_await asio::this_coro::executor, cancel_later(signal, asked.cancel().after_close_send_ms()),
                   asio::detached);
  heddle::call_options const options = options_for(asked).info(info);
  asio::awaitable<std::tuple<heddle::status, Response>> call = heddle::unary_call(
      stub, method, request, options, asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable));
  std::tuple<heddle::status, Response> const outcome = co_await std::move(call);
  if (auto const& s = std::get<0>(outcome); s.is_ok())
    out.add_payload(std::get<1>(outcome));
  else
    out.failed(s);
  out.ended(info.headers(), info.trailers());
}

/// All there is to read.
template <class Call>
asio::awaitable<void> receive_all(Call& call, report& out) {
  while (auto const response = co_await call.read()) {
    out.add_payload(*response);
    if (out.cancels_now()) call.cancel();
  }
}

/// Half-closes, and cancels where that is asked for.
template <class Call>
asio::awaitable<void> close_send(Call& call, ClientCompatRequest const& asked) {
  if (cancels_before_close(asked)) call.cancel();
  co_await call.writes_done();
  if (!cancels_after_close(asked)) co_return;
  co_await pause(asked.cancel().after_close_send_ms());
  call.cancel();
}

asio::awaitable<void> call_server_stream(heddle::stub stub, ClientCompatRequest const& asked, report& out) {
  auto const request = single_message_of<ServerStreamRequest>(asked);
  heddle::server_streaming_call<ServerStreamRequest, ServerStreamResponse> call(stub, methods::server_stream, request,
                                                                                options_for(asked));
  if (cancels_after_close(asked)) {
    co_await pause(asked.cancel().after_close_send_ms());
    call.cancel();
  }
  try {
    co_await receive_all(call, out);
  } catch (heddle::rpc_error const& e) {
    out.failed(e.status());
  }
  heddle::metadata const headers = co_await call.headers();
  out.ended(headers, call.trailers());
}

asio::awaitable<void> call_client_stream(heddle::stub stub, ClientCompatRequest const& asked, report& out) {
  heddle::client_streaming_call<ClientStreamRequest, ClientStreamResponse> call(stub, methods::client_stream,
                                                                                options_for(asked));
  try {
    bool open = true;
    for (int i = 0; open && i < asked.request_messages_size(); ++i) {
      co_await pause(asked.request_delay_ms());
      auto const request = message_of<ClientStreamRequest>(asked, i);
      open = co_await call.write(request);
      if (!open) out.unsent_from(i);
    }
    if (open) co_await close_send(call, asked);
    ClientStreamResponse const response = co_await call.finish();
    out.add_payload(response);
  } catch (heddle::rpc_error const& e) {
    out.failed(e.status());
  }
  heddle::metadata const headers = co_await call.headers();
  out.ended(headers, call.trailers());
}

asio::awaitable<void> call_bidi_stream(heddle::stub stub, ClientCompatRequest const& asked, report& out) {
  heddle::bidi_streaming_call<BidiStreamRequest, BidiStreamResponse> call(stub, methods::bidi_stream,
                                                                          options_for(asked));
  bool const full_duplex = asked.stream_type() == STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM;
  int unsent = 0;
  try {
    bool open = true;
    for (int i = 0; open && i < asked.request_messages_size(); ++i) {
      unsent = i;
      co_await pause(asked.request_delay_ms());
      auto const request = message_of<BidiStreamRequest>(asked, i);
      open = co_await call.write(request);
      if (!open) break;
      unsent = i + 1;
      if (!full_duplex) continue;
      auto const response = co_await call.read();
      open = response.has_value();
      if (!open) break;
      out.add_payload(*response);
      if (out.cancels_now()) call.cancel();
    }
    if (open) co_await close_send(call, asked);
    co_await receive_all(call, out);
  } catch (heddle::rpc_error const& e) {
    out.failed(e.status());
  }
  if (unsent != asked.request_messages_size()) out.unsent_from(unsent);
  heddle::metadata const headers = co_await call.headers();
  out.ended(headers, call.trailers());
}

asio::awaitable<void> call_method(heddle::stub stub, ClientCompatRequest const& asked, report& out) {
  std::string const& method = asked.method();
  if (asked.service() != conformance_service::full_name)
    throw std::invalid_argument("unknown service " + asked.service());
  if (method == methods::unary.name()) return call_unary(stub, methods::unary, asked, out);
  if (method == methods::idempotent_unary.name()) return call_unary(stub, methods::idempotent_unary, asked, out);
  if (method == methods::unimplemented.name()) return call_unary(stub, methods::unimplemented, asked, out);
  if (method == methods::server_stream.name()) return call_server_stream(stub, asked, out);
  if (method == methods::client_stream.name()) return call_client_stream(stub, asked, out);
  if (method == methods::bidi_stream.name()) return call_bidi_stream(stub, asked, out);
  throw std::invalid_argument("unknown method " + method);
}

// ---- their channels

#if defined(CONFORMANCE_TLS)
void secure(heddle::channel_options& options, ClientCompatRequest const& asked) {
  if (asked.server_tls_cert().empty()) return;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.add_certificate_authority(asio::buffer(asked.server_tls_cert()));
  if (asked.has_client_tls_creds()) {
    context.use_certificate_chain(asio::buffer(asked.client_tls_creds().cert()));
    context.use_private_key(asio::buffer(asked.client_tls_creds().key()), asio::ssl::context::pem);
  }
  options.use_connector(heddle::connect_tls(std::move(context)));
}
#else
void secure(heddle::channel_options&, ClientCompatRequest const& asked) {
  if (!asked.server_tls_cert().empty()) throw std::invalid_argument("this was built without heddle::tls");
}
#endif

/// One for each server and each way to be known to it.
class channels {
 public:
  explicit channels(asio::any_io_executor executor) noexcept : executor_(std::move(executor)) {}

  heddle::channel& of(ClientCompatRequest const& asked) {
    std::string const target = asked.host() + ":" + std::to_string(asked.port());
    auto const key = std::make_tuple(target, asked.server_tls_cert(), asked.client_tls_creds().cert());
    auto const found = all_.find(key);
    if (found != all_.end()) return found->second;
    heddle::channel_options options;
    options.single_threaded(true).compressors(conformance::encodings());
    secure(options, asked);
    return all_.emplace(key, heddle::channel(executor_, target, options)).first->second;
  }

 private:
  asio::any_io_executor executor_;
  std::map<std::tuple<std::string, std::string, std::string>, heddle::channel> all_;
};

// ---- the runner's end

asio::awaitable<void> answer(std::shared_ptr<channels> all, ClientCompatRequest asked) {
  ClientCompatResponse response;
  response.set_test_name(asked.test_name());
  try {
    report out(asked, *response.mutable_response());
    heddle::stub const stub(all->of(asked));
    co_await call_method(stub, asked, out);
  } catch (std::exception const& e) {
    response.mutable_error()->set_message(e.what());
  }
  conformance::write_message(std::cout, response);
}

asio::awaitable<void> read_requests() {
  auto const executor = co_await asio::this_coro::executor;
  auto const all = std::make_shared<channels>(executor);
  asio::posix::stream_descriptor in(executor, dup(STDIN_FILENO));
  auto const token = asio::as_tuple(asio::use_awaitable);
  for (;;) {
    conformance::length_prefix prefix;
    auto const head = co_await asio::async_read(in, asio::buffer(prefix), token);
    if (std::get<0>(head)) co_return;
    std::string body(conformance::length_of(prefix), '\0');
    co_await asio::async_read(in, asio::buffer(body), asio::use_awaitable);
    ClientCompatRequest asked;
    if (!asked.ParseFromString(body)) throw std::runtime_error("no ClientCompatRequest on stdin");
    asio::co_spawn(executor, answer(all, std::move(asked)), asio::detached);
  }
}

}  // namespace

int main() try {
  asio::io_context context(1);
  std::exception_ptr failed;
  auto const on_end = [&failed](std::exception_ptr e) { failed = e; };
  asio::co_spawn(context, read_requests(), on_end);
  context.run();
  if (failed) std::rethrow_exception(failed);
} catch (std::exception const& e) {
  std::cerr << "conformance_client: " << e.what() << '\n';
  return 1;
}
