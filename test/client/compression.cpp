// Compressed requests and answers, with a server that writes its own frames; then channel and server together.
#include <stdexcept>
#include <string>
#include <tuple>

#include <boost/asio/use_awaitable.hpp>

#include "support/interceptors.hpp"
#include "support/packed.hpp"

namespace heddle::test {

namespace {

using lines = std::vector<std::string>;
using namespace std::string_literals;

/// A channel whose server is the test.
struct scripted {
  explicit scripted(channel_options co = channel_options()) {
    co.use_clock(w.clock).use_connector(servers.connector(w)).single_threaded(true);
    channel.emplace(w.context, "ipv4:192.0.2.1:1", co);
  }
  task unary(Text const& request, call_options options = call_options()) {
    options.info(info);
    auto const body = [this, request, options]() -> asio::awaitable<void> {
      lab::echo::client client(*channel);
      result<Text> const r = co_await client.unary(request, options, as_result);
      end = r.has_error() ? r.error() : status();
      answer = r.has_value() ? r->text().substr(0, 5) : "";
      ++ended;
    };
    return w.start(body);
  }
  raw_peer& server() { return servers.last(); }
  void greet() {
    w.clock.settle();
    server().send(settings() + settings_ack());
    w.clock.settle();
  }
  void respond(stream_id id, std::string_view encoding, std::string const& body, bool with_end = true) {
    header_list head = fields({{":status", "200"}, {"content-type", "application/grpc"}});
    if (!encoding.empty()) head.add("grpc-encoding", encoding);
    server().send({server().frames.headers(id, head), data(id, body)});
    if (with_end) server().send(server().frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream));
    w.clock.settle();
  }
  world w;
  raw_servers servers;
  std::optional<heddle::channel> channel;
  call_info info;
  status end;
  std::string answer;
  int ended = 0;
};

}  // namespace

TEST_CASE("a request says which encodings its answer may have, and is not compressed by itself") {
  scripted s;
  task const t = s.unary(long_text("hello"));
  s.greet();
  auto const call = content_of(s.server(), 1, *gzip());
  INFO(call.heads);
  CHECK(has(call.heads, "grpc-accept-encoding=identity,gzip,deflate"));
  CHECK_FALSE(has(call.heads, "grpc-encoding"));
  CHECK(call.messages == lines{"plain hello 0"});
}

TEST_CASE("a channel without compressors says nothing") {
  scripted s(channel_options().compressors(compressor_list()));
  task const t = s.unary(long_text("hello"));
  s.greet();
  CHECK_FALSE(has(content_of(s.server(), 1, *gzip()).heads, "encoding"));
}

TEST_CASE("requests are compressed as the call says, or else the channel") {
  struct row {
    char const *channel, *call;  // null: nothing is said
    char const* encoding;
  };
  row const rows[] = {
      {"gzip", nullptr, "gzip"}, {"deflate", nullptr, "deflate"}, {"identity", nullptr, ""},
      {nullptr, "gzip", "gzip"}, {"deflate", "gzip", "gzip"},     {"gzip", "identity", ""},
      {"gzip", "", ""},          {nullptr, nullptr, ""},
  };
  for (row const& r : rows) {
    channel_options co;
    if (r.channel != nullptr) co.compression(r.channel);
    call_options options;
    if (r.call != nullptr) options.compression(r.call);
    scripted s(co);
    task const t = s.unary(long_text("hello"), options);
    s.greet();
    bool const packed = *r.encoding != 0;
    auto const call = content_of(s.server(), 1, *default_compressors().find(packed ? r.encoding : "gzip"));
    INFO(call.heads);
    CHECK(has(call.heads, "grpc-encoding="s + r.encoding) == packed);
    CHECK(call.messages == lines{packed ? "packed hello 0" : "plain hello 0"});
    s.respond(1, "", framed(text("answer")));
    CHECK(s.end.is_ok());
    CHECK(s.answer == "answe");

    task const again = s.unary(long_text("hello"));  // a recycled call remembers nothing
    s.w.clock.settle();
    auto const second =
        content_of(s.server(), 3,
                   *default_compressors().find(r.channel != nullptr && r.channel == "deflate"s ? "deflate" : "gzip"));
    CHECK(second.messages.size() == 1);
    CHECK(has(second.heads, "grpc-encoding=") == (r.channel != nullptr && r.channel != "identity"s));
  }
}

TEST_CASE("a compression that the channel has not is refused before anything is sent") {
  asio::io_context context;
  CHECK_THROWS_AS(channel(context, "ipv4:192.0.2.1:1", channel_options().compression("zebra")), std::invalid_argument);
  scripted s;
  task const t = s.unary(text("x"), call_options().compression("zebra"));
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::internal);
  CHECK(s.end.message() == "compression \"zebra\" is none of channel_options::compressors(): identity,gzip,deflate");
  CHECK(s.servers.peers.empty());
  task const good = s.unary(text("x"));
  s.greet();
  s.respond(1, "", framed(text("fine")));
  CHECK(s.end.is_ok());
}

TEST_CASE("what gets no smaller goes as it is") {
  scripted s(channel_options().compression("gzip"));
  task const t = s.unary(text("short", 3));
  s.greet();
  auto const call = content_of(s.server(), 1, *gzip());
  CHECK(has(call.heads, "grpc-encoding=gzip"));
  CHECK(call.messages == lines{"plain short 3"});
}

TEST_CASE("answers in all encodings, good and bad") {
  std::string const good = packed(*gzip(), long_text("hello").SerializeAsString());
  struct row {
    char const* name;
    char const* encoding;
    std::string body;
    status_code code;
    char const* says;
    bool compressed;
  };
  row const rows[] = {
      {"gzip", "gzip", framed_packed(good), status_code::ok, "", true},
      {"deflate", "deflate", framed_packed(*deflate(), long_text("hello")), status_code::ok, "", true},
      {"plain in gzip", "gzip", framed(long_text("hello")), status_code::ok, "", false},
      {"identity", "identity", framed(long_text("hello")), status_code::ok, "", false},
      {"no encoding", "", framed_packed(good), status_code::internal, "without a grpc-encoding", false},
      {"unknown", "zebra", framed(text("x")), status_code::internal,
       "the answer has grpc-encoding zebra, which is none of identity,gzip,deflate", false},
      {"another", "deflate", framed_packed(good), status_code::internal, "no deflate", true},
      {"cut off", "gzip", framed_packed(good.substr(0, 30)), status_code::internal, "no gzip", true},
      {"two members", "gzip", framed_packed(good + good), status_code::internal, "no gzip", true},
      {"no Text", "gzip", framed_packed(packed(*gzip(), "\x0f\x0f")), status_code::internal, "no lab.Text", true},
      {"a bomb", "gzip", framed_packed(packed_bomb(*gzip(), 8)), status_code::resource_exhausted,
       "becomes more than channel_options::max_receive_message_size (10000 bytes)", true},
      {"a long one", "gzip", "\1" + u32(10'001), status_code::resource_exhausted, "max_receive_message_size", false},
  };
  for (row const& r : rows) {
    for (bool const streaming : {false, true}) {
      INFO(r.name << (streaming ? " in a stream" : ""));
      std::size_t const limit = r.code == status_code::resource_exhausted ? 10'000 : 4 << 20;
      scripted s(channel_options().max_receive_message_size(limit));
      bool compressed = false;
      auto const stream = [&]() -> asio::awaitable<void> {
        Text const request = text("x");
        auto call = lab::echo::client(*s.channel).download(request);
        Text one;
        auto const reading = [&]() -> asio::awaitable<void> {
          while (co_await call.read(one)) s.answer = one.text().substr(0, 5);
        };
        s.end = co_await status_of(reading());
        compressed = call.response_compressed();
        ++s.ended;
      };
      task const t = streaming ? s.w.start(stream) : s.unary(text("x"));
      s.greet();
      s.respond(1, r.encoding, r.body);
      REQUIRE(s.ended == 1);
      INFO(to_string(s.end));
      CHECK(s.end.code() == r.code);
      CHECK(has(s.end.message(), r.says));
      CHECK(s.answer == (r.code == status_code::ok ? "hello" : ""));
      CHECK((streaming ? compressed : s.info.response_compressed()) == r.compressed);

      task const next = s.unary(text("x"));  // the connection is as good as before
      s.w.clock.settle();
      s.respond(3, "gzip", framed_packed(*gzip(), text("hello")));
      CHECK(s.ended == 2);
      CHECK(s.end.is_ok());
    }
  }
}

TEST_CASE("single messages of a stream are kept plain") {
  scripted s(channel_options().compression("gzip"));
  auto const body = [&]() -> asio::awaitable<void> {
    auto chat = lab::echo::client(*s.channel).chat();
    auto upload = lab::echo::client(*s.channel).upload();
    for (int i = 0; i < 4; ++i) {
      write_options const how = write_options().compress(i % 2 == 0);
      Text const message = long_text("hello", i);
      if (i < 2) {
        bool const open = co_await chat.write(message, how) && co_await upload.write(message, how);
        CHECK(open);
      } else {
        std::tuple<status, bool> const wrote = co_await chat.write(message, how, asio::use_awaitable);
        std::tuple<status, bool> const also = co_await upload.write(message, how, asio::use_awaitable);
        CHECK((std::get<bool>(wrote) && std::get<bool>(also)));
      }
    }
    co_await upload.writes_done();
    co_await chat.read();
  };
  task t = s.w.start(body);
  s.greet();
  lines const expected = {"packed hello 0", "plain hello 1", "packed hello 2", "plain hello 3"};
  std::string of_stream[2];
  for (parsed_frame const& f : s.server().heard())
    if (f.head.type == http2::frame_type::data) of_stream[f.head.id / 2] += f.payload;
  CHECK(of_stream[0] == of_stream[1]);
  std::string flags;
  for (std::string_view left = of_stream[0]; !left.empty();
       left.remove_prefix(5 + http2::read_u32(as_bytes(left).data() + 1)))
    flags += left[0] == 1 ? '1' : '0';
  CHECK(flags == "1010");
  t.cancel();
  s.w.clock.settle();
}

TEST_CASE("a call that is made again sends the same compressed bytes") {
  for (int row = 0; row < 6; ++row) {
    std::string const kind = row < 2 ? "unary" : row < 4 ? "download" : "upload";
    bool const elsewhere = row % 2 == 1;
    INFO(kind << (elsewhere ? " on another connection" : ""));
    scripted s(channel_options().compression("gzip"));
    Text const request = long_text("hello", 9);
    auto const upload = [&]() -> asio::awaitable<void> {
      auto call = lab::echo::client(*s.channel).upload();
      for (int i = 0; i < 3; ++i) {
        Text const message = long_text("hello", i);
        co_await call.write(message, write_options().compress(i != 1));
      }
      Text const answer = co_await call.finish();
      s.answer = answer.text().substr(0, 5);
    };
    auto const download = [&]() -> asio::awaitable<void> {
      auto call = lab::echo::client(*s.channel).download(request);
      auto const one = co_await call.read();
      s.answer = one ? one->text().substr(0, 5) : "";
    };
    task const t = kind == "unary" ? s.unary(request) : kind == "upload" ? s.w.start(upload) : s.w.start(download);
    lines const expected =
        kind == "upload" ? lines{"packed hello 0", "plain hello 1", "packed hello 2"} : lines{"packed hello 9"};
    s.greet();
    auto const first = content_of(s.server(), 1, *gzip());
    CHECK(first.messages == expected);
    if (elsewhere) {
      s.server().send(goaway(0, error_code::no_error));
      s.w.clock.settle();
      s.greet();
    } else {
      s.server().send(rst_stream(1, error_code::refused_stream));
    }
    s.w.clock.settle();
    stream_id const id = elsewhere ? 1 : 3;
    auto const again = content_of(s.server(), id, *gzip());
    CHECK(again.messages == expected);
    CHECK(again.bytes == first.bytes);
    CHECK(has(again.heads, "grpc-encoding=gzip"));
    s.respond(id, "gzip", framed_packed(*gzip(), long_text("hello")));
    CHECK(t.done());
    CHECK(s.answer == "hello");
  }
}

TEST_CASE("all kinds of calls, compressed in both directions, with strands and without") {
  for (strands const s : {strands::none, strands::everywhere}) {
    for (char const* const up : {"gzip", "deflate", "identity"}) {
      for (char const* const down : {"gzip", "deflate", "identity"}) {
        INFO(up << " " << down);
        world w(s, server_options().compression(down), channel_options().compression(up));
        echo_everything(w.service);
        bool const packed_up = up != "identity"s, packed_down = down != "identity"s;
        w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
          CHECK(context.request_compressed() == packed_up);
          CHECK(context.request_encoding() == (packed_up ? up : ""));
          co_return std::move(request);
        };
        w.service.on_upload = [&](server_context& context, reader<Text>& in) -> reply<Text> {
          Text one;
          int n = 0;
          while (co_await in.read(one)) {
            CHECK(context.request_compressed() == packed_up);
            ++n;
          }
          co_return long_text("total", n);
        };
        w.run([&]() -> asio::awaitable<void> {
          call_info info;
          Text const request = long_text("hello", 7);
          Text const answer = co_await w.client().unary(request, call_options().info(info));
          CHECK(answer.SerializeAsString() == request.SerializeAsString());
          CHECK(info.response_compressed() == packed_down);
        });
        w.run([&]() -> asio::awaitable<void> {
          Text const request = long_text("hello", 20);
          auto call = w.client().download(request);
          Text one;
          int n = 0;
          while (co_await call.read(one)) {
            CHECK(one.text() == request.text());
            CHECK(one.number() == n++);
            CHECK(call.response_compressed() == packed_down);
          }
          CHECK(n == 20);
        });
        w.run([&]() -> asio::awaitable<void> {
          auto call = w.client().upload();
          Text const message = long_text("hello");
          for (int i = 0; i < 20; ++i) co_await call.write(message);
          Text const answer = co_await call.finish();
          CHECK(answer.number() == 20);
          CHECK(call.response_compressed() == packed_down);
        });
        w.run([&]() -> asio::awaitable<void> {
          auto call = w.client().chat();
          for (int i = 0; i < 20; ++i) {
            Text const message = long_text("hello" + std::to_string(i), i);
            co_await call.write(message);
            auto const back = co_await call.read();
            REQUIRE(back);
            CHECK(back->text() == message.text());
            CHECK(call.response_compressed() == packed_down);
          }
          co_await call.writes_done();
          auto const end = co_await call.read();
          CHECK_FALSE(end);
        });
      }
    }
  }
}

TEST_CASE("interceptors see and change messages as they were before they were compressed") {
  for (strands const st : {strands::none, strands::everywhere}) {
    world* lab = nullptr;
    auto const mark = [](std::string const& word) {
      return [word](message_view& message) {
        message.edit<Text>()->mutable_text()->append(word);
        return status();
      };
    };
    auto const client_side = [&](call_context& call, next inner) -> asio::awaitable<status> {
      call.on_request(mark(" a"));
      call.on_response(mark(" d"));
      co_await lab->clock.sleep_for(1s);  // what is written until then waits here
      co_return co_await inner();
    };
    auto const server_side = [&](call_context& call, next inner) -> asio::awaitable<status> {
      call.on_request(mark(" b"));
      call.on_response(mark(" c"));
      status const first = co_await inner();
      if (call.method().kind() != call_kind::unary) co_return first;
      co_return co_await inner();  // once more, with the same request
    };
    world w(st, server_options().compression("deflate").intercept(server_side),
            channel_options().compression("gzip").intercept(client_side));
    lab = &w;
    echo_everything(w.service);
    std::string compressed;
    w.service.on_chat = [&](server_context& context, stream<Text, Text>& both) -> reply<void> {
      Text one;
      while (co_await both.read(one)) {
        compressed += context.request_compressed() ? '1' : '0';
        co_await both.write(one);
      }
      co_return ok;
    };
    auto const body = [&]() -> asio::awaitable<void> {
      Text const request = long_text("hello");
      call_info info;
      Text const answer = co_await w.client().unary(request, call_options().info(info));
      CHECK(answer.text() == request.text() + " a b c d");
      CHECK(info.response_compressed());
      auto chat = w.client().chat();
      for (int i = 0; i < 4; ++i) co_await chat.write(request, write_options().compress(i % 2 == 0));
      for (int i = 0; i < 4; ++i) {
        auto const back = co_await chat.read();
        REQUIRE(back);
        CHECK(back->text() == request.text() + " a b c d");
        CHECK(chat.response_compressed());
      }
      co_await chat.write(request, write_options().compress(false));
      co_await chat.writes_done();
      auto const last = co_await chat.read();
      CHECK(last);
    };
    task const t = w.start(body);
    w.clock.advance(5s);
    t.get();
    CHECK(compressed == "10100");
  }
}

TEST_CASE("large compressed messages pass through small windows") {
  world w(strands::none, server_options().compression("gzip"), channel_options().compression("gzip"));
  echo_everything(w.service);
  w.run([&]() -> asio::awaitable<void> {
    Text request;
    std::uint32_t random = 1;  // half of it cannot be compressed
    for (int i = 0; i < 1'500'000; ++i) {
      random = random * 1664525 + 1013904223;
      request.mutable_blob()->push_back(static_cast<char>(i % 2 == 0 ? random >> 24 : 0));
    }
    Text const answer = co_await w.client().unary(request);
    CHECK((answer.blob() == request.blob()));
    auto call = w.client().chat();
    for (int i = 0; i < 3; ++i) {
      co_await call.write(request);
      auto const back = co_await call.read();
      REQUIRE(back);
      CHECK((back->blob() == request.blob()));
    }
  });
}

}  // namespace heddle::test
