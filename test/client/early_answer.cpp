// Answers that are complete before the request is: RST_STREAM with NO_ERROR, from either side, is no error (RFC 9113
// §8.1).
#include "support/scripted_channel.hpp"

namespace heddle::test {

namespace {

std::string answer_to(raw_peer& peer, stream_id id, bool with_message = true) {
  std::string bytes = peer.frames.headers(id, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
  if (with_message) bytes += data(id, framed(text("answer")));
  return bytes + peer.frames.headers(id, fields({{"grpc-status", "0"}}), flag::end_stream);
}

/// A chat that reads to its end, then writes.
struct chat {
  explicit chat(scripted_channel& s)
      : t(s.w.start([this, &s]() -> asio::awaitable<void> {
          lab::echo::client client(*s.channel);
          auto call = client.chat();
          co_await call.write(text("question"));
          auto const read_all = [this, &call]() -> asio::awaitable<void> {
            while (auto message = co_await call.read()) heard += message->text();
          };
          end = co_await status_of(read_all());
          wrote = co_await call.write(text("more"));
          ended = true;
        })) {}

  std::string heard;
  status end;
  bool wrote = true, ended = false;
  task t;
};

}  // namespace

TEST_CASE("a client that has its answer before its own end resets the stream with NO_ERROR, and all is well") {
  scripted_channel s;
  chat c(s);
  s.greet();
  s.last().received();
  raw_peer& peer = s.last();
  s.send({answer_to(peer, 1)});
  REQUIRE(c.ended);
  CHECK(c.end.is_ok());
  CHECK(c.heard == "answer");
  CHECK(!c.wrote);
  CHECK(peer.received() == "RST_STREAM 1 NO_ERROR");
  task const next = s.start(call_kind::unary);
  s.w.clock.settle();
  s.answer(3);
  CHECK(s.end.is_ok());
}

TEST_CASE("RST_STREAM with NO_ERROR behind a complete answer says nothing more, wherever it comes") {
  scripted_channel s;
  chat c(s);
  s.greet();
  raw_peer& peer = s.last();
  bool const in_one_piece = GENERATE(false, true);
  if (in_one_piece) {
    s.send({answer_to(peer, 1) + rst_stream(1, error_code::no_error)});
  } else {
    s.send({answer_to(peer, 1)});
    s.send({rst_stream(1, error_code::no_error)});
  }
  REQUIRE(c.ended);
  CHECK(c.end.is_ok());
  CHECK(c.heard == "answer");
}

TEST_CASE("RST_STREAM with NO_ERROR in place of an answer, or of its end, is an error") {
  scripted_channel s;
  chat c(s);
  s.greet();
  raw_peer& peer = s.last();
  int const after = GENERATE(0, 1, 2);  // nothing, the head, a message
  std::string bytes;
  if (after > 0) bytes += peer.frames.headers(1, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
  if (after > 1) bytes += data(1, framed(text("answer")));
  s.send({bytes + rst_stream(1, error_code::no_error)});
  REQUIRE(c.ended);
  CHECK(!c.end.is_ok());
  CHECK(c.end.code() == status_code::internal);
  CHECK(c.heard == (after > 1 ? "answer" : ""));
  CHECK(!c.wrote);
}

TEST_CASE("our own server answers uploads early as often as it likes, and our client is not blamed for going on") {
  world w;
  w.service.on_upload = [](server_context&, reader<Text>& in) -> reply<Text> {
    Text first;
    co_await in.read(first);
    co_return first;
  };
  int good = 0;
  for (int i = 0; i < 3000; ++i) {
    auto const body = [&]() -> asio::awaitable<void> {
      lab::echo::client client = w.client();
      auto call = client.upload();
      Text const part = text(std::string(1000, 'x'), i);
      for (int n = 0; n < 20 && co_await call.write(part); ++n) {
      }
      Text const answer = co_await call.finish();
      if (answer.number() == i) ++good;
    };
    w.run(body);
  }
  CHECK(good == 3000);
  CHECK(w.connections == 1);
}

}  // namespace heddle::test
