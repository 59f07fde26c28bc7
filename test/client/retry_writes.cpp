// What is written to a call between the end of one attempt and the beginning of the next.
#include "support/scripted_channel.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// Call 1 reads a message that comes in one batch with a GOAWAY that gives call 3 back, and then writes to call 3.
struct relayed {
  explicit relayed(bool tokens, channel_options co = channel_options()) : s(std::move(co)) {
    auto const body = [this, tokens]() -> asio::awaitable<void> {
      lab::echo::client const client(*s.channel);
      auto from = client.chat();
      auto to = client.chat();
      co_await from.write(text("from"));
      co_await to.write(text(alpha));
      Text message;
      more = co_await from.read(message);
      if (tokens) {
        to.write(text(beta), [this](status why, bool goes) {
          went = goes && why.is_ok();
          written = true;
        });
      } else {
        went = co_await to.write(text(beta));
        written = true;
      }
      end = co_await status_of(to.read(message));
    };
    t.emplace(s.w.start(body));
    s.greet();
    CHECK(has(frames_of(s.last(), 3).bytes, alpha));
    raw_peer& first = s.last();
    std::string batch = first.frames.headers(1, fields({{":status", "200"}, {"content-type", "application/grpc"}}));
    batch += data(1, framed(text("answer")));
    batch += goaway(1, http2::error_code::no_error);
    first.send(batch);
    s.w.clock.settle();
    CHECK(more);
    REQUIRE(s.peers.size() == 2);
  }

  std::string const alpha = "alpha" + std::string(600, 'a'), beta = "beta" + std::string(600, 'b');
  scripted_channel s;
  std::optional<task> t;
  bool more = false, went = false, written = false;
  status end;
};

}  // namespace

TEST_CASE("what is written to a call that the server has just given back is part of it when it is made again") {
  bool const tokens = GENERATE(false, true);
  bool const above_the_limit = GENERATE(false, true);
  channel_options co;
  if (above_the_limit) co.replay_limit(1000);
  relayed r(tokens, co);
  r.s.greet();
  CHECK(r.went);
  std::string const again = frames_of(r.s.last(), 1).bytes;
  CHECK(has(again, r.alpha));
  CHECK(has(again, r.beta));
  CHECK(again.find("alpha") < again.find("beta"));
  // Above the limit it can't be made a third time.
  r.s.send({goaway(0, http2::error_code::no_error)});
  CHECK(r.t->done());
  CHECK(r.end.code() == status_code::unavailable);
}

TEST_CASE("a write that the next attempt will take along does not wait for that") {
  bool const tokens = GENERATE(false, true);
  relayed r(tokens);
  CHECK(r.written);
  CHECK(r.went);
}
