// Calls that begin and answers that come in the words of the last one are not spelled and read again; the others are.
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

TEST_CASE("what differs from the last call or answer is seen, whatever comes in between") {
  world w;
  w.service.on_unary = [](server_context& context, Text& request) -> reply<Text> {
    for (auto const field : context.request_headers())
      context.headers().add("saw", std::string(field.key) + "=" + std::string(field.value));
    if (request.number() % 3 == 1) context.headers().add("head", request.text());
    if (request.number() % 4 == 1) context.trailers().add("end", request.text());
    if (request.number() % 5 == 1) co_return status(status_code::not_found, request.text());
    co_return request;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    for (int i = 0; i < 120; ++i) {
      INFO(i);
      Text const request = text("call " + std::to_string(i), i);
      call_info info;
      call_options options;
      options.info(info);
      if (i % 7 == 1) options.header("mark", std::to_string(i));
      if (i % 2 == 1) options.timeout(1h);
      result<Text> const answer = co_await client.unary(request, options, as_result);
      bool const fails = i % 5 == 1;
      CHECK(answer.has_error() == fails);
      if (fails) CHECK(to_string(answer.error()) == "NOT_FOUND: call " + std::to_string(i));
      if (!fails) CHECK(answer->text() == request.text());
      CHECK(info.headers().get("head").value_or("") == (i % 3 == 1 ? request.text() : ""));
      CHECK(info.headers().get("saw").value_or("") == (i % 7 == 1 ? "mark=" + std::to_string(i) : ""));
      CHECK(info.trailers().get("end").value_or("") == (i % 4 == 1 ? request.text() : ""));
    }
  };
  w.run(body);
  CHECK(w.connections == 1);
}

TEST_CASE("methods, forms and encodings of a channel do not share a head") {
  world w;
  std::vector<std::string> seen;
  auto const note = [&seen](server_context& context) {
    seen.push_back(std::string(context.method().path()) + " " + std::string(context.request_encoding()));
  };
  w.service.on_unary = [note](server_context& context, Text& request) -> reply<Text> {
    note(context);
    co_return request;
  };
  w.service.on_download = [note](server_context& context, Text& request, writer<Text>& out) -> reply<void> {
    note(context);
    co_await out.write(request);
    co_return ok;
  };
  auto const body = [&]() -> asio::awaitable<void> {
    auto client = w.client();
    Text const request = text("x", 1);
    for (int i = 0; i < 2; ++i) {
      co_await client.unary(request);
      co_await client.unary(request, call_options().compression("gzip"));
      auto download = client.download(request);
      Text answer;
      while (co_await download.read(answer)) CHECK(answer.text() == "x");
    }
  };
  w.run(body);
  std::vector<std::string> const round = {"/lab.Echo/Unary ", "/lab.Echo/Unary gzip", "/lab.Echo/Download "};
  std::vector<std::string> wanted = round;
  wanted.insert(wanted.end(), round.begin(), round.end());
  CHECK(seen == wanted);
}
