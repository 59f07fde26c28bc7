// gRFC A6: a call that never left is made again until its deadline; one that the server's library gave back, once.
#include "support/scripted_channel.hpp"

namespace heddle::test {

TEST_CASE("every kind of call is made again when the server gives it back, with all that it had sent") {
  scripted_channel s;
  call_kind const what = GENERATE(values(all_kinds));
  bool const goes_away = GENERATE(false, true);
  task const t = s.start(what);
  s.greet();
  INFO(s.last().received());
  if (goes_away) {
    s.send({goaway(0, error_code::no_error)});
    REQUIRE(s.peers.size() == 2);
    s.greet();
  } else {
    s.send({rst_stream(1, error_code::refused_stream)});
  }
  std::string const again = s.last().received();
  INFO(again);
  CHECK(has(again, "question]"));
  CHECK(s.ended == 0);
  s.answer(goes_away ? 1 : 3);
  REQUIRE(s.ended == 1);
  CHECK(s.end.is_ok());
  CHECK(s.answers == std::vector<std::string>{"answer"});
}

TEST_CASE("a call that was given back twice has failed, however it was given back") {
  scripted_channel s;
  call_kind const what = GENERATE(values(all_kinds));
  bool const first_goes_away = GENERATE(false, true);
  task const t = s.start(what);
  s.greet();
  if (first_goes_away) {
    s.send({goaway(0, error_code::no_error)});
    s.greet();
    s.send({rst_stream(1, error_code::refused_stream)});
  } else {
    s.send({rst_stream(1, error_code::refused_stream)});
    s.send({goaway(1, error_code::no_error)});
  }
  REQUIRE(s.ended == 1);
  INFO(s.end.message());
  CHECK(s.end.code() == status_code::unavailable);
}

TEST_CASE("a call whose connection was lost after its HEADERS left has failed: the server may have done it") {
  scripted_channel s;
  call_kind const what = GENERATE(values(all_kinds));
  task const t = s.start(what);
  s.greet();
  CHECK(has(s.last().received(), "HEADERS 1 "));
  s.last().close();
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
  CHECK(s.peers.size() == 1);
}

TEST_CASE("a call that never left is made again as often as it takes") {
  scripted_channel s;
  call_kind const what = GENERATE(values(all_kinds));
  bool const goes_away = GENERATE(false, true);
  std::size_t const left = GENERATE(0, 9 + 8);  // nothing, or the acknowledgement of SETTINGS and half a HEADERS frame
  task const t = s.start(what);
  for (std::size_t i = 1; i <= 5; ++i) {
    s.w.clock.settle();
    REQUIRE(s.peers.size() == i);
    s.room = left;
    s.greet();
    s.room = static_cast<std::size_t>(-1);
    if (goes_away)
      s.send({goaway(0, error_code::no_error)});
    else
      s.last().close();
    s.w.clock.settle();
    CHECK(s.ended == 0);
  }
  s.greet();
  std::string const sent = s.last().received();
  INFO(sent);
  CHECK(has(sent, "HEADERS 1 "));
  // None of this has cost it the one retry of a call that a server gives back.
  s.send({rst_stream(1, error_code::refused_stream)});
  s.answer(3);
  REQUIRE(s.ended == 1);
  CHECK(s.end.is_ok());
}

TEST_CASE("a call that never leaves ends with its deadline, or when it is cancelled") {
  scripted_channel s;
  bool const cancelled = GENERATE(false, true);
  task t = s.start(call_kind::unary, "question", call_options().timeout(10s));
  for (int i = 0; i < 9; ++i) {
    s.w.clock.settle();
    s.room = 0;
    s.greet();
    s.room = static_cast<std::size_t>(-1);
    s.last().close();
    s.w.clock.advance(1s);
    CHECK(s.ended == 0);
  }
  if (cancelled) {
    t.cancel();
    s.w.clock.settle();
    CHECK(t.done());
  } else {
    s.w.clock.advance(1s);
    REQUIRE(s.ended == 1);
    CHECK(s.end.code() == status_code::deadline_exceeded);
  }
}

TEST_CASE("of the calls of one batch those fail that left, and the others are made again") {
  scripted_channel s;
  std::vector<task> tasks;
  tasks.push_back(s.start(call_kind::unary, "first"));
  s.greet();
  s.room = 0;
  tasks.push_back(s.start(call_kind::unary, "second"));
  tasks.push_back(s.start(call_kind::chat, "third"));
  s.w.clock.settle();
  s.last().close();
  s.w.clock.settle();
  CHECK(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
  s.room = static_cast<std::size_t>(-1);
  s.greet();
  s.answer(1);
  s.answer(3);
  CHECK(s.ended == 3);
  CHECK(s.end.is_ok());
}

TEST_CASE("a call that has sent more than replay_limit is not made again though it never left") {
  scripted_channel s(channel_options().replay_limit(1000));
  task const t = s.start(call_kind::chat, std::string(2000, 'x'));
  s.w.clock.settle();
  s.room = 0;
  s.greet();
  s.last().close();
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
}

TEST_CASE("calls of a channel keep no more than channel_replay_limit together, and give it back") {
  scripted_channel s(channel_options().channel_replay_limit(1000));
  call_kind const what = GENERATE(call_kind::download, call_kind::chat);
  task const first = s.start(what, std::string(600, 'x'));
  s.greet();
  task const second = s.start(what, std::string(600, 'x'));
  task const small = s.start(what, std::string(300, 'x'));
  task const unary =
      s.start(call_kind::unary, std::string(600, 'x'));  // nothing is kept for it but the caller's request
  s.w.clock.settle();
  s.send({rst_stream(3, error_code::refused_stream)});
  CHECK(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
  for (stream_id const id : {1u, 5u, 7u}) s.send({rst_stream(id, error_code::refused_stream)});
  CHECK(s.ended == 1);
  for (stream_id const id : {9u, 11u, 13u}) s.answer(id);
  CHECK(s.ended == 4);
  CHECK(s.end.is_ok());
  task const third = s.start(what, std::string(900, 'x'));
  s.w.clock.settle();
  s.send({rst_stream(15, error_code::refused_stream)});
  s.answer(17);
  CHECK(s.ended == 5);
  CHECK(s.end.is_ok());
}

TEST_CASE("a server that breaks the protocol gets our last word, so what was queued before it counts as sent") {
  scripted_channel s;
  task const t = s.start(call_kind::unary);
  s.w.clock.settle();
  s.last().send(settings() + settings_ack() + ping("123"));
  s.w.clock.settle();
  REQUIRE(s.ended == 1);
  CHECK(s.end.code() == status_code::unavailable);
}

}  // namespace heddle::test
