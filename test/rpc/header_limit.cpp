#include <heddle/rpc/header_limit.hpp>

#include <string>

#include <heddle/testing/frames.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace heddle;
using namespace heddle::test;
using rpc::reduced_answer;
using testing::frames::fields;

TEST_CASE("a good answer that is too large becomes RESOURCE_EXHAUSTED") {
  std::string const large(9000, 'x');
  header_list const trailers = reduced_answer(fields({{"grpc-status", "0"}, {"tenant", large}}), 8192);
  CHECK(trailers.size() == 2);
  CHECK(trailers.get(header_name::grpc_status) == "8");
  CHECK(trailers.get(header_name::grpc_message) ==
        "the trailers of 9082 bytes are more than the 8192 that the client takes (its SETTINGS_MAX_HEADER_LIST_SIZE)");
  header_list const head =
      reduced_answer(fields({{":status", "200"}, {"content-type", "application/grpc"}, {"tenant", large}}), 8192);
  CHECK(head.size() == 4);
  CHECK(head[0].name == ":status");
  CHECK(head[1].name == "content-type");
  CHECK(head.get(header_name::grpc_status) == "8");
  CHECK(has(head.get(header_name::grpc_message), "the response headers of 9140 bytes"));
}

TEST_CASE("a status that is too large keeps its code and as much of its message as fits") {
  header_list fields_ = fields({{"grpc-status", "5"}, {"grpc-message", "no such thing"}});
  fields_.add("grpc-status-details-bin", std::string(9000, 'A'));
  header_list const kept = reduced_answer(fields_, 8192);
  CHECK(kept.size() == 2);
  CHECK(kept.get(header_name::grpc_status) == "5");
  CHECK(kept.get(header_name::grpc_message).starts_with("no such thing [metadata and details are left out: "));

  header_list const cut =
      reduced_answer(fields({{"grpc-status", "5"}, {"grpc-message", std::string(9000, 'm')}}), 8192);
  CHECK(cut.list_size() == 8192);
  CHECK(cut.get(header_name::grpc_message).starts_with("mmmm"));
  CHECK(cut.get(header_name::grpc_message).ends_with("(its SETTINGS_MAX_HEADER_LIST_SIZE)]"));
}

TEST_CASE("what is kept fits into every limit that a status fits into") {
  std::string message;
  for (int i = 0; i < 300; ++i) message += i % 2 == 0 ? "%E2%82%AC" : "a%C3%A4";
  header_list const large = fields({{"grpc-status", "13"}, {"grpc-message", message}, {"tenant", "acme"}});
  for (std::size_t most = 0; most < large.list_size(); ++most) {
    header_list const kept = reduced_answer(large, most);
    INFO(most);
    CHECK(kept.get(header_name::grpc_status) == "13");
    CHECK((kept.list_size() <= most || kept.size() == 1));
    std::string_view text = kept.get(header_name::grpc_message);
    text = text.substr(0, text.find(" ["));
    // Whole characters, and no half escape.
    if (!text.empty()) CHECK((text.ends_with("%AC") || text.ends_with("%A4") || text.ends_with("a")));
  }
}
