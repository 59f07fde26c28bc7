#include <heddle/http2/stream_state.hpp>

#include <array>
#include <string>

#include "support/catch.hpp"

using namespace heddle::http2;

namespace {

constexpr std::size_t states = static_cast<std::size_t>(stream_state::count_);
constexpr std::size_t inputs = static_cast<std::size_t>(stream_input::count_);

constexpr std::array<char const*, states> state_names = {
    "idle", "open", "half_closed_local", "half_closed_remote", "finished", "reset_sent", "reset_received", "forgotten"};

// Written from RFC 9113 §5.1, not from the table. "-" is ignored, "!" is our own mistake, S and C are errors of the
// stream and of the connection.
struct row {
  char const* state;
  std::array<char const*, inputs> expected;
};
// recv: HEADERS, DATA, END_STREAM, RST_STREAM, WINDOW_UPDATE; send: HEADERS, DATA, END_STREAM, RST_STREAM
constexpr row rows[] = {
    {"idle",
     {"open", "C PROTOCOL_ERROR", "C PROTOCOL_ERROR", "C PROTOCOL_ERROR", "C PROTOCOL_ERROR",  //
      "open", "!", "!", "!"}},
    {"open",
     {"open", "open", "half_closed_remote", "reset_received", "open",  //
      "open", "open", "half_closed_local", "reset_sent"}},
    {"half_closed_local",
     {"half_closed_local", "half_closed_local", "finished", "reset_received", "half_closed_local",  //
      "!", "!", "!", "reset_sent"}},
    {"half_closed_remote",
     {"S STREAM_CLOSED", "S STREAM_CLOSED", "S STREAM_CLOSED", "reset_received", "half_closed_remote",  //
      "half_closed_remote", "half_closed_remote", "finished", "reset_sent"}},
    {"finished",
     {"C STREAM_CLOSED", "S STREAM_CLOSED", "S STREAM_CLOSED", "-", "-",  //
      "!", "!", "!", "!"}},
    {"reset_sent", {"-", "-", "-", "-", "-", "!", "!", "!", "!"}},
    {"reset_received",
     {"S STREAM_CLOSED", "S STREAM_CLOSED", "S STREAM_CLOSED", "-", "-",  //
      "!", "!", "!", "!"}},
    {"forgotten",
     {"C PROTOCOL_ERROR", "S STREAM_CLOSED", "S STREAM_CLOSED", "-", "-",  //
      "!", "!", "!", "!"}},
};

std::string text_of(transition const& t) {
  switch (t.what) {
    case verdict::proceed: return state_names[static_cast<std::size_t>(t.next)];
    case verdict::ignore: return "-";
    case verdict::misuse: return "!";
    case verdict::stream_error: return "S " + std::string(to_string(t.code));
    case verdict::connection_error: return "C " + std::string(to_string(t.code));
  }
  return "?";
}

template <class F>
constexpr bool for_all(F f) {
  for (std::size_t s = 0; s < states; ++s)
    for (std::size_t i = 0; i < inputs; ++i)
      if (!f(static_cast<stream_state>(s), step(static_cast<stream_state>(s), static_cast<stream_input>(i))))
        return false;
  return true;
}

static_assert(for_all([](stream_state from, transition t) { return !is_closed(from) || t.next == from; }),
              "what is closed is never opened again, and never closed in another way");
static_assert(for_all([](stream_state, transition t) { return t.next != stream_state::count_; }));
static_assert(for_all([](stream_state from, transition t) { return t.what == verdict::proceed || t.next == from; }),
              "only a legal input changes the state");
static_assert(for_all([](stream_state from, transition t) {
  return from == stream_state::idle || t.next != stream_state::idle;
}));
static_assert(for_all([](stream_state, transition t) {
                bool const error = t.what == verdict::stream_error || t.what == verdict::connection_error;
                return error == (t.code != error_code::no_error);
              }),
              "an error has a code, and nothing else has one");
static_assert(for_all([](stream_state from, transition t) {
                return from != stream_state::idle || t.what != verdict::stream_error;
              }),
              "an idle stream can't be reset");
static_assert(is_closed(stream_state::finished) && is_closed(stream_state::forgotten) &&
              !is_closed(stream_state::open));

}  // namespace

TEST_CASE("every state answers every input as RFC 9113 says") {
  REQUIRE(std::size(rows) == states);
  for (std::size_t s = 0; s < states; ++s) {
    REQUIRE(std::string(rows[s].state) == state_names[s]);
    for (std::size_t i = 0; i < inputs; ++i) {
      INFO(rows[s].state << ", input " << i);
      CHECK(text_of(step(static_cast<stream_state>(s), static_cast<stream_input>(i))) == rows[s].expected[i]);
    }
  }
}
