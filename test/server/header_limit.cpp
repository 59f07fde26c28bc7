// Large metadata in both directions: what the other side does not take ends its own call, and nobody else's.
#include <string>

#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include "http2/support.hpp"
#include "support/lab.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

constexpr std::size_t sizes[] = {7'000, 9'000, 33'000, 200'000};

struct lab_with_neighbour {
  explicit lab_with_neighbour(strands s = strands::none) : w(s) {
    echo_everything(w.service);
    neighbour.emplace(w.client().chat());
    ask_neighbour();
  }
  void ask_neighbour() {
    auto const ask = [this]() -> asio::awaitable<void> {
      Text const question = text("and you?");
      co_await neighbour->write(question);
      Text answer;
      bool const got = co_await neighbour->read(answer);
      CHECK(got);
      CHECK(answer.text() == question.text());
    };
    w.run(ask);
  }
  ~lab_with_neighbour() {
    ask_neighbour();
    CHECK(w.connections == 1);
  }
  status unary(call_options const& options = call_options()) {
    status end;
    auto const call = [&]() -> asio::awaitable<void> {
      Text const request = text("x");
      end = co_await status_of(w.client().unary(request, options));
    };
    w.run(call);
    return end;
  }

  world w;
  std::optional<decltype(std::declval<lab::echo::client>().chat())> neighbour;
};

std::string limit_text(char const* what, std::size_t about) {
  return std::string(what) + " of " + std::to_string(about).substr(0, 1);
}

}  // namespace

TEST_CASE("request metadata that the server does not take ends its call alone") {
  for (std::size_t const size : sizes) {
    INFO(size);
    lab_with_neighbour l;
    status const end = l.unary(call_options().header("x", std::string(size, 'x')));
    if (size < 8'000) {
      CHECK(end.is_ok());
      continue;
    }
    CHECK(end.code() == status_code::resource_exhausted);
    CHECK(end.origin() != status_origin::peer);
    CHECK(has(end.message(), limit_text("the request headers", size)));
    CHECK(has(end.message(), " bytes are more than the 8192 that memory takes (its SETTINGS_MAX_HEADER_LIST_SIZE)"));
    CHECK(has(end.message(), "/lab.Echo/Unary"));
  }
}

TEST_CASE("response headers that the client does not take end their call alone") {
  for (std::size_t const size : sizes) {
    INFO(size);
    lab_with_neighbour l;
    l.w.service.on_unary = [size](server_context& context, Text& request) -> reply<Text> {
      context.headers().add("x", std::string(size, 'x'));
      co_return request;
    };
    status const end = l.unary();
    if (size < 8'000) {
      CHECK(end.is_ok());
      continue;
    }
    CHECK(end.code() == status_code::resource_exhausted);
    CHECK(end.origin() == status_origin::peer);
    CHECK(has(end.message(), limit_text("the response headers", size)));
    CHECK(has(end.message(), " bytes are more than the 8192 that the client takes"));
  }
}

TEST_CASE("trailers that the client does not take end their call alone") {
  for (std::size_t const size : sizes) {
    for (bool const fails : {false, true}) {
      INFO(size << fails);
      lab_with_neighbour l;
      l.w.service.on_unary = [=](server_context& context, Text& request) -> reply<Text> {
        context.trailers().add("x", std::string(size, 'x'));
        if (fails) co_return status(status_code::not_found, "no such thing");
        co_return request;
      };
      status const end = l.unary();
      bool const fit = size < 8'000;
      CHECK(end.code() == (fails ? status_code::not_found : fit ? status_code::ok : status_code::resource_exhausted));
      if (fails) CHECK(end.message().starts_with("no such thing"));
      if (!fit) CHECK(has(end.message(), limit_text("the trailers", size)));
    }
  }
}

TEST_CASE("a status whose message the client does not take arrives cut") {
  for (std::size_t const size : sizes) {
    INFO(size);
    lab_with_neighbour l;
    l.w.service.on_unary = [size](server_context&, Text&) -> reply<Text> {
      co_return status(status_code::aborted, std::string(size, 'm'));
    };
    status const end = l.unary();
    CHECK(end.code() == status_code::aborted);
    CHECK(end.message().starts_with("mmmm"));
    CHECK((end.message() == std::string(size, 'm')) == (size < 8'000));
  }
}

TEST_CASE("a stream whose headers the client does not take is over for its handler, too") {
  lab_with_neighbour l;
  status seen;
  bool cancelled = false;
  l.w.service.on_download = [&](server_context& context, Text& request, writer<Text>& out) -> reply<void> {
    context.headers().add("x", std::string(33'000, 'x'));
    for (;;) {
      seen = co_await status_of(out.write(request));
      cancelled = context.cancelled();
      if (!seen.is_ok()) co_return seen;
    }
  };
  status end;
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request = text("x");
    auto download = l.w.client().download(request);
    Text message;
    auto const read = [&]() -> asio::awaitable<void> {
      while (co_await download.read(message)) {
      }
    };
    end = co_await status_of(read());
  };
  l.w.run(call);
  CHECK(end.code() == status_code::resource_exhausted);
  CHECK(has(end.message(), "the response headers of 33"));
  CHECK(cancelled);
  CHECK(seen.code() == status_code::cancelled);
}

TEST_CASE("a stream whose trailers the client does not take brings its messages") {
  lab_with_neighbour l;
  l.w.service.on_download = [&](server_context& context, Text& request, writer<Text>& out) -> reply<void> {
    context.trailers().add("x", std::string(33'000, 'x'));
    for (int i = 0; i < 5; ++i) co_await out.write(request);
    co_return ok;
  };
  status end;
  int messages = 0;
  auto const call = [&]() -> asio::awaitable<void> {
    Text const request = text(std::string(100'000, 'x'));
    auto download = l.w.client().download(request);
    Text message;
    auto const read = [&]() -> asio::awaitable<void> {
      while (co_await download.read(message)) ++messages;
    };
    end = co_await status_of(read());
  };
  l.w.run(call);
  CHECK(messages == 5);
  CHECK(end.code() == status_code::resource_exhausted);
}

TEST_CASE("plain HTTP is answered, whatever the client says that it takes") {
  world w;
  auto peer = testing::scripted_client(*w.server, w.context);
  w.clock.settle();
  peer.send(settings({{http2::setting_id::max_header_list_size, 10}}));
  peer.call(fields({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "host"}}),
            flag::end_stream);
  w.clock.settle();
  CHECK(has(peer.received(), "HEADERS 1 405"));
}
