#include <heddle/rpc/status_fields.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/base64.hpp>
#include <heddle/base/status_io.hpp>
#include <heddle/rpc/status_details.hpp>

#include "support/catch.hpp"

using heddle::header_list;
using heddle::header_name;
using heddle::metadata;
using heddle::status;
using heddle::status_code;
using heddle::status_origin;
using namespace std::string_literals;

namespace {

std::string show(header_list const& fields) {
  std::string text;
  for (auto const f : fields) text += std::string(f.name) + "=" + std::string(f.value) + ";";
  return text;
}

std::string written(status const& s, std::size_t max_details_size = 4096) {
  header_list out;
  heddle::write_status(out, s, max_details_size);
  return show(out);
}

std::string read_one(std::string_view name, std::string_view value) {
  header_list fields;
  fields.add(name, value);
  metadata to;
  if (!heddle::read_metadata(fields[0], to)) return "!";
  std::string text;
  for (auto const [key, v] : to) text += std::string(key) + "=" + std::string(v) + ";";
  return text;
}

}  // namespace

TEST_CASE("the status of a call is read out of its trailers") {
  struct row {
    char const* name;
    char const* number;  // null: no grpc-status
    char const* message;
    int http;
    status_code code;
    char const* text;
    status_origin origin;
  };
  auto const peer = status_origin::peer, made_up = status_origin::transport;
  row const rows[] = {
      {"OK", "0", "", 200, status_code::ok, "", status_origin::local},
      {"OK with zeros", "00", "", 200, status_code::ok, "", status_origin::local},
      {"OK with a message", "0", "dropped", 200, status_code::ok, "", status_origin::local},
      {"OK in spite of HTTP", "0", "", 503, status_code::ok, "", status_origin::local},
      {"not found", "5", "no such feature", 200, status_code::not_found, "no such feature", peer},
      {"leading zero", "05", "", 200, status_code::not_found, "", peer},
      {"the last code", "16", "", 0, status_code::unauthenticated, "", peer},
      {"beats HTTP", "5", "", 503, status_code::not_found, "", peer},
      {"percent-encoded", "2", "a%0Ab%", 200, status_code::unknown, "a\nb%", peer},
      {"number above 16", "17", "", 200, status_code::unknown, "unknown status code 17", peer},
      {"and with a message", "17", "why", 200, status_code::unknown, "unknown status code 17: why", peer},
      {"number above 2^64", "99999999999999999999", "", 200, status_code::unknown,
       "unknown status code 99999999999999999999", peer},
      {"a word", "OK", "", 200, status_code::unknown, "malformed grpc-status: 'OK'", made_up},
      {"empty", "", "", 200, status_code::unknown, "malformed grpc-status: ''", made_up},
      {"negative", "-1", "", 200, status_code::unknown, "malformed grpc-status: '-1'", made_up},
      {"with a blank", "0 ", "", 200, status_code::unknown, "malformed grpc-status: '0 '", made_up},
      {"missing, HTTP 200", nullptr, "", 200, status_code::unknown, "the call ended without a grpc-status", made_up},
      {"missing, no HTTP", nullptr, "", 0, status_code::unknown, "the call ended without a grpc-status", made_up},
      {"missing, HTTP 404", nullptr, "", 404, status_code::unimplemented, "HTTP status 404 without a grpc-status",
       made_up},
      {"missing, HTTP 503", nullptr, "", 503, status_code::unavailable, "HTTP status 503 without a grpc-status",
       made_up},
      {"missing, HTTP 431", nullptr, "", 431, status_code::unknown, "HTTP status 431 without a grpc-status", made_up},
  };
  for (row const& r : rows) {
    INFO(r.name);
    header_list trailers;
    if (r.number != nullptr) trailers.add(header_name::grpc_status, r.number);
    if (*r.message != '\0') trailers.add(header_name::grpc_message, r.message);
    metadata user;
    status const s = heddle::read_status(trailers, r.http, user);
    CHECK(s.code() == r.code);
    CHECK(s.message() == r.text);
    CHECK(s.origin() == r.origin);
    CHECK(user.empty());
  }
}

TEST_CASE("the first grpc-status counts") {
  header_list trailers;
  trailers.add("grpc-status", "5");
  trailers.add("grpc-status", "0");
  metadata user;
  CHECK(heddle::read_status(trailers, 200, user).code() == status_code::not_found);
}

TEST_CASE("user metadata is read out of the trailers, and stays with a status that is not OK") {
  header_list trailers;
  trailers.add(":status", "200");
  trailers.add("content-type", "application/grpc");
  trailers.add("key", "value");
  trailers.add("data-bin", "AAE");
  metadata expected;
  expected.add("key", "value");
  expected.add("data-bin", "\0\1"s);

  metadata user;
  user.add("earlier", "entry");
  SECTION("not OK") {
    trailers.add("grpc-status", "13");
    status const s = heddle::read_status(trailers, 200, user);
    CHECK(s.trailers() == expected);
  }
  SECTION("OK") {
    trailers.add("grpc-status", "0");
    status const s = heddle::read_status(trailers, 200, user);
    CHECK(s.is_ok());
  }
  CHECK(user.size() == 3);
  CHECK(user.get("earlier") == "entry");
  CHECK(user.get("data-bin") == "\0\1"s);
}

TEST_CASE("an undecodable binary trailer fails a call that was OK, and hides no other status") {
  header_list trailers;
  trailers.add("x-bin", "*");
  metadata user;
  SECTION("OK") {
    trailers.add("grpc-status", "0");
    status const s = heddle::read_status(trailers, 200, user);
    CHECK(s.code() == status_code::internal);
    CHECK(s.origin() == status_origin::local);
  }
  SECTION("not OK") {
    trailers.add("grpc-status", "5");
    CHECK(heddle::read_status(trailers, 200, user).code() == status_code::not_found);
  }
}

TEST_CASE("details come with the status, whose plain headers win") {
  status inner(status_code::aborted, "inner");
  inner.add_detail("t/A", "one");
  std::string bytes, text;
  heddle::encode_status_details(inner, bytes);
  heddle::base64_encode(bytes, text);
  header_list trailers;
  trailers.add("grpc-status", "5");
  trailers.add("grpc-message", "outer");
  metadata user;
  SECTION("well-formed") {
    trailers.add("grpc-status-details-bin", text);
    status const s = heddle::read_status(trailers, 200, user);
    CHECK(s == status(status_code::not_found, "outer"));
    CHECK(s.details() == inner.details());
  }
  SECTION("padded") {
    text.append((4 - text.size() % 4) % 4, '=');
    trailers.add("grpc-status-details-bin", text);
    CHECK(heddle::read_status(trailers, 200, user).details().size() == 1);
  }
  SECTION("broken") {
    for (char const* value : {"*", "GgX", ""}) {
      INFO(value);
      header_list broken;
      for (auto const f : trailers) broken.add(f);
      broken.add("grpc-status-details-bin", value);
      status const s = heddle::read_status(broken, 200, user);
      CHECK(s == status(status_code::not_found, "outer"));
      CHECK(s.details().empty());
    }
  }
  CHECK(user.empty());
}

TEST_CASE("a status is written with its number always and the rest if there is any") {
  CHECK(written(heddle::ok) == "grpc-status=0;");
  CHECK(written(status(status_code::unauthenticated)) == "grpc-status=16;");
  CHECK(written(status(status_code::not_found, "100% gone\n")) == "grpc-status=5;grpc-message=100%25 gone%0A;");
}

TEST_CASE("details are written when they fit and dropped when they do not") {
  status s(status_code::not_found, "x");
  s.add_detail("t/A", std::string(100, 'y'));
  std::string bytes;
  heddle::encode_status_details(s, bytes);
  std::size_t const size = heddle::base64_encoded_size(bytes.size());
  std::string const plain = "grpc-status=5;grpc-message=x;";
  CHECK(written(s, size - 1) == plain);
  CHECK(written(s, 0) == plain);
  std::string const full = written(s, size);
  CHECK(full.starts_with(plain + "grpc-status-details-bin="));
  CHECK(full.size() == plain.size() + 25 + size);
  CHECK(full == written(s));
}

TEST_CASE("every status comes back with message, details and trailers") {
  metadata sent_trailers;
  sent_trailers.add("key", "value");
  sent_trailers.add("key", "again");
  sent_trailers.add("data-bin", std::string(1000, '\xFF'));
  for (int code = 1; code <= 16; ++code) {
    INFO(code);
    status sent(static_cast<status_code>(code), " \u263A %zz\n ");
    sent.add_detail("t/A", "\0\1"s);
    header_list fields;
    heddle::write_status(fields, sent);
    heddle::append_metadata(sent_trailers, fields);
    metadata user;
    status const received = heddle::read_status(fields, 200, user);
    CHECK(received == sent);
    CHECK(received.details() == sent.details());
    CHECK(user == sent_trailers);
    CHECK(received.trailers() == sent_trailers);
  }
}

TEST_CASE("metadata is written as fields, binary values as base64 without padding") {
  metadata m;
  m.add("a", "  plain  text ");
  m.add("blank", "   ");
  m.add("b-bin", "f");
  m.add("empty-bin", "");
  header_list out;
  heddle::append_metadata(m, out);
  CHECK(show(out) == "a=plain  text;blank=;b-bin=Zg;empty-bin=;");
}

TEST_CASE("binary values of any length are written") {
  for (std::size_t const size : {383u, 384u, 385u, 5000u}) {
    INFO(size);
    metadata sent, received;
    sent.add("x-bin", std::string(size, '\x80'));
    header_list fields;
    heddle::append_metadata(sent, fields);
    REQUIRE(heddle::read_metadata(fields[0], received));
    CHECK(received == sent);
  }
}

TEST_CASE("received fields become metadata only if they could be sent as such") {
  struct row {
    char const *name, *key, *value, *read;
  };
  row const rows[] = {
      {"text", "key", "value", "key=value;"},
      {"text with commas is one value", "key", "a,b", "key=a,b;"},
      {"empty text", "key", "", "key=;"},
      {"names without a meaning in gRPC", "accept-encoding", "gzip", "accept-encoding=gzip;"},
      {"text that is not ASCII", "key", "\xC3\xA9", ""},
      {"text with a tab", "key", "a\tb", ""},
      {"a name that gRPC does not allow", "a!b", "v", ""},
      {"pseudo-header", ":path", "/", ""},
      {"content-type", "content-type", "application/grpc", ""},
      {"te", "te", "trailers", ""},
      {"user-agent", "user-agent", "x", ""},
      {"known to gRPC", "grpc-timeout", "1S", ""},
      {"unknown to gRPC", "grpc-future", "x", ""},
      {"gRPC's own binary", "grpc-status-details-bin", "*", ""},
      {"binary", "x-bin", "Zg", "x-bin=f;"},
      {"binary with padding", "x-bin", "Zg==", "x-bin=f;"},
      {"empty binary", "x-bin", "", "x-bin=;"},
      {"binary values joined", "x-bin", "Zg,Zm8=", "x-bin=f;x-bin=fo;"},
      {"joined with blanks", "x-bin", "Zg== , Zm8", "x-bin=f;x-bin=fo;"},
      {"joined with an empty one", "x-bin", "Zg,", "x-bin=f;x-bin=;"},
      {"not base64", "x-bin", "*", "!"},
      {"one of several not base64", "x-bin", "Zg,*", "!"},
      {"URL alphabet", "x-bin", "_-_-", "!"},
  };
  for (row const& r : rows) {
    INFO(r.name);
    CHECK(read_one(r.key, r.value) == r.read);
  }
}

TEST_CASE("true binary metadata, which was not agreed on, is not taken for base64") {
  CHECK(read_one("x-bin", "\0Zg"s) == "!");
}

TEST_CASE("all metadata that was received can be sent back") {
  metadata received, echo;
  header_list fields;
  for (int c = 0; c < 256; ++c) {
    fields.add("k" + std::string(1, static_cast<char>(c)), "v");
    fields.add("key", "v" + std::string(1, static_cast<char>(c)) + "v");
  }
  for (auto const name : heddle::header_name_text)
    if (!name.empty()) fields.add(name, "x");
  for (auto const f : fields) static_cast<void>(heddle::read_metadata(f, received));
  for (auto const [key, value] : received) CHECK_NOTHROW(echo.add(key, value));
  CHECK(echo == received);
}
