#include <heddle/rpc/content_type.hpp>

#include "support/catch.hpp"

TEST_CASE("content types of gRPC are told from those that look like it") {
  struct row {
    char const* text;
    bool is_grpc;
    char const* subtype;
  };
  row const rows[] = {
      {"application/grpc", true, ""},
      {"application/grpc+proto", true, "proto"},
      {"application/grpc+json", true, "json"},
      {"APPLICATION/gRPC+Proto", true, "Proto"},
      {"application/grpc;charset=x", true, ""},
      {"application/grpc ; charset=x", true, ""},
      {"application/grpc+proto;charset=x", true, "proto"},
      {"application/grpc+proto ;charset=x", true, "proto"},
      {"application/grpc+", true, ""},
      {"application/grpc;", true, ""},
      {"application/grpc+vnd.x-y+z", true, "vnd.x-y+z"},
      {"", false, ""},
      {"application/grp", false, ""},
      {"application/grpcx", false, ""},
      {"application/grpc-web", false, ""},
      {"application/grpc-web+proto", false, ""},
      {"application/grpc-web-text", false, ""},
      {"application/grpc/proto", false, ""},
      {"application/json", false, ""},
      {" application/grpc", false, ""},
      {"text/html; application/grpc", false, ""},
  };
  for (row const& r : rows) {
    INFO(r.text);
    heddle::content_type_info const info = heddle::classify_content_type(r.text);
    CHECK(info.is_grpc == r.is_grpc);
    CHECK(info.subtype == r.subtype);
  }
}

TEST_CASE("a bare gRPC content type means proto") {
  CHECK(heddle::classify_content_type("application/grpc").codec() == "proto");
  CHECK(heddle::classify_content_type("application/grpc+json").codec() == "json");
}
