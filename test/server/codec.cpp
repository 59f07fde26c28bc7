// Requests in other forms than protobuf's own, from a client that writes its own frames.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/interceptors.hpp"
#include "support/json.hpp"

namespace heddle::test {

namespace {

using namespace std::string_literals;

header_list request(std::string_view path, std::string_view type) {
  return fields({{":method", "POST"},
                 {":scheme", "http"},
                 {":path", path},
                 {":authority", "host"},
                 {"te", "trailers"},
                 {"content-type", type}});
}

struct connection {
  explicit connection(world& w) : w_(w), peer(raw_client(w)) { handshake(w, peer); }
  /// A whole request.
  stream_frames ask(std::string_view path, std::string_view type, std::string_view body) {
    stream_id const id = next_;
    next_ += 2;
    peer.send({peer.frames.headers(id, request(path, type)), data(id, body, flag::end_stream)});
    w_.clock.settle();
    return frames_of(peer, id);
  }
  world& w_;
  raw_peer peer;
  stream_id next_ = 1;
};

server_options with_json() { return server_options().add_codec(json()); }

/// Writes texts, but for one.
class picky final : public codec {
 public:
  std::string_view name() const noexcept override { return "picky"; }
  status serialize(void const* message, message_ops const&, std::string& out) const override {
    out = static_cast<Text const*>(message)->text();
    return out == "unspeakable" ? status(status_code::out_of_range, "there is no word for it") : status();
  }
  status parse(void* message, message_ops const&, bytes_view bytes) const override {
    static_cast<Text*>(message)->set_text(std::string(as_text(bytes)));
    return {};
  }
};

std::string const hello = framed_text(R"({"text":"hello","number":"2"})");

}  // namespace

TEST_CASE("requests in JSON are answered in JSON, in calls of all kinds") {
  world w(strands::none, with_json());
  echo_everything(w.service);
  connection c(w);
  auto const number = [](int i) {
    return framed_text(i == 0 ? R"({"text":"hello"})"s : R"({"text":"hello","number":"1"})"s);
  };
  struct row {
    char const* path;
    std::string body, answer;
  };
  row const rows[] = {
      {"/lab.Echo/Unary", hello, hello},
      {"/lab.Echo/Download", hello, number(0) + number(1)},
      {"/lab.Echo/Upload", hello + hello, framed_text(R"({"text":"hellohello","number":"2"})")},
      {"/lab.Echo/Chat", hello + number(0), hello + number(0)},
  };
  for (row const& r : rows) {
    for (char const* const type : {"application/grpc+json", "application/grpc+JSON", "application/grpc+json; x=y"}) {
      INFO(r.path << " " << type);
      stream_frames const a = c.ask(r.path, type, r.body);
      INFO(a.heads);
      CHECK(has(a.heads, "grpc-status=0"));
      CHECK(has(a.heads, "content-type=application/grpc+"s + (has(type, "JSON") ? "JSON" : "json")));
      CHECK(a.bytes == r.answer);
    }
  }
  stream_frames const plain = c.ask("/lab.Echo/Unary", "application/grpc", framed(text("x")));
  CHECK(has(plain.heads, "content-type=application/grpc;"));
  CHECK(plain.bytes == framed(text("x")));
}

TEST_CASE("a handler sees the form of its messages, and need not care") {
  world w(strands::none, with_json());
  std::string seen;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    seen = context.content_subtype();
    co_return request;
  };
  connection c(w);
  c.ask("/lab.Echo/Unary", "application/grpc+json", hello);
  CHECK(seen == "json");
  c.ask("/lab.Echo/Unary", "application/grpc+proto", framed(text("x")));
  CHECK(seen == "proto");
  c.ask("/lab.Echo/Unary", "application/grpc", framed(text("x")));
  CHECK(seen.empty());
}

TEST_CASE("a form that the server does not know is refused with those that it does") {
  struct row {
    server_options options;
    char const* type;
    char const* says;
  };
  row const rows[] = {
      {server_options(), "application/grpc+json", "application/grpc+json is not supported here, only proto"},
      {with_json(), "application/grpc+foo", "application/grpc+foo is not supported here, only proto, json"},
  };
  for (row const& r : rows) {
    world w(strands::none, r.options);
    echo_everything(w.service);
    connection c(w);
    for (char const* const path : {"/lab.Echo/Unary", "/lab.Echo/Chat"}) {
      stream_frames const a = c.ask(path, r.type, hello);
      INFO(a.heads);
      CHECK(has(a.heads, "grpc-status=12"));
      CHECK(has(a.heads, r.says));
      CHECK(has(a.heads, "END"));
      CHECK(a.bytes.empty());
    }
    CHECK(has(c.ask("/lab.Echo/Unary", "application/grpc", framed(text("x"))).heads, "grpc-status=0"));
  }
}

TEST_CASE("what is no message in JSON ends its call with INTERNAL") {
  world w(strands::none, with_json());
  echo_everything(w.service);
  connection c(w);
  for (char const* const body : {"", "{", "[]", R"({"text":1.5.2})", R"({"number":"many"})", "\x0a\x01x"}) {
    for (char const* const path : {"/lab.Echo/Unary", "/lab.Echo/Upload"}) {
      INFO(path << " " << body);
      stream_frames const a = c.ask(path, "application/grpc+json", framed_text(body));
      INFO(a.heads);
      CHECK(has(a.heads, "grpc-status=13"));
      CHECK(has(a.heads, "lab.Text was not found in the JSON"));
    }
  }
  stream_frames const unknown =
      c.ask("/lab.Echo/Unary", "application/grpc+json", framed_text(R"({"text":"x","newer":1})"));
  CHECK(unknown.bytes == framed_text(R"({"text":"x"})"));
}

TEST_CASE("a message that its form can't say ends the stream that it is written to, after those before it") {
  world w(strands::none, server_options().add_codec(std::make_shared<picky>()));
  int written = 0;
  w.service.on_download = [&](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    for (std::string const word : {"one", "two", "unspeakable", "three"}) {
      Text const message = text(request.text() + word);
      co_await out.write(message);
      ++written;
    }
    co_return ok;
  };
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return text("unspeakable"); };
  connection c(w);
  stream_frames const cut = c.ask("/lab.Echo/Download", "application/grpc+picky", framed_text(""));
  INFO(cut.heads);
  CHECK(cut.bytes == framed_text("one") + framed_text("two"));
  CHECK(has(cut.heads, "grpc-status=11"));
  CHECK(has(cut.heads, "there is no word for it"));
  CHECK(written == 2);
  stream_frames const single = c.ask("/lab.Echo/Unary", "application/grpc+picky", framed_text(""));
  CHECK(single.bytes.empty());
  CHECK(has(single.heads, "grpc-status=11"));
  stream_frames const other = c.ask("/lab.Echo/Download", "application/grpc+picky", framed_text("in "));
  CHECK(other.bytes ==
        framed_text("in one") + framed_text("in two") + framed_text("in unspeakable") + framed_text("in three"));
  CHECK(has(other.heads, "grpc-status=0"));
}

TEST_CASE("unknown fields of JSON are refused where that is asked for") {
  world w(strands::none, server_options().add_codec(json(json_options().ignore_unknown_fields(false))));
  echo_everything(w.service);
  connection c(w);
  stream_frames const a = c.ask("/lab.Echo/Unary", "application/grpc+json", framed_text(R"({"text":"x","newer":1})"));
  CHECK(has(a.heads, "grpc-status=13"));
  CHECK(has(a.heads, "newer"));
}

TEST_CASE("size limits are those of what is on the wire, whatever its form") {
  world w(strands::none, with_json().max_receive_message_size(40).max_send_message_size(40));
  w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    Text answer = request;
    answer.set_text(std::string(static_cast<std::size_t>(request.number()), 'x'));
    co_return answer;
  };
  connection c(w);
  auto const asks = [&](std::string_view type, std::string const& body) {
    return c.ask("/lab.Echo/Unary", type, body).heads;
  };
  CHECK(has(asks("application/grpc+json", framed_text(R"({"number":"10"})")), "grpc-status=0"));
  std::string const over = asks("application/grpc+json", framed_text(R"({"number":"16"})"));
  CHECK(has(over, "grpc-status=8"));
  CHECK(has(over, "a response message of 41 bytes is larger than server_options::max_send_message_size(), 40"));
  CHECK(has(asks("application/grpc", framed(text("", 16))), "grpc-status=0"));
  CHECK(has(asks("application/grpc+json", framed_text(R"({"number":"10"})" + std::string(30, ' '))), "grpc-status=8"));
}

TEST_CASE("methods of raw messages take every form, and pass it on as it is") {
  world w(strands::none, with_json());
  std::string seen;
  w.server->add(raw_unary, [&](server_context& context, raw_message& request) -> reply<raw_message> {
    seen = context.content_subtype();
    co_return request;
  });
  w.server->add(raw_chat, [&](server_context&, stream<raw_message, raw_message>& both) -> reply<void> {
    raw_message one;
    while (co_await both.read(one)) co_await both.write(one);
    co_return ok;
  });
  connection c(w);
  std::string const body = framed_text("{ any bytes");
  for (char const* const type : {"application/grpc", "application/grpc+proto", "application/grpc+json",
                                 "application/grpc+foo", "application/grpc+FlatBuffers"}) {
    for (char const* const path : {"/lab.Raw/Unary", "/lab.Raw/Chat"}) {
      INFO(type << " " << path);
      stream_frames const a = c.ask(path, type, body);
      INFO(a.heads);
      CHECK(has(a.heads, "content-type="s + type + ";"));
      CHECK(has(a.heads, "grpc-status=0"));
      CHECK(a.bytes == body);
      CHECK("application/grpc"s + (seen.empty() ? "" : "+" + seen) == type);
    }
  }
}

TEST_CASE("interceptors see messages of any form, and may change them") {
  auto const louder = [](call_context& call, next inner) -> asio::awaitable<status> {
    auto const change = [](message_view& message) {
      message.edit<Text>()->mutable_text()->append("!");
      return status();
    };
    call.on_request(change);
    call.on_response(change);
    co_return co_await inner();
  };
  world w(strands::none, with_json().intercept(louder));
  echo_everything(w.service);
  connection c(w);
  CHECK(c.ask("/lab.Echo/Unary", "application/grpc+json", hello).bytes ==
        framed_text(R"({"text":"hello!!","number":"2"})"));
  CHECK(c.ask("/lab.Echo/Chat", "application/grpc+json", hello + hello).bytes ==
        framed_text(R"({"text":"hello!!","number":"2"})") + framed_text(R"({"text":"hello!!","number":"2"})"));
}

TEST_CASE("a message without a descriptor has no JSON, and says so") {
  message_ops lite = *ops_of<Text>;
  lite.full_message = [](void*) noexcept -> void* { return nullptr; };
  Text message = text("x");
  std::string out;
  status const written = json()->serialize(&message, lite, out);
  CHECK(written.code() == status_code::internal);
  CHECK(has(written.message(), "lab.Text has no descriptor"));
  status const read = json()->parse(&message, lite, as_bytes("{}"));
  CHECK(read.code() == status_code::internal);
  CHECK(message.text() == "x");
}

}  // namespace heddle::test
