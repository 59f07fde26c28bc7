#include <heddle/testing/memory_channel.hpp>

#include <type_traits>

#include "lab.heddle.fake.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

// What connects refers to the server.
static_assert(!std::is_move_constructible_v<testing::memory_channel>);
static_assert(!std::is_move_assignable_v<testing::memory_channel>);
static_assert(!std::is_move_constructible_v<testing::faked<lab::echo>>);
static_assert(!std::is_move_assignable_v<testing::faked<lab::echo>>);

TEST_CASE("a memory channel serves whatever is added to its server") {
  asio::io_context context{1};
  testing::manual_clock clock(context);
  testing::memory_channel memory(context, clock);
  auto const twice = [](server_context&, Text& request) -> reply<Text> {
    co_return text(request.text() + request.text());
  };
  memory.server().add(lab::echo::methods::unary, twice);
  auto const body = [&]() -> asio::awaitable<void> {
    lab::echo::client const client(memory.channel());
    Text const answer = co_await client.unary(text("ha"));
    CHECK(answer.text() == "haha");
  };
  task const t(context.get_executor(), body);
  clock.settle();
  t.get();
}
