// What is urgent goes out between two frames, wherever the socket has stopped.
#include <heddle/http2/output.hpp>

#include "http2/support.hpp"

namespace heddle::test {

TEST_CASE("an urgent frame passes the rest of the output at the next end of a frame, from every byte on") {
  engine_peer peer;
  std::string const all = data(1, "abc") + data(3, "") + frame(frame_type::headers, no_flags, 5, "half") +
                          frame(frame_type::continuation, no_flags, 5, "of") +
                          frame(frame_type::continuation, flag::end_headers, 5, "it") + settings_ack() +
                          data(1, "defg");
  std::vector<std::size_t> const ends = {0, 12, 21, 21 + 13 + 11 + 11, 65, 78};
  REQUIRE(all.size() == ends.back());
  std::string const answer = ping("urgent!!", flag::ack);
  for (std::size_t step : {std::size_t{1}, std::size_t{5}, all.size()}) {
    for (std::size_t at = 0; at < all.size(); ++at) {
      INFO(at << " in steps of " << step);
      http2::output out;
      out.frames.append(all);
      for (std::size_t sent = 0; sent < at; sent += step) out.consume(std::min(step, at - sent));
      out.finish_frame();
      out.urgent.append(answer);
      std::string const rest = std::string(as_text(out.urgent.view())).append(as_text(out.frames.view()));
      std::size_t const end = *std::lower_bound(ends.begin(), ends.end(), at);
      CHECK(rest == all.substr(at, end - at) + answer + all.substr(end));
    }
  }
}

TEST_CASE("one urgent frame follows the other") {
  http2::output out;
  out.frames.append(data(1, "abc") + data(1, "def"));
  out.consume(10);
  out.finish_frame();
  out.urgent.append(ping("first..."));
  out.consume(3);  // what was left of the frame, and a byte
  out.finish_frame();
  out.urgent.append(ping("second.."));
  std::string const rest(as_text(out.urgent.view()));
  CHECK(rest == ping("first...").substr(1) + ping("second.."));
  CHECK(as_text(out.frames.view()) == data(1, "def"));
  out.consume(rest.size() + 5);
  out.finish_frame();
  CHECK(as_text(out.urgent.view()) == data(1, "def").substr(5));
  CHECK(out.frames.empty());
  out.consume(out.urgent.size());
  CHECK(out.empty());
}

TEST_CASE("a client's preface is no frame, and all that comes with it goes first") {
  http2::output out;
  out.frames.append(std::string(http2::client_preface) + settings());
  out.consume(7);
  out.finish_frame();
  CHECK(out.frames.empty());
  CHECK(out.urgent.size() == http2::client_preface.size() + 9 - 7);
}

}  // namespace heddle::test
