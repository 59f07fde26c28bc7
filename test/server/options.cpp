// Options of a server that have no test where what they change is tested.
#include <heddle/server/options.hpp>

#include <string>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

}  // namespace

TEST_CASE("a server that receives nothing receives empty messages") {
  world w(GENERATE(values(both)), server_options().max_receive_message_size(0));
  echo_everything(w.service);
  std::string const why =
      "RESOURCE_EXHAUSTED: the request: received a message of 3 bytes, which is more than "
      "server_options::max_receive_message_size (0 bytes)";
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    Text const empty, one = text("x");
    status s = co_await status_of(client.unary(empty));
    CHECK(s == ok);
    s = co_await status_of(client.unary(one));
    CHECK(to_string(s) == why);
    auto upload = client.upload();
    for (int i = 0; i < 3; ++i) co_await upload.write(empty);
    Text const answer = co_await upload.finish();
    CHECK(answer.number() == 3);
    auto chat = client.chat();
    co_await chat.write(empty);
    auto const echoed = co_await chat.read();
    CHECK(echoed);
    co_await chat.write(one);
    s = co_await status_of(chat.read());
    CHECK(to_string(s) == why);
  };
  w.run(body);
}

TEST_CASE("a server that sends nothing sends empty messages") {
  world w(GENERATE(values(both)), server_options().max_send_message_size(0));
  echo_everything(w.service);
  std::string const why =
      "RESOURCE_EXHAUSTED: a response message of 3 bytes is larger than server_options::max_send_message_size(), 0";
  status thrown;
  w.service.on_download = [&thrown](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    co_await out.write(Text());
    thrown = co_await status_of(out.write(request));
    co_await out.write(Text());
    co_return thrown;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    Text const empty, one = text("x");
    status s = co_await status_of(client.unary(empty));
    CHECK(s == ok);
    s = co_await status_of(client.unary(one));
    CHECK(to_string(s) == why);
    auto download = client.download(one);
    for (int i = 0; i < 2; ++i) {  // what is too large is not sent, and what follows it is
      auto const message = co_await download.read();
      CHECK(message);
    }
    s = co_await status_of(download.read());
    CHECK(to_string(s) == why);
    CHECK(s == thrown);
  };
  w.run(body);
}
