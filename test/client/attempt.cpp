// What a client makes of answers, good and bad, from a server that writes its own frames.
#include <string>

#include "support/raw_peer.hpp"

namespace heddle::test {

namespace {

/// A channel whose server is the test, with one call under way.
struct scripted {
  explicit scripted(channel_options co = channel_options()) {
    co.use_clock(w.clock).use_connector(servers.connector(w)).single_threaded(true);
    channel.emplace(w.context, "ipv4:192.0.2.1:1", co);
  }
  task unary(call_options options = call_options()) {
    auto const body = [this, options]() -> asio::awaitable<void> {
      Text const request = text("x");
      lab::echo::client client(*channel);
      result<Text> const r = co_await client.unary(request, options, as_result);
      ++ended;
      end = r.has_error() ? r.error() : status();
      if (r.has_value()) answer = *r;
    };
    return w.start(body);
  }
  raw_peer& server() { return servers.last(); }
  void greet() {
    w.clock.settle();
    server().send(settings() + settings_ack());
    w.clock.settle();
  }
  world w;
  raw_servers servers;
  std::optional<heddle::channel> channel;
  status end;
  Text answer;
  int ended = 0;
};

header_list head(std::string_view type = "application/grpc") {
  return fields({{":status", "200"}, {"content-type", type}});
}
header_list trailer(std::string_view code, std::string_view message = {}) {
  header_list list;
  list.add("grpc-status", code);
  if (!message.empty()) list.add("grpc-message", message);
  return list;
}
header_list trailers_only(std::string_view code, std::string_view message = {}) {
  header_list list = head();
  for (header_field const f : trailer(code, message)) list.add(f.name, f.value);
  return list;
}

}  // namespace

TEST_CASE("a request looks as gRPC wants it") {
  scripted s(channel_options().user_agent("lab/1").authority("lab.example"));
  task const t = s.unary(call_options().timeout(5s).header("tenant", "a").header("key-bin", std::string("\0\1", 2)));
  s.w.clock.settle();
  std::string const sent = s.server().received();
  INFO(sent);
  CHECK(has(sent, "SETTINGS"));
  s.server().send(settings());
  s.w.clock.settle();
  std::string const call = s.server().received();
  INFO(call);
  CHECK(has(call, "HEADERS 1 /lab.Echo/Unary grpc-timeout=5000000u te=trailers content-type=application/grpc"));
  CHECK(has(call, "user-agent=lab/1 grpc-c++-heddle/"));
  CHECK(has(call, "tenant=a"));
  CHECK(has(call, "key-bin=AAE"));
  CHECK(has(call, "DATA 1 [?????"));
  CHECK(has(call, " END"));
}

TEST_CASE("answers of all shapes") {
  struct row {
    char const* name;
    char const* script;  // a word a frame
    status_code code;
    char const* says;
  };
  // H: head, h: head of HTTP 503, t: head of text/html, M: a message, m: half of one, B: garbage, T0..T9: trailers with
  // that status, O0: Trailers-Only, E: empty DATA with END_STREAM, R: RST_STREAM(NO_ERROR), C: RST_STREAM(CANCEL),
  // N: trailers without grpc-status
  row const rows[] = {
      {"good", "H M T0", status_code::ok, ""},
      {"no message", "H T0", status_code::unimplemented, "without a message"},
      {"two messages", "H M M T0", status_code::unimplemented, "more than the one message"},
      {"Trailers-Only OK", "O0", status_code::unimplemented, "without a message"},
      {"Trailers-Only", "O5", status_code::not_found, "said the peer"},
      {"an error after a message", "H M T5", status_code::not_found, "said the peer"},
      {"an error with half a message", "H m T5", status_code::not_found, "said the peer"},
      {"half a message", "H m T0", status_code::internal, ""},
      {"garbage", "H B T0", status_code::internal, "lab.Text"},
      {"no trailers", "H M E", status_code::unknown, ""},
      {"no status", "H M N", status_code::unknown, ""},
      {"HTTP 503", "h E", status_code::unavailable, "503"},
      {"HTML", "t E", status_code::unknown, "text/html"},
      {"reset", "H M C", status_code::cancelled, "CANCEL"},
      {"reset with NO_ERROR", "H R", status_code::internal, "NO_ERROR"},
      {"answered and reset", "H M T0 R", status_code::ok, ""},
      {"an unknown status", "H M T77", status_code::unknown, ""},
      {"compressed", "H Z T0", status_code::internal, ""},
      {"too large", "H L", status_code::resource_exhausted, "max_receive_message_size"},
  };
  for (bool const at_once : {true, false}) {
    for (row const& r : rows) {
      INFO(r.name << (at_once ? " at once" : " step by step"));
      scripted s;
      task const t = s.unary();
      s.greet();
      raw_peer& peer = s.server();
      std::string all;
      std::string_view script = r.script;
      while (!script.empty()) {
        std::string const word(script.substr(0, script.find(' ')));
        script.remove_prefix(std::min(script.size(), word.size() + 1));
        std::string bytes;
        std::string const message = framed(text("answer", 3));
        switch (word[0]) {
          case 'H': bytes = peer.frames.headers(1, head()); break;
          case 'h': bytes = peer.frames.headers(1, fields({{":status", "503"}, {"content-type", "text/html"}})); break;
          case 't': bytes = peer.frames.headers(1, head("text/html")); break;
          case 'M': bytes = data(1, message); break;
          case 'm': bytes = data(1, message.substr(0, 7)); break;
          case 'B': bytes = data(1, std::string("\0\0\0\0\2\x0f\x0f", 7)); break;
          case 'Z': bytes = data(1, "\1" + message.substr(1)); break;
          case 'L': bytes = data(1, std::string("\0\x7f\xff\xff\xff", 5)); break;
          case 'T': bytes = peer.frames.headers(1, trailer(word.substr(1), "said the peer"), flag::end_stream); break;
          case 'O':
            bytes = peer.frames.headers(1, trailers_only(word.substr(1), "said the peer"), flag::end_stream);
            break;
          case 'N': bytes = peer.frames.headers(1, fields({{"x", "y"}}), flag::end_stream); break;
          case 'E': bytes = data(1, "", flag::end_stream); break;
          case 'R': bytes = rst_stream(1, error_code::no_error); break;
          case 'C': bytes = rst_stream(1, error_code::cancel); break;
          default: FAIL("unknown word");
        }
        if (at_once) {
          all += bytes;
        } else {
          for (char const c : bytes) peer.send(std::string(1, c));
          s.w.clock.settle();
        }
      }
      if (at_once) peer.send(all);
      s.w.clock.settle();
      REQUIRE(s.ended == 1);
      INFO(to_string(s.end));
      CHECK(s.end.code() == r.code);
      CHECK(has(s.end.message(), r.says));
      if (r.code == status_code::ok) CHECK(s.answer.number() == 3);
      // The connection is as good as before.
      if (!has(r.script, "R") && !has(r.script, "C") && !has(r.script, "L")) {
        task const again = s.unary();
        s.w.clock.settle();
        peer.send(peer.frames.headers(3, trailers_only("5"), flag::end_stream));
        s.w.clock.settle();
        CHECK(s.ended == 2);
        CHECK(s.end.code() == status_code::not_found);
      }
    }
  }
}

TEST_CASE("a message of a status is decoded, and details that are none are left out") {
  scripted s;
  task const t = s.unary();
  s.greet();
  header_list list = trailers_only("3", "a%20b%E2%82%AC%");
  list.add("grpc-status-details-bin", "!!!");
  list.add("x-more", "1");
  s.server().send(s.server().frames.headers(1, list, flag::end_stream));
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::invalid_argument);
  CHECK(s.end.message() == "a b\xE2\x82\xAC%");
  CHECK(s.end.details().empty());
  CHECK(s.end.trailers().get("x-more") == "1");
  CHECK(s.end.origin() == status_origin::peer);
}

TEST_CASE("a server that speaks HTTP/1.1 is named so") {
  scripted s;
  task const t = s.unary();
  s.w.clock.settle();
  s.server().send("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  CHECK(s.end.code() == status_code::unavailable);
  CHECK(has(s.end.message(), "HTTP/1"));
}

TEST_CASE("a server that says nothing is given up after min_connect_timeout") {
  scripted s(channel_options().backoff(backoff_options().min_connect_timeout(5s)));
  task const t = s.unary();
  s.w.clock.advance(5s - 1ns);
  CHECK(s.ended == 0);
  s.w.clock.advance(1ns);
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  CHECK(s.end.code() == status_code::unavailable);
  CHECK(has(s.end.message(), "min_connect_timeout"));
}

TEST_CASE("a connection that is lost ends its calls with UNAVAILABLE and a reason") {
  scripted s;
  task const t = s.unary();
  s.greet();
  SECTION("by the peer's end of file") { s.server().half_close(); }
  SECTION("by a close") { s.server().close(); }
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  CHECK(s.end.code() == status_code::unavailable);
  CHECK(s.end.origin() == status_origin::transport);
  CHECK(has(s.end.message(), "connection to memory lost"));
}

TEST_CASE("what the peer said in GOAWAY is in the text") {
  scripted s(channel_options().on_too_many_pings([](duration) {}));
  task const t = s.unary();
  s.greet();
  s.server().send(goaway(1, error_code::enhance_your_calm, "too_many_pings"));
  s.w.clock.settle();
  CHECK(s.ended == 0);
  s.server().close();
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  CHECK(s.end.code() == status_code::unavailable);
  CHECK(has(s.end.message(), "too_many_pings"));
}

TEST_CASE("garbage from a server ends its calls") {
  scripted s;
  task const t = s.unary();
  s.greet();
  s.server().send(std::string(100, '\xff'));
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  CHECK(s.end.code() == status_code::unavailable);
  s.w.clock.advance(2s);
  CHECK(has(s.server().received(), "GOAWAY"));
}

TEST_CASE("deadlines that cross with a server's own end of the call are DEADLINE_EXCEEDED") {
  // The alarm is older than the call's, and rings first: its bytes are read at the deadline, before the channel's turn.
  bool const on_time = GENERATE(true, false);
  CAPTURE(on_time);
  scripted s;
  std::string bytes;
  auto const alarm = s.w.clock.make_timer(s.w.context.get_executor());
  alarm->wait_until(after(s.w.clock.now(), on_time ? 1s : 1s - 1ns), [&] { s.server().send(bytes); });
  call_info info;
  task const t = s.unary(call_options().timeout(1s).info(info));
  s.greet();
  SECTION("a reset") { bytes = rst_stream(1, error_code::cancel); }
  SECTION("trailers, of which nothing is taken") {
    header_list list = trailers_only("1", "said the peer");
    list.add("x-more", "1");
    bytes = s.server().frames.headers(1, list, flag::end_stream);
  }
  SECTION("trailers after a head") {
    header_list list = trailer("1", "said the peer");
    list.add("x-more", "1");
    bytes = s.server().frames.headers(1, head());
    bytes += s.server().frames.headers(1, list, flag::end_stream);
  }
  REQUIRE(!bytes.empty());
  s.w.clock.advance(1s - 1ns);
  CHECK(s.ended == (on_time ? 0 : 1));
  s.w.clock.advance(1ns);
  REQUIRE(s.ended == 1);
  INFO(to_string(s.end));
  if (!on_time) {
    CHECK(s.end.code() == status_code::cancelled);
    return;
  }
  CHECK(s.end.code() == status_code::deadline_exceeded);
  CHECK(s.end.origin() == status_origin::local);
  CHECK(has(s.end.message(), "call_options::timeout()"));
  CHECK(!has(s.end.message(), "said the peer"));
  CHECK(s.end.trailers().empty());
  CHECK(info.trailers().empty());
  CHECK(!has(s.server().received(), "RST_STREAM"));  // the channel's own turn found the call over
}

TEST_CASE("other codes that come at the deadline are the server's") {
  scripted s;
  std::string bytes;
  auto const alarm = s.w.clock.make_timer(s.w.context.get_executor());
  alarm->wait_until(after(s.w.clock.now(), 1s), [&] { s.server().send(bytes); });
  task const t = s.unary(call_options().timeout(1s));
  s.greet();
  bytes = s.server().frames.headers(1, trailers_only("5", "said the peer"), flag::end_stream);
  s.w.clock.advance(1s);
  REQUIRE(s.ended == 1);
  CHECK(to_string(s.end) == "NOT_FOUND: said the peer");
}

}  // namespace heddle::test
