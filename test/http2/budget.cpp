#include <heddle/http2/budget.hpp>

#include <set>
#include <string>

#include "support/catch.hpp"

using namespace heddle::http2;
using heddle::time_point;
using namespace std::chrono_literals;

namespace {
constexpr time_point start{1000h};
}

TEST_CASE("a bucket gives its burst at once and its rate for ever") {
  token_bucket bucket(10, 2);
  int taken = 0;
  while (bucket.take(start)) ++taken;
  CHECK(taken == 10);
  taken = 0;
  for (time_point now = start; now < start + 100s; now += 10ms) taken += bucket.take(now) ? 1 : 0;
  CHECK(taken >= 198);
  CHECK(taken <= 200);
}

TEST_CASE("a bucket that was never empty gives no more than its burst") {
  token_bucket bucket(10, 1);
  for (int i = 0; i < 5; ++i) CHECK(bucket.take(start));
  int taken = 0;
  while (bucket.take(start + 1h)) ++taken;
  CHECK(taken == 10);
}

TEST_CASE("what is given back fills a bucket up to its burst") {
  token_bucket bucket(3, 0);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  bucket.give(1);
  CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  bucket.give(100);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
}

TEST_CASE("every reason has its budget, and blame decides which") {
  auto const which = [](reason why) { return budget_of(why); };
  for (reason why : {reason::early_reset, reason::refused_stream, reason::malformed_headers, reason::stream_closed,
                     reason::stream_flow_control, reason::stream_window_zero, reason::stream_window_overflow,
                     reason::content_length_mismatch, reason::self_dependency, reason::stream_frame_size})
    CHECK(which(why) == budget::resets);
  for (reason why : {reason::unknown_frame, reason::priority_frame, reason::idle_window_update, reason::empty_data,
                     reason::interim_response, reason::frame_on_closed_stream})
    CHECK(which(why) == budget::glitches);
  CHECK(which(reason::cancelled_by_peer) == budget::cancels);
  for (reason why : {reason::none, reason::application_reset, reason::early_answer, reason::stalled_answer})
    CHECK(which(why) == budget::none);
}

TEST_CASE("every budget has a text of its own for the GOAWAY") {
  std::set<std::string> texts;
  for (budget which : {budget::resets, budget::cancels, budget::glitches}) texts.emplace(exhausted_text(which));
  CHECK(texts == std::set<std::string>{"too_many_resets", "too_many_cancels", "too_many_glitches"});
}

TEST_CASE("budgets count each reason and draw on its bucket alone") {
  limits l;
  l.reset_burst = l.cancel_burst = l.glitch_burst = 2;
  budgets all(l);
  CHECK(all.charge(reason::early_reset, start));
  CHECK(all.charge(reason::stream_closed, start));
  CHECK_FALSE(all.charge(reason::early_reset, start));
  CHECK(all.charge(reason::cancelled_by_peer, start));
  CHECK(all.charge(reason::unknown_frame, start));
  for (int i = 0; i < 100; ++i) CHECK(all.charge(reason::early_answer, start));
  CHECK(all.count(reason::early_reset) == 2);
  CHECK(all.count(reason::stream_closed) == 1);
  CHECK(all.count(reason::early_answer) == 100);
  CHECK(all.count(reason::stalled_answer) == 0);
  all.call_completed();
  CHECK(all.charge(reason::early_reset, start));
}
