// Deadlines that the server keeps for its clients, which write their own frames here and keep none.
#include <string>

#include "support/raw_peer.hpp"

namespace heddle::test {

namespace {

using http2::setting_id;

auto const both = {strands::none, strands::everywhere};

/// A call with one second.
struct late_call {
  explicit late_call(strands s, std::uint32_t window = 65535) : w(s), peer(raw_client(w)) {
    w.service.on_unary = [this](server_context&, Text& request) -> reply<Text> {
      co_await w.clock.sleep_for(1h);
      co_return request;
    };
    w.service.on_chat = [this](server_context& context, stream<Text, Text>& both_ways) -> reply<void> {
      context.trailers().add("so-far", "1");
      co_await both_ways.write(text(std::string(100, 'x')));
      co_await w.clock.sleep_for(1h);
      co_return ok;
    };
    peer.send(std::string(http2::client_preface) + settings({{setting_id::initial_window_size, window}}) +
              settings_ack());
    w.clock.settle();
    peer.received();
  }
  std::string ask(std::string_view path, std::string const& body, std::uint8_t flags) {
    header_list head = grpc_request(path);
    head.add("grpc-timeout", "1S");
    peer.send({peer.frames.headers(1, head), data(1, body, flags)});
    w.clock.advance(999ms);
    std::string const before = frames_of(peer, 1).heads;
    CHECK(before.find("grpc-status") == std::string::npos);
    CHECK(before.find("RST_STREAM") == std::string::npos);
    w.clock.advance(2ms);
    return frames_of(peer, 1).heads;
  }

  world w;
  raw_peer peer;
};

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a call whose deadline passes on the server is told so") {
  late_call c(GENERATE(values(both)));
  std::string const heads = c.ask("/lab.Echo/Unary", framed(text("x")), flag::end_stream);
  INFO(heads);
  CHECK(has(heads, "grpc-status=4"));
  CHECK(has(heads, "END"));
  CHECK(!has(heads, "RST_STREAM"));
}

TEST_CASE("a request that is cut by its deadline is told so, and then reset") {
  late_call c(GENERATE(values(both)));
  std::string const heads = c.ask("/lab.Echo/Unary", framed(text("half")).substr(0, 7), 0);
  INFO(heads);
  CHECK(has(heads, "grpc-status=4"));
  CHECK(has(heads, "RST_STREAM 1 NO_ERROR"));
}

TEST_CASE("a stream whose deadline passes ends with trailers") {
  late_call c(GENERATE(values(both)));
  std::string const heads = c.ask("/lab.Echo/Chat", "", 0);
  INFO(heads);
  CHECK(has(heads, "grpc-status=4"));
  CHECK(has(heads, "so-far=1"));
  CHECK(has(heads, "RST_STREAM 1 NO_ERROR"));
}

TEST_CASE("an answer that waits for the client's window when the deadline passes is not kept") {
  late_call c(GENERATE(values(both)), 10);
  std::string const heads = c.ask("/lab.Echo/Chat", "", 0);
  INFO(heads);
  CHECK(!has(heads, "grpc-status"));
  CHECK(has(heads, "RST_STREAM 1 CANCEL"));
  c.peer.send(testing::frames::window_update(1, 1000));
  c.w.clock.settle();
  CHECK(frames_of(c.peer, 1).bytes.empty());
}

}  // namespace heddle::test
