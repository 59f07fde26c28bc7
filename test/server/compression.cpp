// Compressed requests and answers, from a client that writes its own frames.
#include <memory>
#include <stdexcept>
#include <string>

#include "support/packed.hpp"

namespace heddle::test {

namespace {

using lines = std::vector<std::string>;
using namespace std::string_literals;

header_list request(std::string_view method, std::string_view encoding, std::string_view accepted) {
  header_list list = grpc_request("/lab.Echo/" + std::string(method));
  if (!encoding.empty()) list.add("grpc-encoding", encoding);
  if (!accepted.empty()) list.add("grpc-accept-encoding", accepted);
  return list;
}

struct connection {
  explicit connection(world& w, compressor_list list = default_compressors())
      : w_(w), list_(std::move(list)), peer(raw_client(w)) {
    handshake(w, peer);
  }
  /// A whole request.
  stream_content ask(std::string_view method, std::string_view encoding, std::string_view accepted,
                     std::string_view body, std::string_view decoder = "gzip") {
    stream_id const id = next_;
    next_ += 2;
    peer.send({peer.frames.headers(id, request(method, encoding, accepted)), data(id, body, flag::end_stream)});
    w_.clock.settle();
    return content_of(peer, id, *list_.find(decoder));
  }
  world& w_;
  compressor_list list_;
  raw_peer peer;
  stream_id next_ = 1;
};

std::string plain_request() { return framed(text("hi")); }

}  // namespace

TEST_CASE("requests come in any encoding that the server has, message by message") {
  world w;
  struct seen {
    bool compressed;
    std::string encoding, text;
  } last;
  w.service.on_unary = [&](server_context& context, Text& in) -> reply<Text> {
    last.compressed = context.request_compressed();
    last.encoding = context.request_encoding();
    last.text = in.text().substr(0, 5);
    co_return text("ok");
  };
  connection c(w);
  Text const message = long_text("hello");
  struct row {
    char const* encoding;
    std::string body;
    bool compressed;
  };
  row const rows[] = {
      {"gzip", framed_packed(*gzip(), message), true},
      {"deflate", framed_packed(*deflate(), message), true},
      {"gzip", framed(message), false},  // single messages may be plain
      {"", framed(message), false},
      {"identity", framed(message), false},
  };
  for (row const& r : rows) {
    INFO(r.encoding);
    last = {};
    auto const answer = c.ask("Unary", r.encoding, "", r.body);
    CHECK(has(answer.heads, "grpc-status=0"));
    CHECK_FALSE(has(answer.heads, "grpc-encoding"));
    CHECK_FALSE(has(answer.heads, "grpc-accept-encoding"));
    CHECK(answer.messages == lines{"plain ok 0"});
    CHECK(last.text == "hello");
    CHECK(last.compressed == r.compressed);
    CHECK(last.encoding == (r.encoding == "identity"s ? "" : r.encoding));
  }
}

TEST_CASE("what cannot be read ends its call") {
  world w(strands::none, server_options().max_receive_message_size(100'000));
  echo_everything(w.service);
  connection c(w);
  std::string const good = packed(*gzip(), text("hello").SerializeAsString());
  struct row {
    char const* name;
    char const* encoding;
    std::string body;
    char const* code;
    char const* says;
  };
  row const rows[] = {
      {"no encoding", "", framed_packed(good), "13", "without a grpc-encoding"},
      {"identity", "identity", framed_packed(good), "13", "without a grpc-encoding"},
      {"another encoding", "deflate", framed_packed(good), "13", "no deflate"},
      {"cut off", "gzip", framed_packed(good.substr(0, good.size() - 1)), "13", "no gzip"},
      {"junk behind", "gzip", framed_packed(good + "x"), "13", "no gzip"},
      {"two members", "gzip", framed_packed(good + good), "13", "no gzip"},
      {"nothing", "gzip", framed_packed(std::string()), "13", "no gzip"},
      {"no Text in it", "gzip", framed_packed(packed(*gzip(), "\x0f\x0f")), "13", "no lab.Text"},
      {"a bomb", "gzip", framed_packed(packed_bomb(*gzip(), 16)), "8",
       "server_options::max_receive_message_size (100000 bytes)"},
      {"a bomb", "deflate", framed_packed(packed_bomb(*deflate(), 16)), "8", "max_receive_message_size"},
      {"a long one", "gzip", "\1" + u32(100'001), "8", "max_receive_message_size"},
      {"unknown", "zebra", framed_packed(good), "12", "grpc-encoding zebra is not supported here"},
      {"a list", "gzip,gzip", framed_packed(good), "12", "grpc-encoding gzip,gzip"},
  };
  for (row const& r : rows) {
    for (char const* const method : {"Unary", "Download", "Upload", "Chat"}) {
      INFO(r.name << " " << method);
      auto const answer = c.ask(method, r.encoding, "", r.body);
      INFO(answer.heads);
      CHECK(has(answer.heads, std::string("grpc-status=") + r.code + " "));
      CHECK(has(answer.heads, r.says));
      CHECK(answer.messages.empty());
      CHECK(has(answer.heads, "grpc-accept-encoding=identity,gzip,deflate") == (r.code == "12"s));
    }
  }
  CHECK(has(c.ask("Unary", "gzip", "", framed_packed(good)).heads, "grpc-status=0"));
}

TEST_CASE("a bomb ends no other call of its connection, nor what its handler has read before") {
  world w;
  int read = 0;
  status end;
  w.service.on_upload = [&](server_context&, reader<Text>& in) -> reply<Text> {
    Text one;
    try {
      while (co_await in.read(one)) ++read;
    } catch (rpc_error const& e) {
      end = e.status();
    }
    status const again = co_await status_of(in.read());
    CHECK(again == end);
    co_return text("survived");
  };
  connection c(w);
  stream_id const good = 101, bad = 103;
  raw_peer& p = c.peer;
  p.send(p.frames.headers(good, request("Upload", "gzip", "")));
  p.send(p.frames.headers(bad, request("Upload", "gzip", "")));
  p.send(data(good, framed_packed(*gzip(), text("1"))));
  p.send(data(bad, framed_packed(*gzip(), text("1"))));
  w.clock.settle();
  CHECK(read == 2);
  p.send(data(bad, framed_packed(packed_bomb(*gzip(), 5)) + framed(text("2"))));
  w.clock.settle();
  CHECK(end.code() == status_code::resource_exhausted);
  CHECK(read == 2);
  CHECK(content_of(p, bad, *gzip()).messages == lines{"plain survi 0"});
  end = status();
  p.send(data(good, framed_packed(*gzip(), text("2")), flag::end_stream));
  w.clock.settle();
  CHECK(end.is_ok());
  CHECK(read == 3);
}

TEST_CASE("answers are compressed with what the client takes") {
  world w(strands::none, server_options().compression("gzip"));
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return long_text("hello", 7); };
  connection c(w);
  for (char const* const accepted : {"gzip", "identity, deflate, gzip", "deflate,gzip"}) {
    auto const answer = c.ask("Unary", "", accepted, plain_request());
    INFO(accepted);
    CHECK(has(answer.heads, "content-type=application/grpc grpc-encoding=gzip"));
    CHECK(answer.messages == lines{"packed hello 7"});
  }
  for (char const* const accepted : {"", "identity", "deflate,zstd", "xgzip"}) {
    auto const answer = c.ask("Unary", "gzip", accepted, plain_request());
    INFO(accepted);
    CHECK(has(answer.heads, "grpc-status=0"));
    CHECK_FALSE(has(answer.heads, "grpc-encoding"));
    CHECK(answer.messages == lines{"plain hello 7"});
  }
}

TEST_CASE("a list of accepted encodings may be several fields") {
  world w(strands::none, server_options().compression("gzip"));
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return long_text("hello"); };
  connection c(w);
  header_list head = request("Unary", "", "deflate");
  head.add("grpc-accept-encoding", "gzip");
  c.peer.send({c.peer.frames.headers(1, head), data(1, plain_request(), flag::end_stream)});
  w.clock.settle();
  CHECK(content_of(c.peer, 1, *gzip()).messages == lines{"packed hello 0"});
}

TEST_CASE("what gets no smaller goes as it is, and so does an error") {
  world w(strands::none, server_options().compression("gzip"));
  w.service.on_unary = [](server_context&, Text& in) -> reply<Text> {
    if (in.number() == 1) co_return status(status_code::not_found, "no");
    co_return text("short");
  };
  connection c(w);
  auto const answer = c.ask("Unary", "", "gzip", plain_request());
  CHECK(has(answer.heads, "grpc-encoding=gzip"));
  CHECK(answer.messages == lines{"plain short 0"});
  auto const error = c.ask("Unary", "", "gzip", framed(text("", 1)));
  CHECK(has(error.heads, "grpc-status=5"));
  CHECK_FALSE(has(error.heads, "grpc-encoding"));
}

TEST_CASE("a handler chooses for its call, until the head has left") {
  world w(strands::none, server_options().compression("gzip"));
  std::string wanted;
  lines said;
  w.service.on_download = [&](server_context& context, Text&, writer<Text>& out) -> reply<void> {
    try {
      said.push_back(context.compression(wanted) ? "yes" : "no");
    } catch (std::invalid_argument const& e) {
      said.push_back(e.what());
    }
    Text const message = long_text("hello");
    co_await out.write(message);
    said.push_back(context.compression("gzip") ? "yes" : "no");
    co_await out.write(message);
    co_return ok;
  };
  connection c(w);
  struct row {
    char const *wanted, *accepted, *encoding, *message;
    lines said;
  };
  row const rows[] = {
      {"deflate", "gzip,deflate", "deflate", "packed hello 0", {"yes", "no"}},
      {"gzip", "gzip,deflate", "gzip", "packed hello 0", {"yes", "no"}},
      {"identity", "gzip,deflate", "", "plain hello 0", {"no", "no"}},
      {"", "gzip,deflate", "", "plain hello 0", {"no", "no"}},
      {"deflate", "gzip", "", "plain hello 0", {"no", "no"}},
      {"zebra",
       "gzip,zebra",
       "gzip",
       "packed hello 0",
       {"compression \"zebra\" is none of compressors(): identity,gzip,deflate", "no"}},
  };
  for (row const& r : rows) {
    INFO(r.wanted);
    wanted = r.wanted;
    said.clear();
    auto const answer = c.ask("Download", "", r.accepted, plain_request(), *r.encoding == 0 ? "gzip" : r.encoding);
    CHECK(has(answer.heads, std::string("grpc-encoding=") + r.encoding) == (*r.encoding != 0));
    CHECK(answer.messages == lines{r.message, r.message});
    CHECK(said == r.said);
  }
}

TEST_CASE("a handler keeps single messages of its streams plain") {
  world w(strands::none, server_options().compression("gzip"));
  w.service.on_chat = [](server_context&, stream<Text, Text>& both) -> reply<void> {
    Text one;
    while (co_await both.read(one)) {
      write_options const how = write_options().compress(one.number() % 2 == 0);
      Text const message = long_text("hello", one.number());
      if (one.number() < 3) {
        co_await both.write(message, how);
      } else {
        status const sent = co_await both.write(message, how, asio::use_awaitable);
        CHECK(sent.is_ok());
      }
    }
    co_return ok;
  };
  connection c(w);
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += framed(text("", i));
  CHECK(c.ask("Chat", "", "gzip", requests).messages ==
        lines{"packed hello 0", "plain hello 1", "packed hello 2", "plain hello 3", "packed hello 4"});
}

TEST_CASE("a server has the compressors that it is given, and no others") {
  world w(strands::none, server_options().compressors(compressor_list().add(deflate(9))).compression("deflate"));
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return long_text("hello"); };
  connection c(w);
  CHECK(c.ask("Unary", "", "gzip,deflate", plain_request(), "deflate").messages == lines{"packed hello 0"});
  auto const refused = c.ask("Unary", "gzip", "gzip", plain_request());
  INFO(refused.heads);
  CHECK(has(refused.heads, "grpc-encoding gzip is not supported here, only identity,deflate: "));
  CHECK(has(refused.heads, "grpc-accept-encoding=identity,deflate"));

  world none(strands::none, server_options().compressors(compressor_list()));
  connection n(none);
  auto const all_refused = n.ask("Unary", "gzip", "gzip", plain_request());
  CHECK(has(all_refused.heads, "grpc-encoding gzip is not supported here, only identity: "));

  asio::io_context context;
  CHECK_THROWS_AS(heddle::server(context, server_options().compression("zebra")), std::invalid_argument);
  CHECK_THROWS_AS(heddle::server(context, server_options().compressors(compressor_list()).compression("gzip")),
                  std::invalid_argument);
  heddle::server fine(context, server_options().compression("identity"));
}

TEST_CASE("the limit on what is sent is one on the message, not on what becomes of it") {
  world w(strands::none, server_options().compression("gzip").max_send_message_size(100));
  w.service.on_unary = [](server_context&, Text&) -> reply<Text> { co_return long_text("hello"); };
  connection c(w);
  CHECK(has(c.ask("Unary", "", "gzip", plain_request()).heads, "grpc-status=8"));
}

TEST_CASE("a compressed message is put together from any pieces") {
  world w;
  w.service.on_upload = [](server_context& context, reader<Text>& in) -> reply<Text> {
    std::string all;
    while (auto const one = co_await in.read())
      all += one->text().substr(0, 5) + (context.request_compressed() ? "+" : "-");
    co_return text(all);
  };
  std::string const body =
      framed_packed(*gzip(), long_text("hello")) + framed(text("plain")) + framed_packed(*gzip(), text("again"));
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  stream_id id = 1;
  for (std::size_t cut = 0; cut <= body.size(); ++cut, id += 2) {
    peer.send({peer.frames.headers(id, request("Upload", "gzip", "")), data(id, body.substr(0, cut))});
    if (cut % 2 == 0) w.clock.settle();
    peer.send(data(id, body.substr(cut), flag::end_stream));
    w.clock.settle();
    auto const answer = content_of(peer, id, *gzip());
    REQUIRE(has(answer.bytes, "hello+plain-again+"));
  }
}

TEST_CASE("what an intercepted request was inflated to is not kept while its handler runs") {
  /// Every body is one large message. Notes where it was written to: scratch that belongs to the thread.
  class large final : public compressor {
   public:
    std::string_view name() const noexcept override { return "large"; }
    void compress(bytes_view, byte_buffer&) const override {}
    outcome decompress(bytes_view, std::size_t, byte_buffer& out) const override {
      std::string const body = text(std::string(1'000'000, 'x')).SerializeAsString();
      out.append(as_bytes(body));
      scratch = &out;
      return outcome::done;
    }
    mutable byte_buffer* scratch = nullptr;
  };
  auto const encoding = std::make_shared<large>();
  auto const twice = [](call_context&, next inner) -> asio::awaitable<status> {
    static_cast<void>(co_await inner());
    co_return co_await inner();
  };
  world w(strands::none, server_options().compressors(compressor_list().add(encoding)).intercept(twice));
  int runs = 0;
  w.service.on_unary = [&](server_context&, Text& request) -> reply<Text> {
    CHECK(request.text().size() == 1'000'000);
    REQUIRE(encoding->scratch != nullptr);
    CHECK(encoding->scratch->empty());
    CHECK(encoding->scratch->capacity() <= 256 * 1024);
    ++runs;
    co_return text("small");
  };
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  peer.send({peer.frames.headers(1, request("Unary", "large", "")), data(1, message_of("x", 1), flag::end_stream)});
  w.clock.settle();
  CHECK(runs == 2);
  CHECK(has(frames_of(peer, 1).heads, "grpc-status=0"));
}

}  // namespace heddle::test
