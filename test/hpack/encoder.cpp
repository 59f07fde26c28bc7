#include <heddle/hpack/encoder.hpp>

#include <string>
#include <vector>

#include "hpack/support.hpp"
#include "support/catch.hpp"

using heddle::byte_buffer;
using heddle::header_list;
using heddle::header_name;
using heddle::hpack::decoder;
using heddle::hpack::encoder;

namespace {

std::string encode(encoder& encoder, header_list const& list) {
  byte_buffer out;
  encoder.encode(list, out);
  return hpack_test::to_hex(out.view());
}

std::string encode(encoder& encoder, std::string const& name, std::string const& value, bool never_index = false) {
  header_list list;
  list.add(name, value, never_index);
  return encode(encoder, list);
}

// How a field was sent.
enum class form { indexed, inserted, plain, never };

form form_of(std::string const& encoded) {
  auto const first = hpack_test::hex(encoded.substr(0, 2))[0];
  if ((first & 0x80) != 0) return form::indexed;
  if ((first & 0x40) != 0) return form::inserted;
  return (first & 0x10) != 0 ? form::never : form::plain;
}

}  // namespace

TEST_CASE("what a call repeats is indexed at once") {
  struct example {
    char const *name, *value;
  };
  for (example const& row : std::vector<example>{{":path", "/helloworld.Greeter/SayHello"},
                                                 {":authority", "localhost:50051"},
                                                 {"content-type", "application/grpc"},
                                                 {"te", "trailers"},
                                                 {"user-agent", "heddle"},
                                                 {"grpc-status", "0"},
                                                 {"grpc-status", "5"},
                                                 {"grpc-encoding", "gzip"},
                                                 {"grpc-accept-encoding", "identity,gzip"},
                                                 {":status", "415"}}) {
    INFO(row.name);
    encoder encoder;
    CHECK(form_of(encode(encoder, row.name, row.value)) == form::inserted);
    CHECK(encode(encoder, row.name, row.value) == "be");
  }
}

TEST_CASE("a warm request and a warm response are one byte a field") {
  encoder encoder;
  header_list request = hpack_test::to_list(
      ":method: POST\n:scheme: http\n:path: /a.B/C\n:authority: h\nte: trailers\ncontent-type: application/grpc\n"
      "user-agent: x\n");
  encode(encoder, request);
  CHECK(encode(encoder, request).size() == 2 * 7);
  header_list response = hpack_test::to_list(":status: 200\ncontent-type: application/grpc\ngrpc-status: 0\n");
  encode(encoder, response);
  CHECK(encode(encoder, response).size() == 2 * 3);
}

TEST_CASE("several fields of a name are each found again") {
  encoder encoder;
  for (int i = 0; i < 40; ++i) CHECK(form_of(encode(encoder, ":path", "/p/" + std::to_string(i))) == form::inserted);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 40; ++i) CHECK(encode(encoder, ":path", "/p/" + std::to_string(i)).size() == 2);
}

TEST_CASE("what changes from call to call stays out of the table") {
  for (char const* name : {"grpc-timeout", "content-length", "grpc-status-details-bin", "grpc-message", "traceparent",
                           "grpc-trace-bin", "date", ":unknown"}) {
    INFO(name);
    encoder encoder;
    for (int i = 0; i < 3; ++i) CHECK(form_of(encode(encoder, name, "17")) == form::plain);
  }
  // The name is indexed where the static table has it.
  encoder encoder;
  CHECK(encode(encoder, "content-length", "17") == "0f0d023137");
}

TEST_CASE("secrets are never indexed") {
  encoder encoder;
  for (int i = 0; i < 3; ++i) {
    CHECK(form_of(encode(encoder, "authorization", "Bearer of a token that is rather long")) == form::never);
    CHECK(form_of(encode(encoder, "proxy-authorization", "x")) == form::never);
    CHECK(form_of(encode(encoder, "cookie", "0123456789012345678")) == form::never);
    CHECK(form_of(encode(encoder, "x-key", "secret", true)) == form::never);
    CHECK(form_of(encode(encoder, ":path", "/secret", true)) == form::never);
    CHECK(encode(encoder, ":method", "GET", true) == "1203474554");  // also where the static table has it all
  }
  CHECK(form_of(encode(encoder, "cookie", "01234567890123456789")) == form::plain);
  CHECK(form_of(encode(encoder, "cookie", "01234567890123456789")) == form::inserted);
}

TEST_CASE("user metadata is indexed when it comes a second time") {
  encoder encoder;
  CHECK(form_of(encode(encoder, "x-tenant", "a")) == form::plain);
  CHECK(form_of(encode(encoder, "x-tenant", "a")) == form::inserted);
  CHECK(encode(encoder, "x-tenant", "a") == "be");
  // Its name serves others of that name.
  CHECK(encode(encoder, "x-tenant", "b").starts_with("0f2f"));
}

TEST_CASE("one-off request ids do not drive other entries out") {
  encoder encoder;
  encode(encoder, ":path", "/a.B/C");
  for (int i = 0; i < 10000; ++i) {
    header_list list;
    list.add(":path", "/a.B/C");
    list.add("x-request-id", "request-" + std::to_string(i));
    REQUIRE(encode(encoder, list).substr(0, 2) == "be");
  }
}

TEST_CASE("a field of more than half the table is not inserted") {
  encoder encoder;
  encode(encoder, "te", "trailers");
  CHECK(form_of(encode(encoder, ":path", std::string(2048 - 32 - 5 + 1, '/'))) == form::plain);
  CHECK(encode(encoder, "te", "trailers") == "be");
  CHECK(form_of(encode(encoder, ":path", std::string(2048 - 32 - 5, '/'))) == form::inserted);
}

TEST_CASE("a string is Huffman-coded only where that is shorter") {
  encoder encoder;
  CHECK(encode(encoder, "content-length", "100") == "0f0d820801");
  CHECK(encode(encoder, "content-length", "17") == "0f0d023137");
  CHECK(encode(encoder, "grpc-message", "\xff\xfe").ends_with("02fffe"));
  CHECK(encode(encoder, "content-length", "").ends_with("9c"));
}

TEST_CASE("table size updates say what the peer's settings became") {
  struct example {
    char const* name;
    std::uint32_t cap;
    std::vector<std::uint32_t> settings;
    char const* update;
  };
  std::vector<example> const examples = {
      {"nothing said", 4096, {}, ""},
      {"the default said", 4096, {4096}, ""},
      {"2^32-1: our cap holds", 4096, {0xffffffff}, ""},
      {"0", 4096, {0}, "20"},
      {"lowered", 4096, {100}, "3f45"},
      {"lowered and raised", 4096, {100, 4096}, "3f453fe11f"},
      {"lowered twice and raised", 4096, {100, 0, 4096}, "203fe11f"},
      {"lowered twice and raised a bit", 4096, {200, 100, 101}, "3f453f46"},
      {"raised and lowered", 4096, {65536, 100}, "3f45"},
      {"a smaller cap", 100, {}, "3f45"},
      {"a smaller cap, and the peer's is larger", 100, {65536}, "3f45"},
      {"a smaller cap, and the peer's is smaller", 100, {31}, "3f00"},
      {"a larger cap waits for the peer", 65536, {}, ""},
      {"a larger cap and a larger setting", 65536, {8192}, "3fe13f"},
      {"a larger cap and 2^32-1", 65536, {0xffffffff}, "3fe1ff03"},
  };
  for (example const& row : examples) {
    INFO(row.name);
    encoder encoder(row.cap);
    for (std::uint32_t const setting : row.settings) encoder.peer_max_table_size(setting);
    CHECK(encode(encoder, ":method", "GET") == row.update + std::string("82"));
    CHECK(encode(encoder, ":method", "GET") == "82");
  }
}

TEST_CASE("a setting takes effect with the next block, in both directions") {
  encoder encoder;
  encode(encoder, "te", "trailers");
  encoder.peer_max_table_size(0);
  CHECK(encode(encoder, "te", "trailers").starts_with("200002"));
  encoder.peer_max_table_size(4096);
  CHECK(encode(encoder, "te", "trailers").starts_with("3fe11f40"));
  CHECK(encode(encoder, "te", "trailers") == "be");
}

TEST_CASE("never-indexed fields are never-indexed again when they are passed on") {
  decoder decoder;
  hpack_test::recorder sink;
  REQUIRE(decoder.decode(hpack_test::hex("10 08 7061 7373 776f 7264 06 7365 6372 6574"), true, 100, sink) ==
          heddle::hpack::decode_error::none);
  encoder encoder;
  std::string const again = encode(encoder, sink.fields[0].name, sink.fields[0].value, sink.fields[0].never_index);
  CHECK(form_of(again) == form::never);
}

TEST_CASE("a block of indexes that comes again is the same bytes, until the table changes") {
  encoder encoder;
  header_list head, end, other;
  head.add(header_name::status, "200");
  head.add(header_name::content_type, "application/grpc");
  end.add(header_name::grpc_status, "0");
  other.add(header_name::grpc_status, "5");
  encode(encoder, head);
  encode(encoder, end);
  for (int i = 0; i < 3; ++i) {
    CHECK(encode(encoder, head) == "88bf");
    CHECK(encode(encoder, end) == "be");
  }
  encode(encoder, other);  // one more entry, before the others
  for (int i = 0; i < 3; ++i) {
    CHECK(encode(encoder, head) == "88c0");
    CHECK(encode(encoder, end) == "bf");
    CHECK(encode(encoder, other) == "be");
  }
  encoder.peer_max_table_size(0);
  CHECK(encode(encoder, end).substr(0, 2) == "20");
  CHECK(form_of(encode(encoder, end)) == form::plain);
}

TEST_CASE("a stamped list is known once it has been sent as indexes, until it or the table changes") {
  encoder encoder;
  header_list end;
  end.add(header_name::grpc_status, "0");
  end.stamp();
  CHECK(encoder.known(end).empty());
  encode(encoder, end);
  CHECK(encoder.known(end).empty());  // that was a literal
  encode(encoder, end);
  CHECK(hpack_test::to_hex(encoder.known(end)) == "be");

  header_list equal;
  equal.add(header_name::grpc_status, "0");
  CHECK(encoder.known(equal).empty());  // it takes more than a glance
  CHECK(encode(encoder, equal) == "be");

  encode(encoder, "grpc-status", "5");
  CHECK(encoder.known(end).empty());
  CHECK(encode(encoder, end) == "bf");
  CHECK(hpack_test::to_hex(encoder.known(end)) == "bf");
  encoder.peer_max_table_size(0);
  CHECK(encoder.known(end).empty());

  end.clear();
  CHECK(encoder.known(end).empty());
}

TEST_CASE("a list that was changed is another block") {
  encoder encoder;
  header_list list;
  list.add(header_name::method, "POST");
  CHECK(encode(encoder, list) == "83");
  CHECK(encode(encoder, list) == "83");
  list.clear();
  list.add(header_name::method, "GET");
  CHECK(encode(encoder, list) == "82");
  list.clear();
  list.add(":method", "POST", true);
  CHECK(form_of(encode(encoder, list)) == form::never);
}
