// Hooks and codecs that throw end their call, and nothing else.
#include "support/fragile.hpp"

#include <string>
#include <vector>

#include <boost/asio/deferred.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

reply<void> echo_plainly(server_context&, stream<Text, Text>& both) {
  Text one;
  while (co_await both.read(one)) co_await both.write(one);
  co_return ok;
}

reply<void> echo_with_tokens(server_context&, stream<Text, Text>& both) {
  for (;;) {
    auto const got = co_await both.read(asio::deferred);
    if (!std::get<0>(got).is_ok()) co_return std::get<0>(got);
    if (!std::get<1>(got)) co_return ok;
    status const sent = co_await both.write(*std::get<1>(got), asio::deferred);
    if (!sent.is_ok()) co_return sent;
  }
}

}  // namespace

TEST_CASE("a hook or a codec that throws ends its call, and the connection's others go on") {
  breaks const what = GENERATE(values(everything_that_breaks));
  bool const tokens = GENERATE(false, true);
  std::vector<std::string> seen;
  auto const note = [&seen](server_context&, std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (std::exception const& e) {
      seen.push_back(e.what());
    }
  };
  server_options so = server_options().on_exception(note).add_codec(std::make_shared<fragile_codec>(what));
  so.intercept("/lab.Echo/Chat", fragile_hooks(what)).intercept("/lab.Echo/Unary", fragile_hooks(what));
  world w(GENERATE(strands::none, strands::everywhere), so);
  echo_everything(w.service);
  w.service.on_chat = tokens ? &echo_with_tokens : &echo_plainly;
  auto const options = call_options().codec(std::make_shared<fragile_codec>());
  auto bad_options = options;
  bad_options.header("bad", "1");
  std::string const expected = is_codec(what) ? "INTERNAL" : "UNKNOWN";
  auto const check_end = [&](status const& end) {
    CHECK(to_string(end.code()) == expected);
    CHECK(end.message().find("threw an exception") != std::string::npos);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0] == "a secret");
    seen.clear();
  };

  bool const waiting = GENERATE(true, false);
  auto const streams = [&]() -> asio::awaitable<void> {
    auto chat = w.client().chat(bad_options);
    if (waiting && what != breaks::headers_hook) {  // the handler waits for the next one
      co_await chat.write(text("good"));
      auto const echo = co_await chat.read();
      CHECK(echo->text() == "good");
      co_await w.clock.sleep_for(1s);
    } else if (waiting) {
      co_await w.clock.sleep_for(1s);
    }
    co_await chat.write(text("bad"));
    status const end = co_await status_of(chat.read());
    check_end(end);
  };
  task const t = w.start(streams);
  w.clock.advance(2s);
  t.get();

  auto const single = [&]() -> asio::awaitable<void> {
    Text const bad = text("bad"), good = text("good");
    status const end = co_await status_of(w.client().unary(bad, bad_options));
    check_end(end);
    Text const answer = co_await w.client().unary(good, options);
    CHECK(answer.text() == "good");
  };
  w.run(single);
  CHECK(w.connections == 1);
}
