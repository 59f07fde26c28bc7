// Calls of methods that no service has.
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/raw_peer.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

auto const both = {strands::none, strands::everywhere};

reply<void> echo(server_context& context, generic_stream& peer) {
  context.headers().add("method", context.method().path());
  context.trailers().add("service", context.method().service());
  raw_message message;
  while (co_await peer.read(message)) co_await peer.write(message);
  co_return ok;
}

}  // namespace

TEST_CASE("the fallback serves what no service does") {
  world w(GENERATE(values(both)));
  echo_everything(w.service);
  w.server->add_fallback(echo);
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    // What it serves can be of another service, or a method that a known one lacks.
    for (std::string const method : {"/other.Service/Method", "/lab.Echo/Other"}) {
      INFO(method);
      generic_call call = any.call(method);
      raw_message const out("\x01\x02 no protobuf at all");
      raw_message in;
      bool more = false;
      for (int i = 0; i < 2; ++i) {
        co_await call.write(out);
        more = co_await call.read(in);
        CHECK(more);
        CHECK(in == out);
      }
      metadata const headers = co_await call.headers();
      CHECK(headers.get("method") == method);
      co_await call.writes_done();
      more = co_await call.read(in);
      CHECK(!more);
      CHECK(call.trailers().get("service") ==
            method_descriptor(method, call_kind::unary, ops_of<raw_message>, ops_of<raw_message>, idempotency::unknown)
                .service());
    }
    Text const request = text("hello");
    Text const answer = co_await w.client().unary(request);
    CHECK(answer.text() == "hello");
    call_info info;
    co_await w.client().unary(request, call_options().info(info));
    CHECK(!info.headers().contains("method"));
  };
  w.run(body);
}

TEST_CASE("the fallback's status has its details and trailers, and may come before any message") {
  world w;
  auto const refuse = [](server_context& context, generic_stream&) -> reply<void> {
    context.trailers().add("why", "not");
    co_return status(status_code::resource_exhausted, "no more").add_detail("type.googleapis.com/x.Y", "\x08\x01");
  };
  w.server->add_fallback(refuse);
  auto const body = [&]() -> asio::awaitable<void> {
    raw_message const request("x");
    status const s = co_await status_of(generic_stub(*w.channel).unary("/x.X/Y", request));
    CHECK(to_string(s) == "RESOURCE_EXHAUSTED: no more");
    REQUIRE(s.details().size() == 1);
    CHECK(s.details()[0].type_name() == "x.Y");
    CHECK(s.trailers().get("why") == "not");
  };
  w.run(body);
}

TEST_CASE("a fallback whose client goes is cancelled") {
  world w(GENERATE(values(both)));
  int cancelled = 0;
  auto const wait = [&](server_context& context, generic_stream&) -> reply<void> {
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      if (context.cancelled()) ++cancelled;
    }
    co_return ok;
  };
  w.server->add_fallback(wait);
  auto const body = [&]() -> asio::awaitable<void> {
    generic_call const call = generic_stub(*w.channel).call("/x.X/Y");
    co_await w.clock.sleep_for(1s);
  };
  task const t = w.start(body);
  w.clock.advance(1s);
  t.get();
  w.clock.settle();
  CHECK(cancelled == 1);
}

TEST_CASE("interceptors run around the fallback as their scopes say") {
  std::vector<std::string> seen;
  auto const note = [&seen](std::string name) {
    return [&seen, name](call_context& call, next inner) -> asio::awaitable<status> {
      seen.push_back(name + std::string(call.method().path()));
      status const s = co_await inner();
      co_return s;
    };
  };
  world w(strands::none, server_options()
                             .intercept(note("all "))
                             .intercept("x.X", note("service "))
                             .intercept("/x.X/Other", note("method ")));
  w.server->add_fallback(echo);
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    raw_message const request("x");
    co_await any.unary("/x.X/Y", request);
    co_await any.unary("/z.Z/Y", request);
    co_await any.unary("/x.X/Other", request);
  };
  w.run(body);
  CHECK(seen == std::vector<std::string>{"all /x.X/Y", "service /x.X/Y", "all /z.Z/Y", "all /x.X/Other",
                                         "service /x.X/Other", "method /x.X/Other"});
}

TEST_CASE("the fallback is called in whatever encoding the client has chosen, and answers in it") {
  world w;
  w.server->add_fallback(echo);
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  for (std::string const type : {"application/grpc", "application/grpc+json", "application/grpc+whatever"}) {
    stream_id const id = type == "application/grpc" ? 1 : type.ends_with("json") ? 3 : 5;
    header_list head;
    head.add(":method", "POST");
    head.add(":scheme", "http");
    head.add(":path", "/x.X/Y");
    head.add(":authority", "h");
    head.add("te", "trailers");
    head.add("content-type", type);
    peer.send(peer.frames.headers(id, head, flag::end_stream));
    w.clock.settle();
    std::string const answer = peer.received();
    INFO(answer);
    CHECK(answer.find("content-type=" + type + " ") != std::string::npos);
    CHECK(answer.find("grpc-status=0") != std::string::npos);
  }
}

TEST_CASE("the fallback knows the form of the messages that a generic call is made with") {
  world w;
  std::string form;
  auto const look = [&](server_context& context, generic_stream& peer) -> reply<void> {
    form = context.content_subtype();
    co_return co_await echo(context, peer);
  };
  w.server->add_fallback(look);
  auto const body = [&]() -> asio::awaitable<void> {
    raw_message const request("{}");
    auto const options = call_options().content_subtype("json");
    raw_message const answer = co_await generic_stub(*w.channel).unary("/x.X/Y", request, options);
    CHECK(answer == request);
  };
  w.run(body);
  CHECK(form == "json");
}

TEST_CASE("there is one fallback at most") {
  world w;
  w.server->add_fallback(echo);
  CHECK_THROWS_AS(w.server->add_fallback(echo), std::invalid_argument);
}

TEST_CASE("no other way to write a path gets past an interceptor to the fallback") {
  int served = 0, guarded = 0;
  auto const guard = [&guarded](call_context&, next) -> asio::awaitable<status> {
    ++guarded;
    co_return status(status_code::permission_denied, "not you");
  };
  world w(strands::none, server_options().intercept("pkg.Admin", guard).intercept("/shop.Prices/Set", guard));
  w.server->add_fallback([&served](server_context&, generic_stream&) -> reply<void> {
    ++served;
    co_return ok;
  });
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  stream_id id = 1;
  auto const ask = [&](std::string_view path) {
    peer.send(peer.frames.headers(std::exchange(id, id + 2), grpc_request(path), flag::end_stream));
    w.clock.settle();
    return peer.received();
  };
  for (std::string const path :
       {"*", "/", "//", "///", "/just_a_word", "/a/b/c", "pkg.Admin/Delete", "//pkg.Admin/Delete", "/pkg.Admin//Delete",
        "/pkg.Admin/Delete/", "/pkg.Admin/", "//Delete", "/x/../pkg.Admin/Delete", "/./pkg.Admin/Delete",
        "/pkg%2EAdmin/Delete", "/shop.Prices/%53et", "/shop.Prices/Set?", "/shop.Prices/Set#x"}) {
    std::string const answer = ask(path);
    INFO(path << ": " << answer);
    CHECK(answer.find("grpc-status=12 ") != std::string::npos);
    CHECK(answer.find("malformed method name") != std::string::npos);
  }
  CHECK(guarded == 0);
  CHECK(served == 0);
  CHECK(ask("/pkg.Admin/Delete").find("grpc-status=7 ") != std::string::npos);
  CHECK(ask("/shop.Prices/Set").find("grpc-status=7 ") != std::string::npos);
  CHECK(guarded == 2);
  CHECK(served == 0);
  CHECK(ask("/shop.Prices/Get").find("grpc-status=0") != std::string::npos);
  CHECK(served == 1);
}
