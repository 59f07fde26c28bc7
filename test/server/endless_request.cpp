// A client that never stops sending where one message is wanted: its call ends at the first byte too many, and what the
// server holds of it stays below a window.
#include <string>

#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;
using http2::frame_type;
using testing::made_call;
using testing::scripted_peer;

namespace {

char const* const takes_one[] = {"/lab.Echo/Unary", "/lab.Echo/Download"};

struct rig {
  rig() : peer(testing::scripted_client(*w.server, w.context)) {
    echo_everything(w.service);
    w.service.on_unary = [this, inner = w.service.on_unary](server_context& context, Text& request) {
      ++handlers;
      return inner(context, request);
    };
    w.clock.settle();
  }
  /// What the server grants of both kinds of windows, since the last call.
  std::uint64_t granted() {
    std::uint64_t sum = 0;
    while (auto const update = peer.take(frame_type::window_update)) sum += update->number();
    return sum;
  }
  status end_of(made_call call) {
    status end;
    auto const read = [&]() -> asio::awaitable<void> { end = co_await call.finish(); };
    testing::run(w.clock, read());
    return end;
  }
  void check_neighbour() {
    made_call call = peer.call("/lab.Echo/Unary");
    call.send_data(message_of(text("and you?")), flag::end_stream);
    CHECK(end_of(call).is_ok());
  }

  world w;
  scripted_peer peer;
  int handlers = 0;
};

}  // namespace

TEST_CASE("a request of one message that never ends is answered at the first byte too many") {
  std::string const one = message_of(text("question"));
  std::string const empty = message_of(std::string_view());
  struct row {
    char const* name;
    std::string first, more;
  };
  row const rows[] = {
      {"a byte", one, std::string(1, '\0')},
      {"a byte behind it in its frame", one + "x", std::string(1, 'x')},
      {"an empty message", one, empty},
      {"an empty message after an empty message", empty, empty},
      {"large ones", one, message_of(std::string_view(std::string(16'000, 'x')))},
  };
  for (char const* method : takes_one) {
    for (row const& r : rows) {
      INFO(method << ", " << r.name);
      rig lab;
      made_call call = lab.peer.call(method);
      call.send_data(r.first);
      call.send_data(r.more);
      status const end = lab.end_of(call);  // the client has not ended its half, and need not
      CHECK(end.code() == status_code::unimplemented);
      CHECK(end.message() == "the request has more than the one message that is wanted");
      CHECK(lab.handlers == 0);
      lab.check_neighbour();
    }
  }
}

TEST_CASE("a client that goes on behind the end of its call is granted nothing for it") {
  for (char const* method : takes_one) {
    INFO(method);
    rig lab;
    made_call call = lab.peer.call(method);
    call.send_data(message_of(text("question")));
    lab.w.clock.settle();
    lab.granted();
    std::string const more(16'000, '\0');
    std::uint64_t sent = 0;
    for (int i = 0; i < 60; ++i, sent += more.size()) {
      call.send_data(more);
      lab.w.clock.settle();
    }
    CHECK(sent > 900'000);
    CHECK(has(lab.peer.received(), "RST_STREAM 1 NO_ERROR"));
    while (auto const update = lab.peer.take(frame_type::window_update)) CHECK(update->stream() == 0);
    lab.check_neighbour();
  }
}

TEST_CASE("a request of one message that is larger than any window arrives") {
  rig lab;
  lab.w.service.on_unary = [](server_context&, Text& request) -> reply<Text> {
    co_return text("", static_cast<std::int64_t>(request.text().size()));
  };
  made_call call = lab.peer.call("/lab.Echo/Unary");
  std::string const body = message_of(text(std::string(3'000'000, 'x')));
  for (std::size_t at = 0; at < body.size(); at += 16'000) {
    call.send_data(body.substr(at, 16'000));
    lab.w.clock.settle();
  }
  call.half_close();
  CHECK(lab.end_of(call).is_ok());
}
