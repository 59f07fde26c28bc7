// Answers that break gRPC's rules or HTTP's, and resets at every point: every kind of call ends at once, with the right
// status, and the call beside it goes on.
#include <functional>
#include <string>
#include <vector>

#include <heddle/rpc/http_mapping.hpp>

#include "support/misbehaving.hpp"

using namespace heddle;
using namespace heddle::test;

namespace {

/// Writes the answer of stream 3.
struct pen {
  testing::scripted_peer peer;
  void head(header_list const& fields = grpc_head(), std::uint8_t flags = no_flags) const {
    testing::scripted_peer(peer).send_headers(3, fields, flags);
  }
  void send(std::string const& bytes) const { testing::scripted_peer(peer).send(std::string_view(bytes)); }
  void message() const { send(data(3, message_of(text("answer")))); }
  void end(header_list const& fields = grpc_trailers()) const { head(fields, flag::end_stream); }
};

struct row {
  char const* name;
  std::function<void(pen const&)> script;
  status_code code;
  char const* says;
};

void check(row const& r) {
  for (kind const k : every_kind) {
    INFO(r.name << ", " << test::to_string(k));
    misbehaving_server s;
    s.begin_neighbour();
    outcome o;
    s.start(k, o);
    s.clock.settle();
    r.script(pen{s.peer()});
    s.clock.settle();
    INFO(heddle::to_string(o.end));
    CHECK(o.done);  // at once: time stands still
    CHECK(o.end.code() == r.code);
    CHECK(has(o.end.message(), r.says));
    if (!o.end.is_ok() && o.end.origin() != status_origin::peer)
      CHECK(has(o.end.message(), "(/lab.Echo/"));  // says where
    s.check_neighbour();
    CHECK(s.server.connections() == 1);
  }
}

}  // namespace

TEST_CASE("wrong trailers") {
  auto const whole = [](header_list const& trailers) {
    return [trailers](pen const& p) {
      p.head();
      p.message();
      p.end(trailers);
    };
  };
  auto const broken = [](std::function<void(pen const&)> f) {
    return [f](pen const& p) {
      p.head();
      p.message();
      f(p);
    };
  };
  row const rows[] = {
      {"good ones", whole(grpc_trailers()), status_code::ok, ""},
      {"no grpc-status", whole(fields({{"x", "y"}})), status_code::unknown, "without a grpc-status"},
      {"none at all", broken([](pen const& p) { p.send(data(3, "", flag::end_stream)); }), status_code::unknown,
       "without grpc-status"},
      {"no number", whole(grpc_trailers("abc")), status_code::unknown, "malformed grpc-status: 'abc'"},
      {"an empty one", whole(grpc_trailers("")), status_code::unknown, "malformed grpc-status: ''"},
      {"a negative one", whole(grpc_trailers("-1")), status_code::unknown, "malformed grpc-status: '-1'"},
      {"17", whole(grpc_trailers("17")), status_code::unknown, "unknown status code 17"},
      {"2^64", whole(grpc_trailers("18446744073709551616")), status_code::unknown, "18446744073709551616"},
      {"a leading zero", whole(grpc_trailers("05")), status_code::not_found, ""},
      {"two: the first counts", whole(fields({{"grpc-status", "5"}, {"grpc-status", "0"}})), status_code::not_found,
       ""},
      {"a broken escape in grpc-message", whole(fields({{"grpc-status", "9"}, {"grpc-message", "50%, %zz"}})),
       status_code::failed_precondition, "50%, %zz"},
      {"details that are none", whole(fields({{"grpc-status", "9"}, {"grpc-status-details-bin", "???"}})),
       status_code::failed_precondition, ""},
      {"metadata that is no base64", whole(fields({{"grpc-status", "0"}, {"x-bin", "?"}})), status_code::internal,
       "binary metadata"},
      {"a pseudo-header", whole(fields({{"grpc-status", "0"}, {":status", "200"}})), status_code::internal,
       "PROTOCOL_ERROR"},
      {"capitals", whole(fields({{"Grpc-Status", "0"}})), status_code::internal, "PROTOCOL_ERROR"},
      {"a field of HTTP/1", whole(fields({{"grpc-status", "0"}, {"connection", "close"}})), status_code::internal,
       "PROTOCOL_ERROR"},
      {"without END_STREAM", broken([](pen const& p) { p.head(grpc_trailers()); }), status_code::internal,
       "PROTOCOL_ERROR"},
      {"more than the limit", whole(fields({{"grpc-status", "0"}, {"x", std::string(9000, 'x')}})),
       status_code::resource_exhausted, "channel_options::limits()"},
  };
  for (row const& r : rows) check(r);
}

TEST_CASE("wrong heads") {
  auto const then_good = [](header_list const& head) {
    return [head](pen const& p) {
      p.head(head);
      p.message();
      p.end();
    };
  };
  auto const informational = [](pen const& p) {
    for (char const* code : {"100", "103", "103", "102"}) p.head(fields({{":status", code}, {"link", "</x>"}}));
    p.head();
    p.message();
    p.end();
  };
  row const rows[] = {
      {"grpc-status in a head that is not the end",
       then_good(fields({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "5"}})),
       status_code::ok, ""},
      {"some 1xx first", informational, status_code::ok, ""},
      {"a 1xx with END_STREAM",
       [](pen const& p) {
         p.end(fields({{":status", "103"}}));
       },
       status_code::internal, "PROTOCOL_ERROR"},
      {"no :status", then_good(fields({{"content-type", "application/grpc"}})), status_code::internal,
       "PROTOCOL_ERROR"},
      {":status is no number", then_good(fields({{":status", "2x0"}})), status_code::internal, "PROTOCOL_ERROR"},
      {"two :status", then_good(fields({{":status", "200"}, {":status", "200"}})), status_code::internal,
       "PROTOCOL_ERROR"},
      {"DATA before it", [](pen const& p) { p.message(); }, status_code::internal, "PROTOCOL_ERROR"},
      {"no content-type", then_good(fields({{":status", "200"}})), status_code::unknown, "content-type \"\""},
      {"gRPC-Web", then_good(grpc_head("200", "application/grpc-web")), status_code::unknown,
       "content-type \"application/grpc-web\" instead of application/grpc"},
      {"an encoding that nobody knows",
       then_good(fields({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-encoding", "zebra"}})),
       status_code::internal, "grpc-encoding zebra"},
      {"more than the limit",
       then_good(fields({{":status", "200"}, {"content-type", "application/grpc"}, {"x", std::string(9000, 'x')}})),
       status_code::resource_exhausted, "channel_options::limits()"},
      {"an error, and END_STREAM without a status", [](pen const& p) { p.end(grpc_head("503", "text/html")); },
       status_code::unavailable, "HTTP status 503"},
      {"an HTTP error with a grpc-status, which counts",
       [](pen const& p) {
         p.end(fields({{":status", "503"}, {"content-type", "application/grpc"}, {"grpc-status", "7"}}));
       },
       status_code::permission_denied, ""},
  };
  for (row const& r : rows) check(r);
}

TEST_CASE("what a proxy says is in the text") {
  std::string const page = "<html>\r\n  <h1>502 Bad Gateway\xff</h1>";
  for (auto const& [http, code] :
       std::vector<std::pair<char const*, status_code>>{{"200", status_code::unknown},
                                                        {"302", status_code::unknown},
                                                        {"400", status_code::internal},
                                                        {"401", status_code::unauthenticated},
                                                        {"403", status_code::permission_denied},
                                                        {"404", status_code::unimplemented},
                                                        {"429", status_code::unavailable},
                                                        {"431", status_code::unknown},
                                                        {"500", status_code::unknown},
                                                        {"502", status_code::unavailable},
                                                        {"503", status_code::unavailable},
                                                        {"504", status_code::unavailable}}) {
    std::string const http_status = http;
    check({http,
           [&](pen const& p) {
             p.head(grpc_head(http_status, "text/html"));
             p.send(data(3, page.substr(0, 10)) + data(3, page.substr(10), flag::end_stream));
           },
           code, "\"<html> <h1>502 Bad Gateway?</h1>\""});
  }
  check({"an endless page",
         [](pen const& p) {
           p.head(grpc_head("200", "text/html"));
           p.send(data(3, std::string(150, 'a')) + data(3, std::string(150, 'b')));
         },
         status_code::unknown, "abb"});
  check({"a page with trailers",
         [](pen const& p) {
           p.head(grpc_head("404", "text/plain"));
           p.send(data(3, "no such place"));
           p.end(fields({{"x", "y"}}));
         },
         status_code::unimplemented, "HTTP status 404 instead of a gRPC answer: \"no such place\""});
  check({"a page that is reset",
         [](pen const& p) {
           p.head(grpc_head("503", "text/plain"));
           p.send(data(3, "come back") + rst_stream(3, http2::error_code::internal_error));
         },
         status_code::unavailable, "HTTP status 503 instead of a gRPC answer: \"come back\""});
}

TEST_CASE("wrong messages") {
  std::string const one = message_of(text("answer"));
  auto const body = [](std::string const& bytes) {
    return [bytes](pen const& p) {
      p.head();
      p.send(data(3, bytes));
      p.end();
    };
  };
  row const rows[] = {
      {"half a prefix", body(one.substr(0, 3)), status_code::internal, "the stream ended inside a message"},
      {"a prefix alone", body(one.substr(0, 5)), status_code::internal, "the stream ended inside a message"},
      {"a byte too few", body(one.substr(0, one.size() - 1)), status_code::internal, "ended inside a message"},
      {"no such message", body(message_of("\x0f\x0f")), status_code::internal, "lab.Text"},
      {"too large", body(std::string("\0\x7f\xff\xff\xff", 5)), status_code::resource_exhausted,
       "more than channel_options::max_receive_message_size (4194304 bytes)"},
      {"compressed, without an encoding", body(message_of(text("x").SerializeAsString(), 1)), status_code::internal,
       "compressed message without a grpc-encoding"},
  };
  for (row const& r : rows) check(r);
  for (int flag_byte = 2; flag_byte < 256; flag_byte += flag_byte < 9 ? 1 : 41)
    check({"a flag", body(message_of("", static_cast<std::uint8_t>(flag_byte))), status_code::internal,
           "which is neither 0 nor 1"});
  std::string const text_of_gzip = "this is no gzip";
  check({"no gzip",
         [&](pen const& p) {
           p.head(fields({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}}));
           p.send(data(3, message_of(text_of_gzip, 1)));
           p.end();
         },
         status_code::internal, "a compressed message that is no gzip"});
}

TEST_CASE("too few messages and too many") {
  for (kind const k : every_kind) {
    for (int count : {0, 2}) {
      INFO(count << ", " << test::to_string(k));
      misbehaving_server s;
      s.begin_neighbour();
      outcome o;
      s.start(k, o);
      s.clock.settle();
      pen const p{s.peer()};
      p.head();
      for (int i = 0; i < count; ++i) p.message();
      p.end();
      s.clock.settle();
      REQUIRE(o.done);
      CHECK(o.end.code() == (wants_one(k) ? status_code::unimplemented : status_code::ok));
      if (!wants_one(k)) CHECK(o.messages == count);
      s.check_neighbour();
    }
  }
}

TEST_CASE("resets at every point") {
  std::vector<std::function<void(pen const&)>> const points = {
      [](pen const&) {},
      [](pen const& p) { p.head(); },
      [](pen const& p) {
        p.head();
        p.send(data(3, message_of(text("answer")).substr(0, 8)));
      },
      [](pen const& p) {
        p.head();
        p.message();
      },
  };
  for (std::uint32_t code = 0; code <= 14; ++code) {
    for (std::size_t point = 0; point < points.size(); ++point) {
      if (code == 7 && point == 0) continue;  // that one is made again: below
      std::string const name = "with " + std::to_string(code) + " at " + std::to_string(point);
      check({name.c_str(),
             [&](pen const& p) {
               points[point](p);
               p.send(rst_stream(3, static_cast<http2::error_code>(code)));
             },
             status_from_rst(code), "the peer reset the stream with "});
    }
    std::string const name = "after the end with " + std::to_string(code);
    check({name.c_str(),
           [&](pen const& p) {
             p.head();
             p.message();
             p.end();
             p.send(rst_stream(3, static_cast<http2::error_code>(code)));
           },
           status_code::ok, ""});
  }
}

TEST_CASE("a call that is refused is made once more, and no more") {
  for (kind const k : every_kind) {
    INFO(test::to_string(k));
    misbehaving_server s;
    s.begin_neighbour();
    outcome o;
    s.start(k, o);
    s.clock.settle();
    for (http2::stream_id const id : {3, 5}) {
      CHECK(!o.done);
      s.peer().send(rst_stream(id, http2::error_code::refused_stream));
      s.clock.settle();
    }
    CHECK(o.done);
    CHECK(o.end.code() == status_code::unavailable);
    CHECK(has(o.end.message(), "REFUSED_STREAM"));
    CHECK(!s.peer().take(http2::frame_type::headers, 7));
    s.check_neighbour();
  }
}
