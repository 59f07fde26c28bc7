#include <every_header.hpp>

#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "lab.heddle.fake.hpp"
#include "support/catch.hpp"

#ifdef HEDDLE_SEPARATE_COMPILATION
#error "this group is about the header-only form"
#endif

namespace asio = boost::asio;

// The other unit: it serves, calls, and has the same headers.
std::string_view second_unit_version();
void add_service(heddle::server& server);
asio::awaitable<std::string> say(heddle::channel& channel, std::string words);

TEST_CASE("two units that include every header link into one program") {
  CHECK(second_unit_version() == HEDDLE_VERSION_STRING);
}

TEST_CASE("a server of one unit and clients of both meet in one program") {
  asio::io_context context{1};
  heddle::testing::manual_clock clock(context);
  heddle::testing::memory_channel memory(context, clock);
  add_service(memory.server());
  std::string heard;
  auto const talk = [&]() -> asio::awaitable<void> {
    lab::Text request;
    request.set_text("one");
    lab::echo::client client(memory.channel());
    lab::Text const answer = co_await client.unary(request);
    heard = answer.text() + co_await say(memory.channel(), "two");
  };
  std::exception_ptr error;
  asio::co_spawn(context, talk, [&](std::exception_ptr e) { error = e; });
  clock.settle();
  REQUIRE_FALSE(error);
  CHECK(heard == "one!two!");
}

TEST_CASE("a fake of one unit answers a client of the other") {
  asio::io_context context{1};
  heddle::testing::manual_clock clock(context);
  heddle::testing::faked<lab::echo> echo(context, clock);
  lab::Text answer;
  answer.set_text("faked");
  echo.fake().on_unary.returns(answer);
  std::string heard;
  auto const talk = [&]() -> asio::awaitable<void> { heard = co_await say(echo.channel(), "anything"); };
  std::exception_ptr error;
  asio::co_spawn(context, talk, [&](std::exception_ptr e) { error = e; });
  clock.settle();
  REQUIRE_FALSE(error);
  CHECK(heard == "faked");
  CHECK(echo.fake().on_unary.requests().at(0).text() == "anything");
}
