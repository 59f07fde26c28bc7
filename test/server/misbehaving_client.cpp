// Clients that break rules on purpose: every handler ends, every call gets the right answer or none, the connection's
// other calls go on, and so does the server.
#include <functional>
#include <string>
#include <vector>

#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using http2::frame_type;
using http2::setting_id;
using testing::made_call;
using testing::manners;
using testing::scripted_peer;

namespace {

char const* const methods[] = {"Unary", "Download", "Upload", "Chat"};
bool wants_one(std::string_view method) { return method == "Unary" || method == "Download"; }

header_list request_head(std::string_view method) {
  return fields({{":method", "POST"},
                 {":scheme", "http"},
                 {":path", "/lab.Echo/" + std::string(method)},
                 {":authority", "host"},
                 {"te", "trailers"},
                 {"content-type", "application/grpc"}});
}

/// A server whose handlers are counted, and a client with a call that nothing may disturb.
struct rig {
  explicit rig(manners how = manners::good, server_options so = server_options()) : w(strands::none, std::move(so)) {
    echo_everything(w.service);
    count(w.service.on_unary);
    count(w.service.on_download);
    count(w.service.on_upload);
    count(w.service.on_chat);
    peer.emplace(testing::scripted_client(*w.server, w.context, how));
    w.clock.settle();
  }
  void begin_neighbour() {
    neighbour.emplace(peer->call("/lab.Echo/Chat"));
    w.clock.settle();
  }
  void check_neighbour() {
    auto const goes_on = [this]() -> asio::awaitable<void> {
      neighbour->send(text("and you?"));
      auto const echo = co_await neighbour->read<Text>();
      CHECK((echo && echo->text() == "and you?"));
      neighbour->half_close();
      status const end = co_await neighbour->finish();
      CHECK(end.is_ok());
    };
    testing::run(w.clock, goes_on());
    CHECK(running == 0);
  }
  /// Others are served, and no handler is left.
  void check_server() {
    w.clock.advance(3s);
    CHECK(running == 0);
    auto const call = [this]() -> asio::awaitable<void> {
      Text const request = text("and the others?");
      Text const answer = co_await w.client().unary(request);
      CHECK(answer.text() == request.text());
    };
    w.run(call);
  }
  status end_of(made_call call) {
    status end;
    auto const read = [&]() -> asio::awaitable<void> { end = co_await call.finish(); };
    testing::run(w.clock, read());
    return end;
  }

  int running = 0;
  world w;
  std::optional<scripted_peer> peer;
  std::optional<made_call> neighbour;

 private:
  template <class Answer, class... Arguments>
  void count(std::function<Answer(server_context&, Arguments&...)>& handler) {
    handler = [this, inner = handler](server_context& context, Arguments&... arguments) -> Answer {
      struct here {
        explicit here(int& n) : count(n) { ++count; }
        ~here() { --count; }
        int& count;
      };
      here const counted(running);
      co_return co_await inner(context, arguments...);
    };
  }
};

std::string request_of(std::string const& words = "question") { return message_of(text(words)); }

}  // namespace

TEST_CASE("a connection that closes after every byte of a request") {
  for (char const* method : methods) {
    for (bool const half : {false, true}) {
      std::size_t size = 1000;
      for (std::size_t n = 0; n <= size; ++n) {
        rig r(manners::none);
        std::string const bytes = std::string(http2::client_preface) + settings() + settings_ack() +
                                  r.peer->codec().headers(1, request_head(method)) +
                                  data(1, request_of(), flag::end_stream);
        size = bytes.size();
        INFO(method << " after " << n << " of " << size);
        r.peer->send(bytes.substr(0, n));
        if (half)
          r.peer->half_close();
        else
          r.peer->close();
        r.check_server();
        CHECK(r.peer->ended());
      }
    }
  }
}

TEST_CASE("a connection that goes silent after every byte of a request keeps nobody") {
  for (char const* method : methods) {
    std::size_t size = 1000;
    for (std::size_t n = 0; n < size; n += 3) {
      rig r(manners::none);
      std::string const bytes = std::string(http2::client_preface) + settings() + settings_ack() +
                                r.peer->codec().headers(1, request_head(method)) +
                                data(1, request_of(), flag::end_stream);
      size = bytes.size();
      r.peer->send(bytes.substr(0, n));
      r.w.clock.advance(20s);
      auto const others = [&]() -> asio::awaitable<void> { co_await r.w.client().unary(text("x")); };
      r.w.run(others);
      r.peer->close();
      r.w.clock.settle();
      CHECK(r.running == 0);
    }
  }
}

TEST_CASE("resets at every point of a request") {
  for (char const* method : methods) {
    for (std::uint32_t code = 0; code <= 14; ++code) {
      for (int point = 0; point < 4; ++point) {
        INFO(method << " with " << code << " at " << point);
        rig r;
        r.begin_neighbour();
        made_call call = r.peer->call(std::string("/lab.Echo/") + method);
        if (point == 1) call.send_data(request_of().substr(0, 3));
        if (point == 2) call.send_data(request_of());
        if (point == 3) call.send_data(request_of(), flag::end_stream);
        if (code % 2 == 0) r.w.clock.settle();
        call.reset(static_cast<http2::error_code>(code));
        r.w.clock.settle();
        CHECK(r.running == 1);  // the neighbour's
        r.check_neighbour();
      }
    }
  }
}

TEST_CASE("requests with broken messages") {
  struct row {
    char const* name;
    std::string body;
    status_code code;
    char const* says;
  };
  std::string const one = request_of();
  std::vector<row> rows = {
      {"half a prefix", one.substr(0, 3), status_code::internal, "the request: the stream ended inside a message"},
      {"a prefix alone", one.substr(0, 5), status_code::internal, "ended inside a message"},
      {"a byte too few", one.substr(0, one.size() - 1), status_code::internal, "ended inside a message"},
      {"no such message", message_of("\x0f\x0f"), status_code::internal, "is no lab.Text"},
      {"too large", std::string("\0\x7f\xff\xff\xff", 5), status_code::resource_exhausted,
       "the request: received a message of 2147483647 bytes, which is more than "
       "server_options::max_receive_message_size (4194304"},
      {"compressed, without an encoding", message_of(text("x").SerializeAsString(), 1), status_code::internal,
       "without a grpc-encoding"},
  };
  for (int flag_byte = 2; flag_byte < 256; flag_byte += 23)
    rows.push_back({"a flag", message_of("", static_cast<std::uint8_t>(flag_byte)), status_code::internal,
                    "which is neither 0 nor 1"});
  for (char const* method : methods) {
    for (row const& r : rows) {
      INFO(method << ": " << r.name);
      rig lab;
      lab.begin_neighbour();
      made_call call = lab.peer->call(std::string("/lab.Echo/") + method);
      call.send_data(r.body, flag::end_stream);
      status const end = lab.end_of(call);
      INFO(heddle::to_string(end));
      CHECK(end.code() == r.code);
      CHECK(has(end.message(), r.says));
      lab.check_neighbour();
    }
  }
}

TEST_CASE("too few messages and too many, of a client") {
  for (char const* method : methods) {
    for (int count : {0, 2}) {
      INFO(method << " " << count);
      rig r;
      r.begin_neighbour();
      made_call call = r.peer->call(std::string("/lab.Echo/") + method);
      for (int i = 0; i < count; ++i) call.send_data(request_of());
      call.half_close();
      status const end = r.end_of(call);
      CHECK(end.code() == (wants_one(method) ? status_code::unimplemented : status_code::ok));
      r.check_neighbour();
    }
  }
}

TEST_CASE("trailers of a client end its request") {
  struct row {
    char const* name;
    header_list trailers;
    std::uint8_t flags;
    char const* says;  // empty: all is well
  };
  row const rows[] = {
      {"good ones", fields({{"x", "y"}}), flag::end_stream, ""},
      {"without END_STREAM", fields({{"x", "y"}}), no_flags, "PROTOCOL_ERROR"},
      {"with a pseudo-header", fields({{":path", "/"}}), flag::end_stream, "PROTOCOL_ERROR"},
  };
  for (char const* method : methods) {
    for (row const& r : rows) {
      INFO(method << ": " << r.name);
      rig lab;
      lab.begin_neighbour();
      made_call call = lab.peer->call(std::string("/lab.Echo/") + method);
      call.send_data(request_of());
      lab.peer->send_headers(call.stream(), r.trailers, r.flags);
      status const end = lab.end_of(call);
      CHECK(end.is_ok() == (r.says[0] == '\0'));
      CHECK(has(end.message(), r.says));
      lab.check_neighbour();
    }
  }
}

TEST_CASE("malformed request heads reset their stream, and no other") {
  struct row {
    char const* name;
    header_list head;
  };
  auto const with = [](std::string_view name, std::string_view value) {
    header_list list = request_head("Unary");
    list.add(name, value);
    return list;
  };
  row const rows[] = {
      {"a pseudo-header after others", with(":scheme", "http")},
      {"an unknown pseudo-header", fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":what", "x"}})},
      {"capitals", with("Tenant", "a")},
      {"a field of HTTP/1", with("connection", "close")},
      {"te: gzip", fields({{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {"te", "gzip"}})},
      {"no path", fields({{":method", "POST"}, {":scheme", "http"}})},
      {"a line break in a value", with("tenant", "a\nb")},
  };
  for (row const& r : rows) {
    INFO(r.name);
    rig lab;
    lab.begin_neighbour();
    lab.peer->received();
    made_call const call = lab.peer->call(r.head, flag::end_stream);
    lab.w.clock.settle();
    std::string const answer = lab.peer->received();
    INFO(answer);
    CHECK(has(answer, "RST_STREAM 3 PROTOCOL_ERROR"));
    CHECK(!has(answer, "GOAWAY"));
    lab.check_neighbour();
  }
}

TEST_CASE("a client whose windows are zero gets its answer when they open") {
  for (char const* method : methods) {
    INFO(method);
    rig r(manners::none);
    r.peer->send({std::string(http2::client_preface), settings({{setting_id::initial_window_size, 0}}), settings_ack(),
                  r.peer->codec().headers(1, request_head(method)),
                  data(1, message_of(text("x", 1)), flag::end_stream)});
    r.w.clock.settle();
    std::string const held = r.peer->received();
    CHECK(has(held, "HEADERS 1 200"));
    CHECK(!has(held, "DATA"));
    CHECK(!has(held, "grpc-status"));
    r.peer->send(window_update(1, 4));
    r.w.clock.settle();
    CHECK(has(r.peer->received(), "DATA 1 [????]"));
    r.peer->send(settings({{setting_id::initial_window_size, 1000}}));
    r.w.clock.settle();
    CHECK(has(r.peer->received(), "grpc-status=0 END"));
    r.check_server();
  }
}

TEST_CASE("a client that never opens its windows holds a handler no longer than its connection") {
  rig r(manners::none);
  r.peer->send({std::string(http2::client_preface), settings({{setting_id::initial_window_size, 0}}), settings_ack(),
                r.peer->codec().headers(1, request_head("Download")),
                data(1, message_of(text(std::string(10'000, 'x'), 1000)), flag::end_stream)});
  r.w.clock.advance(10s);
  CHECK(r.running == 1);  // it waits for the window
  r.peer->close();
  r.check_server();
}

TEST_CASE("padding of requests is given back") {
  rig r;
  auto const script = [&]() -> asio::awaitable<void> {
    made_call call = r.peer->call("/lab.Echo/Upload");
    std::string const message = message_of(text(std::string(300'000, 'x')));
    std::int64_t stream_window = 256 * 1024, connection_window = 1024 * 1024;
    for (std::size_t at = 0; at < message.size(); at += 5) {
      while (stream_window < 300 || connection_window < 300) {
        testing::received_frame const update = co_await r.peer->expect(frame_type::window_update);
        (update.stream() == 0 ? connection_window : stream_window) += update.number();
      }
      r.peer->send(frame(frame_type::data, flag::padded, call.stream(), padded(message.substr(at, 5), 255)));
      stream_window -= 261;
      connection_window -= 261;
    }
    call.half_close();
    auto const answer = co_await call.read<Text>();
    CHECK((answer && answer->text().size() == 300'000));
    status const end = co_await call.finish();
    CHECK(end.is_ok());
  };
  testing::run(r.w.clock, script());
  r.check_server();
}

TEST_CASE("a client that goes away: calls under way are answered") {
  rig r;
  r.begin_neighbour();
  r.peer->send(goaway(0, http2::error_code::no_error));
  r.w.clock.settle();
  r.check_neighbour();
  r.check_server();
}

TEST_CASE("a client that closes its half of the connection") {
  rig r;
  r.begin_neighbour();
  r.peer->half_close();
  r.check_server();
  CHECK(r.peer->ended());
}
