// Every status that is made here, not by an application: its words, which docs/errors.md quotes.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <heddle/base/status_io.hpp>
#include <heddle/sync_wait.hpp>
#include <heddle/testing/run.hpp>

#include "support/error_texts.hpp"
#include "support/misbehaving.hpp"

using namespace heddle;
using namespace heddle::test;
using testing::scripted_peer;

namespace {

error_text const texts[] = {
    //[texts
    {"nobody listens",
     "UNAVAILABLE: cannot connect to 127.0.0.1:1: Connection refused (/lab.Echo/Unary, "
     "call_options::wait_for_ready())"},
    {"the name is not known",
     "UNAVAILABLE: cannot resolve db.example: Host not found (/lab.Echo/Unary, call_options::wait_for_ready())"},
    {"the name has no address",
     "UNAVAILABLE: the name db.example:1 has no addresses (/lab.Echo/Unary, call_options::wait_for_ready())"},
    {"the server says nothing",
     "UNAVAILABLE: connecting to 192.0.2.1:1 took longer than backoff_options::min_connect_timeout() (/lab.Echo/Unary, "
     "call_options::wait_for_ready())"},
    {"the server speaks HTTP/1",
     "UNAVAILABLE: the server answered in HTTP/1: it does not speak HTTP/2 with prior knowledge on this port, or wants "
     "TLS (/lab.Echo/Unary, call_options::wait_for_ready())"},
    {"the server wants TLS",
     "UNAVAILABLE: connection to memory lost: the peer closed it: the server answered with a TLS alert: it wants TLS "
     "on this port (heddle::connect_tls) (/lab.Echo/Unary, call_options::wait_for_ready())"},
    {"the connection is lost", "UNAVAILABLE: connection to memory lost: the peer closed it (/lab.Echo/Unary)"},
    {"the peer breaks HTTP/2", "UNAVAILABLE: HTTP/2 connection error with memory: DATA on stream 0 (/lab.Echo/Unary)"},

    {"the deadline, resolving",
     "DEADLINE_EXCEEDED: the deadline has passed while the call waited for a connection: db.example:1 is being "
     "resolved "
     "(/lab.Echo/Unary, call_options::timeout())"},
    {"the deadline, connecting",
     "DEADLINE_EXCEEDED: the deadline has passed while the call waited for a connection: connecting to 192.0.2.1:1 "
     "(/lab.Echo/Unary, call_options::timeout())"},
    {"the deadline, without a stream",
     "DEADLINE_EXCEEDED: the deadline has passed while the call waited for a free stream of memory, which lets 0 calls "
     "run at once (/lab.Echo/Unary, call_options::timeout())"},
    {"the deadline, without an answer",
     "DEADLINE_EXCEEDED: the deadline has passed while the call waited for the answer (/lab.Echo/Unary at memory, "
     "call_options::timeout())"},
    {"the deadline, with half an answer",
     "DEADLINE_EXCEEDED: the deadline has passed in the middle of the answer (/lab.Echo/Unary at memory, "
     "call_options::timeout())"},
    {"a timeout of nothing",
     "DEADLINE_EXCEEDED: the timeout was over before the call began (/lab.Echo/Unary, call_options::timeout())"},
    {"a cancellation", "CANCELLED: the call was cancelled here (/lab.Echo/Chat at memory)"},
    {"a read is cancelled", "CANCELLED: read() was cancelled (/lab.Echo/Chat at memory)"},
    {"a write is cancelled", "CANCELLED: write() was cancelled (/lab.Echo/Chat at memory)"},
    {"a wait for headers is cancelled", "CANCELLED: headers() was cancelled (/lab.Echo/Chat at memory)"},
    {"the channel goes", "CANCELLED: the channel was destroyed (/lab.Echo/Unary at memory)"},
    {"the channel goes while it connects", "CANCELLED: the channel was destroyed (/lab.Echo/Unary)"},

    {"a proxy answers",
     "UNAVAILABLE: HTTP status 503 instead of a gRPC answer: \"no healthy upstream\" (/lab.Echo/Unary at memory)"},
    {"a web server answers",
     "UNKNOWN: content-type \"text/html\" instead of application/grpc: \"<h1>It works!</h1>\" (/lab.Echo/Unary at "
     "memory)"},
    {"a web server answers with nothing",
     "UNKNOWN: content-type \"text/html\" instead of application/grpc (/lab.Echo/Unary at memory)"},
    {"a proxy answers with nothing",
     "UNAVAILABLE: HTTP status 503 instead of a gRPC answer (/lab.Echo/Unary at memory)"},
    {"no status, and nothing else", "UNKNOWN: the call ended without a grpc-status (/lab.Echo/Unary at memory)"},
    {"no status", "UNKNOWN: the call ended without a grpc-status (/lab.Echo/Unary at memory)"},
    {"a reset", "CANCELLED: the peer reset the stream with CANCEL (/lab.Echo/Unary at memory)"},

    {"a large answer",
     "RESOURCE_EXHAUSTED: received a message of 6 bytes, which is more than channel_options::max_receive_message_size "
     "(5 bytes) (/lab.Echo/Unary at memory)"},
    {"a packed answer that is large",
     "RESOURCE_EXHAUSTED: received a message of 45 bytes of gzip, which becomes more than "
     "channel_options::max_receive_message_size (1000 bytes) (/lab.Echo/Unary at memory)"},
    {"a large request",
     "RESOURCE_EXHAUSTED: the request message of 12 bytes is larger than max_send_message_size, 5 (/lab.Echo/Unary, "
     "call_options or channel_options::max_send_message_size())"},
    {"large headers",
     "RESOURCE_EXHAUSTED: the response headers are larger than channel_options::limits() allows, in "
     "max_header_list_size or max_header_fields (/lab.Echo/Unary at memory)"},
    {"half an answer", "INTERNAL: the stream ended inside a message (/lab.Echo/Unary at memory)"},
    {"an answer of another type", "INTERNAL: the response is no lab.Text (/lab.Echo/Unary at memory)"},
    {"no answer, and OK",
     "UNIMPLEMENTED: the server answered OK without a message where one is wanted (/lab.Echo/Unary at memory)"},
    {"two answers",
     "UNIMPLEMENTED: the server answered with more than the one message that is wanted (/lab.Echo/Unary at memory)"},
    //]
};

/// What a unary call ends with when `script` answers it, on stream 1 of a connection that is new.
status answered(std::function<void(scripted_peer&)> const& script, channel_options co = channel_options(),
                duration wait = 0s) {
  misbehaving_server s(testing::manners::good, std::move(co));
  outcome o;
  s.start(kind::unary, o);
  s.clock.settle();
  scripted_peer peer = s.peer();
  script(peer);
  s.clock.advance(wait);
  s.clock.settle();
  CHECK(o.done);
  return o.end;
}

status with_body(std::string const& bytes, channel_options co = channel_options()) {
  auto const script = [&](scripted_peer& peer) {
    peer.send_headers(1, grpc_head());
    peer.send(data(1, bytes));
    peer.send_headers(1, grpc_trailers(), flag::end_stream);
  };
  return answered(script, std::move(co));
}

/// Before anything but the connection is there.
status greeted(std::string const& bytes, duration wait = 0s, bool then_close = false) {
  misbehaving_server s(testing::manners::none);
  outcome o;
  s.start(kind::unary, o);
  s.clock.settle();
  if (!bytes.empty()) s.peer().send(bytes);
  if (then_close) s.peer().half_close();
  s.clock.advance(wait);
  s.clock.settle();
  CHECK(o.done);
  return o.end;
}

/// Of a channel that gets nowhere.
status unconnected(std::string const& target, channel_options co, duration timeout = 60s) {
  asio::io_context context{1};
  testing::manual_clock clock(context);
  channel c(context, target, co.use_clock(clock));
  outcome o;
  auto const options = call_options().timeout(timeout);
  asio::co_spawn(context, make_call(lab::echo::client(c), kind::unary, options, o), asio::detached);
  clock.advance(timeout);
  clock.settle();
  CHECK(o.done);
  return o.end;
}

using found = result<std::vector<heddle::endpoint>>;

/// Answers that, or never.
class odd_resolver final : public resolver {
 public:
  odd_resolver(std::optional<found> answer, asio::any_io_executor executor)
      : answer_(std::move(answer)), executor_(std::move(executor)) {}
  void resolve(callback done) override {
    if (answer_) asio::post(executor_, [done, answer = *answer_] { done(answer); });
  }

 private:
  std::optional<found> const answer_;
  asio::any_io_executor const executor_;
};
channel_options resolving(std::optional<found> answer) {
  return channel_options().use_resolver([answer](target const&, asio::any_io_executor executor) {
    return std::make_unique<odd_resolver>(answer, std::move(executor));
  });
}
status unresolved(std::optional<found> answer, duration timeout = 60s) {
  return unconnected("dns:///db.example:1", resolving(std::move(answer)), timeout);
}
channel_options deaf() {
  return channel_options().use_connector(
      [](connect_request const&, connect_handler) { return std::make_unique<connection_attempt>(); });
}

status refused() {
  asio::io_context context{1};
  channel c(context, "ipv4:127.0.0.1:1");
  outcome o;
  sync_wait(context, make_call(lab::echo::client(c), kind::unary, call_options().timeout(60s), o));
  return o.end;
}

status cancelled() {
  misbehaving_server s;
  status end;
  auto const call = [&]() -> asio::awaitable<void> {
    auto chat = lab::echo::client(*s.channel).chat();
    co_await s.clock.sleep_for(1s);
    chat.cancel();
    end = co_await status_of(chat.read());
  };
  testing::run(s.clock, call(), 1s);
  return end;
}

/// What one operation of a call to a server that neither answers nor reads ends with, cancelled by itself.
template <class Begin>
status given_up(Begin begin) {
  misbehaving_server s(testing::manners::none);
  status end;
  auto chat = lab::echo::client(*s.channel).chat();
  auto const wait = [&]() -> asio::awaitable<void> { end = co_await status_of(begin(chat)); };
  asio::cancellation_signal signal;
  asio::co_spawn(s.context, wait, asio::bind_cancellation_slot(signal.slot(), asio::detached));
  s.clock.settle();
  s.peer().send(settings() + settings_ack());  // and no window
  s.clock.settle();
  CHECK(end.is_ok());
  signal.emit(asio::cancellation_type::terminal);
  s.clock.settle();
  return end;
}
using chat_call = decltype(std::declval<lab::echo::client>().chat());
asio::awaitable<void> read_one(chat_call& chat) { co_await chat.read(); }
asio::awaitable<void> write_all(chat_call& chat) {
  Text const large = text(std::string(100'000, 'x'));
  for (int i = 0; i < 100; ++i) co_await chat.write(large);
}
asio::awaitable<void> wait_headers(chat_call& chat) { co_await chat.headers(); }

status without_channel(testing::manners how) {
  misbehaving_server s(how);
  outcome o;
  s.start(kind::unary, o);
  s.clock.settle();
  s.channel.reset();
  s.clock.settle();
  return o.end;
}

status large_request() {
  misbehaving_server s(testing::manners::good, channel_options().max_send_message_size(5));
  outcome o;
  s.start(kind::unary, o, text("0123456789"));
  s.clock.settle();
  return o.end;
}

error_makers const makers = {
    {"nobody listens", &refused},
    {"the name has no address", [] { return unresolved(std::vector<heddle::endpoint>()); }},
    {"the name is not known",
     [] { return unresolved(status(status_code::unavailable, "cannot resolve db.example: Host not found")); }},
    {"the server says nothing", [] { return greeted("", 20s); }},
    {"the server speaks HTTP/1", [] { return greeted("HTTP/1.1 400 Bad Request\r\n\r\n"); }},
    {"the server wants TLS", [] { return greeted(std::string("\x15\x03\x03\x00\x02\x02\x28", 7), 0s, true); }},
    {"the connection is lost", [] { return answered([](scripted_peer& p) { p.close(); }); }},
    {"the peer breaks HTTP/2", [] { return answered([](scripted_peer& p) { p.send(data(0, "x")); }); }},
    {"the deadline, resolving", [] { return unresolved(std::nullopt, 5s); }},
    {"the deadline, connecting", [] { return unconnected("ipv4:192.0.2.1:1", deaf(), 5s); }},
    {"the deadline, without a stream",
     [] {
       return greeted(settings({{http2::setting_id::max_concurrent_streams, 0}}) + settings_ack(), 60s);
     }},
    {"the deadline, without an answer", [] { return answered([](scripted_peer&) {}, channel_options(), 60s); }},
    {"the deadline, with half an answer",
     [] { return answered([](scripted_peer& p) { p.send_headers(1, grpc_head()); }, channel_options(), 60s); }},
    {"a timeout of nothing", [] { return unconnected("ipv4:192.0.2.1:1", deaf(), 0s); }},
    {"a cancellation", &cancelled},
    {"a read is cancelled", [] { return given_up(&read_one); }},
    {"a write is cancelled", [] { return given_up(&write_all); }},
    {"a wait for headers is cancelled", [] { return given_up(&wait_headers); }},
    {"the channel goes", [] { return without_channel(testing::manners::good); }},
    {"the channel goes while it connects", [] { return without_channel(testing::manners::none); }},
    {"a proxy answers",
     [] {
       return answered([](scripted_peer& p) {
         p.send_headers(1, grpc_head("503", "text/plain"));
         p.send(data(1, "no healthy upstream", flag::end_stream));
       });
     }},
    {"a web server answers",
     [] {
       return answered([](scripted_peer& p) {
         p.send_headers(1, grpc_head("200", "text/html"));
         p.send(data(1, "<h1>It works!</h1>\n", flag::end_stream));
       });
     }},
    {"a web server answers with nothing",
     [] {
       return answered([](scripted_peer& p) { p.send_headers(1, grpc_head("200", "text/html"), flag::end_stream); });
     }},
    {"a proxy answers with nothing",
     [] {
       return answered([](scripted_peer& p) { p.send_headers(1, grpc_head("503", "text/html"), flag::end_stream); });
     }},
    {"no status, and nothing else",
     [] { return answered([](scripted_peer& p) { p.send_headers(1, grpc_head(), flag::end_stream); }); }},
    {"no status",
     [] {
       return answered([](scripted_peer& p) {
         p.send_headers(1, grpc_head());
         p.send_headers(1, fields({{"x", "y"}}), flag::end_stream);
       });
     }},
    {"a reset", [] { return answered([](scripted_peer& p) { p.send(rst_stream(1, http2::error_code::cancel)); }); }},
    {"a large answer",
     [] { return with_body(message_of(text("four")), channel_options().max_receive_message_size(5)); }},
    {"a packed answer that is large",
     [] {
       auto const script = [](scripted_peer& p) {
         header_list head = grpc_head();
         head.add("grpc-encoding", "gzip");
         p.send_headers(1, head);
         p.send(data(1, message_of(packed_text(), 1)));
         p.send_headers(1, grpc_trailers(), flag::end_stream);
       };
       return answered(script, channel_options().max_receive_message_size(1000));
     }},
    {"a large request", &large_request},
    {"large headers",
     [] {
       return answered([](scripted_peer& p) {
         header_list head = grpc_head();
         head.add("x", std::string(9000, 'x'));
         p.send_headers(1, head);
       });
     }},
    {"half an answer", [] { return with_body(message_of(text("four")).substr(0, 7)); }},
    {"an answer of another type", [] { return with_body(message_of("\x0f\x0f")); }},
    {"no answer, and OK", [] { return with_body(""); }},
    {"two answers", [] { return with_body(message_of(text("a")) + message_of(text("b"))); }},
};

}  // namespace

TEST_CASE("the texts of a client's errors") { check_error_texts(texts, makers); }

TEST_CASE("the texts of a client's errors are its own, or the transport's") {
  for (auto const& [when, make] : makers) {
    INFO(when);
    CHECK(make().origin() != status_origin::peer);
  }
}

TEST_CASE("a name that DNS can't have is one that can't be resolved") {
  std::string const name = std::string(64, 'x') + ".invalid";  // a label has 63 at most: nobody is asked
  asio::io_context context{1};
  channel c(context, "dns:///" + name + ":1");
  outcome o;
  sync_wait(context, make_call(lab::echo::client(c), kind::unary, call_options().timeout(60s), o));
  INFO(to_string(o.end));
  CHECK(o.end.code() == status_code::unavailable);
  CHECK(o.end.message().find("cannot resolve " + name + ": ") == 0);
  CHECK(o.end.message().ends_with(" (/lab.Echo/Unary, call_options::wait_for_ready())"));
}
