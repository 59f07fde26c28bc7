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

TEST_CASE("a fallback has the size limits of its server, in both directions") {
  world w(strands::none, server_options().max_receive_message_size(100).max_send_message_size(150));
  w.server->add_fallback([](server_context&, generic_stream& peer) -> reply<void> {
    raw_message message;
    while (co_await peer.read(message)) {
      message.bytes() += message.bytes();
      co_await peer.write(message);
    }
    co_return ok;
  });
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    raw_message const fits(std::string(75, 'x')), answered_with_too_much(std::string(100, 'x')),
        too_large(std::string(101, 'x'));
    raw_message const answer = co_await any.unary("/x.X/Y", fits);
    CHECK(answer.bytes().size() == 150);
    status const out = co_await status_of(any.unary("/x.X/Y", answered_with_too_much));
    CHECK(out.code() == status_code::resource_exhausted);
    CHECK(out.message().find("200 bytes is larger than server_options::max_send_message_size(), 150") !=
          std::string::npos);
    status const in = co_await status_of(any.unary("/x.X/Y", too_large));
    CHECK(in.code() == status_code::resource_exhausted);
    CHECK(in.message().find("received a message of 101 bytes") != std::string::npos);
  };
  w.run(body);
}

TEST_CASE("a fallback knows its call's deadline, and is cancelled at it") {
  world w(GENERATE(values(both)));
  time_point told = never;
  bool cancelled = false;
  w.server->add_fallback([&](server_context& context, generic_stream&) -> reply<void> {
    told = context.deadline();
    try {
      co_await w.clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      cancelled = context.cancelled();
    }
    co_return ok;
  });
  time_point const start = w.clock.now();
  status end;
  auto const body = [&]() -> asio::awaitable<void> {
    raw_message const request("x");
    end = co_await status_of(generic_stub(*w.channel).unary("/x.X/Y", request, call_options().timeout(2s)));
  };
  task const t = w.start(body);
  w.clock.settle();
  CHECK(told > start + 1s);
  CHECK(told <= start + 2s);
  w.clock.advance(1s);
  CHECK(!t.done());
  w.clock.advance(1s);
  t.get();
  CHECK(end.code() == status_code::deadline_exceeded);
  CHECK(cancelled);
}

TEST_CASE("a fallback reads and writes plain bytes, however they are compressed on the way") {
  world w(strands::none, server_options().compression("gzip"), channel_options().compression("gzip"));
  std::vector<std::string> seen;
  w.server->add_fallback([&](server_context& context, generic_stream& peer) -> reply<void> {
    raw_message message;
    while (co_await peer.read(message)) {
      seen.push_back((context.request_compressed() ? "packed " : "plain ") + message.bytes().substr(0, 3));
      co_await peer.write(message);
    }
    co_return ok;
  });
  auto const body = [&]() -> asio::awaitable<void> {
    generic_stub const any(*w.channel);
    raw_message const request(std::string(5000, 'x'));
    for (std::string const encoding : {"gzip", "deflate", "identity"}) {
      call_info info;
      raw_message const answer = co_await any.unary("/x.X/Y", request, call_options().compression(encoding).info(info));
      CHECK(answer == request);
      CHECK(info.response_compressed());
    }
  };
  w.run(body);
  CHECK(seen == std::vector<std::string>{"packed xxx", "packed xxx", "plain xxx"});
}

TEST_CASE("a fallback whose client ends inside a message has its read fail, and the call ends with INTERNAL") {
  world w;
  std::vector<std::string> seen;
  w.server->add_fallback([&](server_context&, generic_stream& peer) -> reply<void> {
    raw_message message;
    try {
      while (co_await peer.read(message)) seen.push_back(message.bytes());
    } catch (rpc_error const& e) {
      seen.push_back(std::string(e.status().message()));
      throw;
    }
    co_return ok;
  });
  raw_peer peer = raw_client(w);
  handshake(w, peer);
  std::string const whole = testing::frames::message_of("whole"), cut = whole.substr(0, 7);
  peer.send({peer.frames.headers(1, grpc_request("/x.X/Y")), data(1, whole + cut, flag::end_stream)});
  w.clock.settle();
  std::string const answer = frames_of(peer, 1).heads;
  INFO(answer);
  CHECK(answer.find("grpc-status=13") != std::string::npos);
  CHECK(seen == std::vector<std::string>{"whole", "the request: the stream ended inside a message"});
}
