// Calls in other forms than protobuf's own, with a server that writes its own frames; then channel and server together.
#include <google/protobuf/text_format.h>

#include <memory>
#include <string>

#include "support/interceptors.hpp"
#include "support/json.hpp"

namespace heddle::test {

namespace {

using namespace std::string_literals;

/// A channel whose server is the test.
struct scripted {
  explicit scripted(channel_options co = channel_options()) {
    co.use_clock(w.clock).use_connector(servers.connector(w)).single_threaded(true);
    channel.emplace(w.context, "ipv4:192.0.2.1:1", co);
  }
  template <class Message>
  task unary(unary_method<Message, Message> const& method, Message const& request,
             call_options options = call_options()) {
    auto const body = [this, &method, request, options]() -> asio::awaitable<void> {
      stub const self(*channel);
      result<Message> const r = co_await unary_call(self, method, request, options, as_result);
      end = r.has_error() ? r.error() : status();
      answer = r.has_value() ? bytes_of(*r) : "";
      ++ended;
    };
    task t = w.start(body);
    w.clock.settle();
    return t;
  }
  task unary(Text const& request, call_options options = call_options()) {
    return unary(lab::echo::methods::unary, request, options);
  }
  static std::string bytes_of(Text const& message) { return message.text(); }
  static std::string bytes_of(raw_message const& message) { return message.bytes(); }

  raw_peer& server() { return servers.last(); }
  void greet() {
    server().send(settings() + settings_ack());
    w.clock.settle();
  }
  /// What came on a stream.
  std::string request(stream_id id) {
    stream_frames const came = frames_of(server(), id);
    return came.heads + came.bytes;
  }
  void respond(stream_id id, std::string_view type, std::string const& body) {
    server().send({server().frames.headers(id, fields({{":status", "200"}, {"content-type", type}})), data(id, body),
                   server().frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream)});
    w.clock.settle();
  }
  world w;
  raw_servers servers;
  std::optional<heddle::channel> channel;
  status end;
  std::string answer;
  int ended = 0;
};

// ---- what docs/codecs.md shows

//[server
heddle::server make_server(asio::io_context& context) {
  return heddle::server(context, heddle::server_options().add_codec(heddle::json()));  // beside protobuf's own form
}
//]

//[client
asio::awaitable<Text> ask_in_json(lab::echo::client client, Text const& request) {
  co_return co_await client.unary(request, heddle::call_options().codec(heddle::json()));
}

heddle::channel_options always_in_json() { return heddle::channel_options().codec(heddle::json()); }
//]

//[own
class text_codec final : public heddle::codec {
  std::string_view name() const noexcept override { return "text"; }  // application/grpc+text

  status serialize(void const* message, message_ops const& ops, std::string& out) const override {
    auto const* const full = heddle::as_protobuf(message, ops);  // null: lite
    if (full != nullptr && google::protobuf::TextFormat::PrintToString(*full, &out)) return heddle::ok;
    return status(status_code::internal, "no text for " + std::string(ops.type_name()));
  }

  status parse(void* message, message_ops const& ops, bytes_view bytes) const override {
    auto* const full = heddle::as_protobuf(message, ops);
    std::string const text(heddle::as_text(bytes));
    if (full != nullptr && google::protobuf::TextFormat::ParseFromString(text, full)) return heddle::ok;
    return status(status_code::internal, "this text is no " + std::string(ops.type_name()));
  }
};
//]

//[raw
heddle::reply<heddle::raw_message> pass_on(heddle::stub upstream, heddle::server_context& context,
                                           heddle::raw_message& request) {
  auto const options = heddle::call_options().content_subtype(context.content_subtype());
  co_return co_await heddle::unary_call(upstream, raw_unary, request, options);
}
//]

call_options in_json() { return call_options().codec(json()); }

}  // namespace

TEST_CASE("requests have the form that the call asks for, or else the channel") {
  struct row {
    bool channel, call, call_says_none;
    char const* type;
  };
  row const rows[] = {
      {false, false, false, "application/grpc "},
      {true, false, false, "application/grpc+json "},
      {false, true, false, "application/grpc+json "},
      {true, false, true, "application/grpc "},
  };
  for (row const& r : rows) {
    channel_options co;
    if (r.channel) co.codec(json());
    call_options options;
    if (r.call) options.codec(json());
    if (r.call_says_none) options.codec(nullptr);
    scripted s(co);
    task const t = s.unary(text("hello"), options);
    s.greet();
    std::string const request = s.request(1);
    INFO(request);
    CHECK(has(request, "content-type="s + r.type));
    bool const is_json = has(r.type, "json");
    CHECK(request.ends_with(is_json ? framed_text(R"({"text":"hello"})") : framed(text("hello"))));
    s.respond(1, is_json ? "application/grpc+json" : "application/grpc",
              is_json ? framed_text(R"({"text":"yes"})") : framed(text("yes")));
    CHECK(s.end.is_ok());
    CHECK(s.answer == "yes");

    task const again = s.unary(text("hello"));  // a recycled call remembers nothing
    CHECK(has(s.request(3), r.channel ? "application/grpc+json " : "application/grpc "));
  }
}

TEST_CASE("an answer in another form than was asked for is no answer") {
  std::string const in_proto = framed(text("yes")), as_json = framed_text(R"({"text":"yes"})");
  struct row {
    bool json;
    char const* type;
    std::string body;
    char const* says;  // empty: good
  };
  row const rows[] = {
      {true, "application/grpc+json", as_json, ""},
      {true, "application/grpc+JSON", as_json, ""},
      {true, "application/grpc", as_json, ""},  // many servers never say more
      {true, "application/grpc+proto", in_proto, "the answer is application/grpc+proto, but application/grpc+json"},
      {true, "application/grpc+json", in_proto, "lab.Text was not found in the JSON"},
      {false, "application/grpc", in_proto, ""},
      {false, "application/grpc+proto", in_proto, ""},
      {false, "application/grpc+json", as_json, "the answer is application/grpc+json, but application/grpc+proto"},
  };
  for (row const& r : rows) {
    INFO(r.json << " " << r.type);
    scripted s;
    task const t = s.unary(text("hello"), r.json ? in_json() : call_options());
    s.greet();
    s.respond(1, r.type, r.body);
    REQUIRE(s.ended == 1);
    INFO(s.end.message());
    CHECK(s.end.is_ok() == (*r.says == 0));
    if (*r.says == 0) continue;
    CHECK(s.end.code() == status_code::internal);
    CHECK(s.end.origin() == status_origin::transport);
    CHECK(has(s.end.message(), r.says));
  }
}

TEST_CASE("an error without messages counts whatever its content-type says") {
  scripted s;
  task const t = s.unary(text("hello"), in_json());
  s.greet();
  s.server().send(s.server().frames.headers(
      1, fields({{":status", "200"}, {"content-type", "application/grpc+proto"}, {"grpc-status", "5"}}),
      flag::end_stream));
  s.w.clock.settle();
  CHECK(s.end.code() == status_code::not_found);
}

TEST_CASE("raw messages go and come in whatever form the caller names") {
  scripted s(channel_options().codec(json()));
  task const t = s.unary(raw_unary, raw_message("any bytes"), call_options().content_subtype("FlatBuffers"));
  s.greet();
  std::string const request = s.request(1);
  CHECK(has(request, "content-type=application/grpc+FlatBuffers "));
  CHECK(request.ends_with(framed_text("any bytes")));
  s.respond(1, "application/grpc+other", framed_text("other bytes"));
  CHECK(s.end.is_ok());
  CHECK(s.answer == "other bytes");

  task const plain = s.unary(raw_unary, raw_message("x"));
  CHECK(has(s.request(3), "content-type=application/grpc "));
}

TEST_CASE("a content_subtype that cannot be, or for messages that are not raw, ends the call before it begins") {
  scripted s;
  task const typed = s.unary(text("x"), call_options().content_subtype("json"));
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::internal);
  CHECK(has(s.end.message(), "codec()"));
  for (char const* const name : {"a b", "x;y", "x\r\n"}) {
    task const raw = s.unary(raw_unary, raw_message("x"), call_options().content_subtype(name));
    CHECK(s.end.code() == status_code::internal);
    CHECK(has(s.end.message(), "no content-type can say that"));
  }
  CHECK(s.ended == 4);
  CHECK(s.servers.peers.empty());
}

TEST_CASE("the size of a request is that of its form on the wire") {
  scripted s;
  task const t = s.unary(text("0123456789"), in_json().max_send_message_size(20));
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::resource_exhausted);
  CHECK(has(s.end.message(), "21 bytes"));
}

TEST_CASE("a call in JSON that the server has not looked at is made again") {
  scripted s;
  task const t = s.unary(text("hello"), in_json());
  s.greet();
  s.request(1);
  s.server().send(rst_stream(1, http2::error_code::refused_stream));
  s.w.clock.settle();
  std::string const again = s.request(3);
  CHECK(again.ends_with(framed_text(R"({"text":"hello"})")));
  s.respond(3, "application/grpc+json", framed_text(R"({"text":"yes"})"));
  CHECK(s.answer == "yes");
}

TEST_CASE("calls of all kinds work in JSON, compressed and intercepted, too") {
  for (bool const compressed : {false, true}) {
    for (bool const intercepted : {false, true}) {
      INFO(compressed << intercepted);
      auto const louder = [](call_context& call, next inner) -> asio::awaitable<status> {
        auto const change = [](message_view& message) {
          message.edit<Text>()->mutable_text()->append("!");
          return status();
        };
        call.on_request(change);
        co_return co_await inner();
      };
      server_options so = server_options().add_codec(json());
      channel_options co = channel_options().codec(json());
      if (compressed) {
        so.compression("gzip");
        co.compression("gzip");
      }
      if (intercepted) co.intercept(louder);
      world w(strands::everywhere, so, co);
      echo_everything(w.service);
      std::string const word(500, 'x'), heard = word + (intercepted ? "!" : "");
      auto const body = [&]() -> asio::awaitable<void> {
        Text const one = text(word, 2);
        Text const unary = co_await w.client().unary(one);
        CHECK(unary.text() == heard);
        auto download = w.client().download(one);
        for (int i = 0; i < 2; ++i) {
          auto const message = co_await download.read();
          REQUIRE(message.has_value());
          CHECK(message->text() == heard);
          CHECK(message->number() == i);
          CHECK(download.response_compressed() == compressed);
        }
        auto const end = co_await download.read();
        CHECK_FALSE(end.has_value());
        auto upload = w.client().upload();
        co_await upload.write(one);
        co_await upload.write(one);
        Text const all = co_await upload.finish();
        CHECK(all.text() == heard + heard);
        auto chat = w.client().chat();
        for (int i = 0; i < 3; ++i) {
          co_await chat.write(one);
          auto const message = co_await chat.read();
          REQUIRE(message.has_value());
          CHECK(message->text() == heard);
        }
        co_await chat.writes_done();
        auto const over = co_await chat.read();
        CHECK_FALSE(over.has_value());
      };
      w.run(body);
    }
  }
}

TEST_CASE("channels and servers have codecs of the application's own") {
  auto const own = std::make_shared<text_codec>();
  world w(strands::none, server_options().add_codec(own), channel_options().codec(own));
  std::string seen;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    seen = context.content_subtype();
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("hello", 7);
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "hello");
    CHECK(answer.number() == 7);
    CHECK(seen == "text");
    status const s = co_await status_of(ask_in_json(w.client(), request));
    CHECK(s.code() == status_code::unimplemented);
    CHECK(has(s.message(), "only proto, text"));
  };
  w.run(body);
}

TEST_CASE("a proxy of raw messages passes their form on") {
  world w(strands::none, server_options().add_codec(json()));
  echo_everything(w.service);
  std::string seen;
  unary_method<raw_message, raw_message> const method("/lab.Raw/Behind");
  auto const behind = [&seen](server_context& context, raw_message& request) -> reply<raw_message> {
    seen = context.content_subtype();
    co_return request;
  };
  auto const front = [&w](server_context& context, raw_message& request) -> reply<raw_message> {
    return pass_on(stub(*w.channel), context, request);
  };
  w.server->add(raw_unary, behind);
  w.server->add(method, front);
  auto const body = [&]() -> asio::awaitable<void> {
    raw_message const request("any bytes");
    stub const self(*w.channel);
    raw_message const answer =
        co_await unary_call(self, method, request, call_options().content_subtype("FlatBuffers"));
    CHECK(answer.bytes() == "any bytes");
    CHECK(seen == "FlatBuffers");
  };
  w.run(body);
}

TEST_CASE("a server from the page has JSON") {
  asio::io_context context;
  heddle::server const made = make_server(context);
  CHECK(always_in_json().codec()->name() == "json");
}

TEST_CASE("a client's interceptor answers a call in JSON by itself") {
  auto const answers = [](call_context& call, next) -> asio::awaitable<status> {
    call.answer(text("from here"));
    co_return ok;
  };
  world w(strands::none, server_options(), channel_options().codec(json()).intercept(answers));
  auto const body = [&]() -> asio::awaitable<void> {
    Text const request = text("x");
    Text const unary = co_await w.client().unary(request);
    CHECK(unary.text() == "from here");
  };
  w.run(body);
}

}  // namespace heddle::test
