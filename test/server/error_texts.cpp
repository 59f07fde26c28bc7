// What a server answers when no handler has made the status, and what its owner hears besides; docs/errors.md quotes
// it.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <heddle/base/status_io.hpp>
#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include "http2/support.hpp"
#include "support/error_texts.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

error_text const texts[] = {
    //[texts
    {"no such service", "UNIMPLEMENTED: unknown service lab.Ecco; did you mean lab.Echo?"},
    {"nothing like it", "UNIMPLEMENTED: unknown service shop.Prices"},
    {"no such method", "UNIMPLEMENTED: service lab.Echo has no method unray; did you mean Unary?"},
    {"no method like it", "UNIMPLEMENTED: service lab.Echo has no method DropTables"},
    {"no path of gRPC", "UNIMPLEMENTED: malformed method name \"/echo\": /service/method is wanted"},
    {"a method without a handler", "UNIMPLEMENTED: method /lab.Echo/Chat is not implemented"},
    {"a large request",
     "RESOURCE_EXHAUSTED: the request: received a message of 102 bytes, which is more than "
     "server_options::max_receive_message_size (100 bytes)"},
    {"a packed request that is large",
     "RESOURCE_EXHAUSTED: the request: received a message of 45 bytes of gzip, which becomes more than "
     "server_options::max_receive_message_size (100 bytes)"},
    {"a large answer",
     "RESOURCE_EXHAUSTED: a response message of 202 bytes is larger than server_options::max_send_message_size(), 200"},
    {"large headers",
     "RESOURCE_EXHAUSTED: the request headers are larger than server_options::limits().max_header_list_size, 8192, or "
     "have too many fields"},
    {"a request of another type", "INTERNAL: the request is no lab.Text"},
    {"half a request", "INTERNAL: the request: the stream ended inside a message"},
    {"no request", "UNIMPLEMENTED: the request has no message where exactly one is wanted"},
    {"two requests", "UNIMPLEMENTED: the request has more than the one message that is wanted"},
    {"an encoding that nobody knows",
     "UNIMPLEMENTED: grpc-encoding zebra is not supported here, only identity,gzip,deflate: "
     "server_options::compressors()"},
    {"a timeout that is none",
     "INTERNAL: grpc-timeout \"soon\" is malformed: 1 to 8 digits and one of HMSmun are wanted"},
    {"a read() that its handler cancels", "CANCELLED: read() was cancelled (/lab.Echo/Chat)"},
    {"a handler that throws", "UNKNOWN: the handler threw an exception"},
    //]
};

std::string request_of(std::string const& words) { return message_of(text(words)); }

status asked(std::string_view path, std::string const& body,
             std::vector<std::pair<std::string, std::string>> more = {}) {
  world w(strands::none, server_options().max_receive_message_size(100).max_send_message_size(200));
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    if (request.text() == "throw") throw std::runtime_error("the password is swordfish");
    co_return text(std::string(static_cast<std::size_t>(request.number()), 'x'));
  };
  auto peer = testing::scripted_client(*w.server, w.context);
  header_list head = fields({{":method", "POST"},
                             {":scheme", "http"},
                             {":path", path},
                             {":authority", "host"},
                             {"content-type", "application/grpc"}});
  for (auto const& [name, value] : more) head.add(name, value);
  auto call = peer.call(head);
  call.send_data(body, flag::end_stream);
  status end;
  auto const read = [&]() -> asio::awaitable<void> { end = co_await call.finish(); };
  testing::run(w.clock, read());
  return end;
}

/// The status of a handler that gives up its read().
status cancelled_read() {
  world w;
  w.service.on_chat = [&w](server_context&, stream<Text, Text>& peer) -> reply<void> {
    asio::cancellation_signal signal;
    status why;
    auto const note = [&why](status s, std::optional<Text>) { why = std::move(s); };
    peer.read(asio::bind_cancellation_slot(signal.slot(), note));
    co_await w.clock.sleep_for(1s);
    signal.emit(asio::cancellation_type::total);
    co_await w.clock.sleep_for(1s);
    co_return why;
  };
  status end;
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat();
    end = co_await status_of(chat.read());
  };
  task const t = w.start(body);
  w.clock.advance(3s);
  t.get();
  return end;
}

error_makers const makers = {
    {"no such service", [] { return asked("/lab.Ecco/Unary", request_of("x")); }},
    {"nothing like it", [] { return asked("/shop.Prices/Get", request_of("x")); }},
    {"no such method", [] { return asked("/lab.Echo/unray", request_of("x")); }},
    {"no method like it", [] { return asked("/lab.Echo/DropTables", request_of("x")); }},
    {"no path of gRPC", [] { return asked("/echo", request_of("x")); }},
    {"a method without a handler", [] { return asked("/lab.Echo/Chat", request_of("x")); }},
    {"a large request", [] { return asked("/lab.Echo/Unary", request_of(std::string(100, 'x'))); }},
    {"a packed request that is large",
     [] {
       return asked("/lab.Echo/Unary", message_of(packed_text(), 1), {{"grpc-encoding", "gzip"}});
     }},
    {"a large answer", [] { return asked("/lab.Echo/Unary", message_of(text("", 199))); }},
    {"large headers",
     [] {
       return asked("/lab.Echo/Unary", request_of("x"), {{"x", std::string(9000, 'x')}});
     }},
    {"a request of another type", [] { return asked("/lab.Echo/Unary", message_of("\x0f\x0f")); }},
    {"half a request", [] { return asked("/lab.Echo/Unary", request_of("x").substr(0, 6)); }},
    {"no request", [] { return asked("/lab.Echo/Unary", ""); }},
    {"two requests", [] { return asked("/lab.Echo/Unary", request_of("x") + request_of("y")); }},
    {"an encoding that nobody knows",
     [] {
       return asked("/lab.Echo/Unary", request_of("x"), {{"grpc-encoding", "zebra"}});
     }},
    {"a timeout that is none",
     [] {
       return asked("/lab.Echo/Unary", request_of("x"), {{"grpc-timeout", "soon"}});
     }},
    {"a read() that its handler cancels", cancelled_read},
    {"a handler that throws", [] { return asked("/lab.Echo/Unary", request_of("throw")); }},
};

}  // namespace

TEST_CASE("the texts of a server's errors") { check_error_texts(texts, makers); }

TEST_CASE("the owner of a server sees what the client must not") {
  std::vector<std::string> seen;
  auto const note = [&seen](server_context& context, std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (std::exception const& e) {
      seen.push_back(std::string(context.method().path()) + ": " + e.what());
    } catch (int number) {
      seen.push_back("a number: " + std::to_string(number));
    }
    throw std::runtime_error("and is no better");  // lost
  };
  bool const intercepted = GENERATE(false, true);
  server_options so = server_options().on_exception(note);
  if (intercepted) {
    so.intercept([](call_context& call, next inner) -> asio::awaitable<status> {
      if (call.request_headers().get("stop")) throw std::runtime_error("an interceptor's");
      co_return co_await inner();
    });
  }
  world w(strands::none, std::move(so));
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    if (request.number() == 1) throw 7;
    if (request.number() == 2) throw rpc_error(status_code::not_found, "that is no accident");
    throw std::runtime_error("the password is swordfish");
  };
  w.service.on_chat = [](server_context&, stream<Text, Text>&) -> reply<void> { throw std::logic_error("a mistake"); };
  auto const calls = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    for (int i = 0; i < 3; ++i) {
      Text const request = text("x", i);
      status const end = co_await status_of(client.unary(request));
      CHECK(end.code() == (i == 2 ? status_code::not_found : status_code::unknown));
      if (i != 2) CHECK(end.message() == "the handler threw an exception");
    }
    auto chat = client.chat();
    status const end = co_await status_of(chat.read());
    CHECK(end.code() == status_code::unknown);
    if (intercepted) {
      Text const request;
      status const stopped = co_await status_of(client.unary(request, call_options().header("stop", "1")));
      CHECK(stopped.message() == "an interceptor threw an exception");
    }
  };
  w.run(calls);
  std::vector<std::string> expected = {"/lab.Echo/Unary: the password is swordfish", "a number: 7",
                                       "/lab.Echo/Chat: a mistake"};
  if (intercepted) expected.push_back("/lab.Echo/Unary: an interceptor's");
  CHECK(seen == expected);
}

TEST_CASE("a handler that ends because it was cancelled is no accident") {
  int seen = 0;
  world w(strands::none, server_options().on_exception([&seen](server_context&, std::exception_ptr) { ++seen; }));
  w.service.on_unary = [&w](server_context&, Text& request) -> reply<Text> {
    co_await w.clock.sleep_for(1h);
    co_return request;
  };
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request;
    status const end = co_await status_of(w.client().unary(request, call_options().timeout(1s)));
    CHECK(end.code() == status_code::deadline_exceeded);
  };
  task const t = w.start(call);
  w.clock.advance(2s);
  t.get();
  CHECK(seen == 0);
}
