// MAX_CONCURRENT_STREAMS of the peer: calls beyond it wait in their order, and are still calls.
#include "support/scripted_channel.hpp"

namespace heddle::test {

namespace {

/// The requests of all DATA frames, in their order.
std::string requests(raw_peer& peer) {
  std::string text;
  for (parsed_frame const& f : peer.heard())
    if (f.head.type == frame_type::data && f.payload.size() > 7) text += f.payload.substr(7) + " ";
  return text;
}

struct queue : scripted_channel {
  void begin(int n, call_options const& options = call_options()) {
    for (int i = 0; i < n; ++i) tasks.push_back(start(call_kind::unary, std::to_string(next++), options));
    w.clock.settle();
  }
  std::vector<task> tasks;
  int next = 0;
};

}  // namespace

TEST_CASE("calls beyond the limit leave in the order in which they came, one for each that ends") {
  queue s;
  s.begin(5);
  s.greet(streams(2));
  CHECK(requests(s.last()) == "0 1 ");
  s.begin(2);
  s.answer(3);
  CHECK(requests(s.last()) == "2 ");
  s.answer(1);
  CHECK(requests(s.last()) == "3 ");
  s.send({settings(streams(100))});
  CHECK(requests(s.last()) == "4 5 6 ");
}

TEST_CASE("a limit that is lowered below what is open lets calls end and starts none before there is room") {
  queue s;
  s.begin(4);
  s.greet();
  CHECK(requests(s.last()) == "0 1 2 3 ");
  s.send({settings(streams(2))});
  s.begin(2);
  s.answer(1);
  s.answer(3);
  CHECK(requests(s.last()) == "");
  s.answer(5);
  CHECK(requests(s.last()) == "4 ");
  s.answer(7);
  s.answer(9);
  CHECK(requests(s.last()) == "5 ");
  s.answer(11);
  CHECK(s.ended == 6);
}

TEST_CASE("a limit of 0 stops new calls for as long as it lasts") {
  queue s;
  bool const from_the_start = GENERATE(false, true);
  s.begin(from_the_start ? 0 : 1);
  if (from_the_start) {
    task const t = s.start(call_kind::unary, "0");
    s.greet(streams(0));
    CHECK(requests(s.last()) == "");
    s.w.clock.advance(1h);
    CHECK(s.ended == 0);
    s.send({settings(streams(1))});
    CHECK(requests(s.last()) == "0 ");
    s.answer(1);
  } else {
    s.greet();
    s.last().received();
    s.send({settings(streams(0))});
    s.answer(1);
    s.begin(3);
    s.w.clock.advance(1h);
    CHECK(s.last().received() == "SETTINGS ACK");
    s.send({settings(streams(2))});
    std::string const sent = s.last().received();
    CHECK(has(sent, "HEADERS 3 "));
    CHECK(has(sent, "HEADERS 5 "));
    CHECK(!has(sent, "HEADERS 7 "));
    s.answer(3);
    s.answer(5);
    s.answer(7);
  }
  CHECK(s.ended == (from_the_start ? 1 : 4));
  CHECK(s.end.is_ok());
  CHECK(s.peers.size() == 1);
}

TEST_CASE("a waiting call has its deadline and can be cancelled, and no one else's place is lost") {
  queue s;
  s.begin(1);
  s.greet(streams(1));
  s.begin(1);                                      // 1
  s.begin(1, call_options().timeout(10s));         // 2
  s.begin(1);                                      // 3: cancelled
  s.begin(1);                                      // 4
  s.begin(1, call_options().timeout(5s));          // 5
  CHECK(requests(s.last()) == "0 ");
  s.tasks[3].cancel();
  s.w.clock.advance(5s);
  CHECK(s.tasks[3].done());
  CHECK(s.tasks[5].done());
  CHECK(s.end.code() == status_code::deadline_exceeded);
  s.w.clock.advance(5s);
  CHECK(s.tasks[2].done());
  s.begin(1);  // 6
  s.answer(1);
  CHECK(requests(s.last()) == "1 ");
  s.answer(3);
  CHECK(requests(s.last()) == "4 ");
  s.answer(5);
  CHECK(requests(s.last()) == "6 ");
}

TEST_CASE("a call that is cancelled makes room for the next one") {
  queue s;
  s.begin(3);
  s.greet(streams(1));
  s.last().received();
  s.tasks[0].cancel();
  s.w.clock.settle();
  std::string const sent = s.last().received();
  CHECK(has(sent, "RST_STREAM 1 CANCEL"));
  CHECK(has(sent, "HEADERS 3 "));
  CHECK(!has(sent, "HEADERS 5 "));
}

TEST_CASE("the time that a waiting call still has is told when it leaves") {
  queue s;
  s.begin(1);
  s.greet(streams(1));
  s.begin(1, call_options().timeout(10s));
  s.last().received();
  s.w.clock.advance(4s);
  s.answer(1);
  CHECK(has(s.last().received(), "grpc-timeout=6000000u"));
}

TEST_CASE("calls that wait for room move to the next connection when this one goes away") {
  queue s;
  s.begin(4);
  s.greet(streams(1));
  CHECK(requests(s.last()) == "0 ");
  s.send({goaway(1, error_code::no_error)});
  REQUIRE(s.peers.size() == 2);
  s.greet(streams(2));
  CHECK(requests(s.last()) == "1 2 ");
  s.answer(1);
  CHECK(requests(s.last()) == "3 ");
}

TEST_CASE("ten thousand waiting calls are cancelled, or served, in no time") {
  queue s;
  s.begin(1);
  s.greet(streams(1));
  s.begin(10000, call_options().timeout(1min));
  bool const serve = GENERATE(false, true);
  if (serve)
    s.send({settings(streams(20000))});
  else
    s.w.clock.advance(1min);
  CHECK(s.ended == (serve ? 0 : 10000));
  CHECK(requests(s.last()).size() > (serve ? 20000 : 0));
}

}  // namespace heddle::test
