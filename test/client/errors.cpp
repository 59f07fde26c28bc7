// The code of docs/errors.md.
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle::test;
using lab::Reason;
using lab::Text;
namespace asio = boost::asio;

namespace {

//[handler
heddle::reply<Text> repeat(heddle::server_context& context, Text& request) {
  if (request.text() != "nothing") co_return std::move(request);
  Reason reason;
  reason.set_why("the text was nothing");
  heddle::status refused(heddle::status_code::invalid_argument, "say something");
  refused.add_detail(reason);  // any protobuf message, as many as you like
  context.trailers().add("hint", "hello");
  co_return refused;
}
//]

std::vector<std::string> said;
void say(std::string_view text) { said.emplace_back(text); }

//[throwing
asio::awaitable<void> ask(lab::echo::client& echo, Text request) {
  try {
    Text const answer = co_await echo.unary(request);
    say(answer.text());
  } catch (heddle::rpc_error const& e) {
    say(e.what());  // INVALID_ARGUMENT: say something
    if (auto const reason = e.status().detail<Reason>()) say(reason->why());
    if (auto const hint = e.status().trailers().get("hint")) say(*hint);
  }
}
//]

//[result
asio::awaitable<void> ask_again(lab::echo::client& echo, Text request) {
  heddle::result<Text> const answer = co_await echo.unary(request, heddle::as_result);
  if (answer)
    say(answer->text());
  else if (answer.error().code() == heddle::status_code::invalid_argument)
    say("so be it");
  else
    throw heddle::rpc_error(answer.error());
}
//]

}  // namespace

TEST_CASE("the page about errors tells the truth") {
  said.clear();
  world w;
  w.service.on_unary = repeat;
  auto echo = w.client();
  auto const run = [&]() -> asio::awaitable<void> {
    co_await ask(echo, text("hello"));
    co_await ask(echo, text("nothing"));
    co_await ask_again(echo, text("hello again"));
    co_await ask_again(echo, text("nothing"));
  };
  w.run(run);
  std::vector<std::string> const expected = {
      "hello", "INVALID_ARGUMENT: say something", "the text was nothing", "hello", "hello again", "so be it"};
  CHECK(said == expected);
}
