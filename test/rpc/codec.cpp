#include <heddle/rpc/codec.hpp>

#include <stdexcept>

#include "support/catch.hpp"

namespace heddle {

namespace {

class named final : public codec {
 public:
  explicit named(std::string name) : name_(std::move(name)) {}
  std::string_view name() const noexcept override { return name_; }
  status serialize(void const*, message_ops const&, std::string&) const override { return {}; }
  status parse(void*, message_ops const&, bytes_view) const override { return {}; }

 private:
  std::string name_;
};

std::shared_ptr<codec const> make(std::string name) { return std::make_shared<named>(std::move(name)); }

}  // namespace

TEST_CASE("codecs are found by their names, in any case") {
  codec_list list;
  CHECK(list.names() == "proto");
  CHECK(list.find("json") == nullptr);
  CHECK(list.find("") == nullptr);
  auto const json = make("json"), flat = make("flat");
  list.add(json);
  list.add(flat);
  CHECK(list.names() == "proto, json, flat");
  CHECK(list.find("json") == json.get());
  CHECK(list.find("JSON") == json.get());
  CHECK(list.find("flat") == flat.get());
  CHECK(list.find("jso") == nullptr);
  auto const other = make("json");
  list.add(other);
  CHECK(list.find("json") == other.get());
  CHECK(list.names() == "proto, json, flat");
}

TEST_CASE("names that no content-type can have, and proto, are refused") {
  codec_list list;
  for (char const* name : {"", "JSON", "a b", "a;b", "a,b", "proto"})
    CHECK_THROWS_AS(list.add(make(name)), std::invalid_argument);
  CHECK(list.names() == "proto");
}

TEST_CASE("no subtype is the same as proto") {
  CHECK(same_subtype("", "proto"));
  CHECK(same_subtype("Proto", ""));
  CHECK(same_subtype("", ""));
  CHECK(same_subtype("json", "JSON"));
  CHECK_FALSE(same_subtype("", "json"));
  CHECK_FALSE(same_subtype("jso", "json"));
}

TEST_CASE("only raw messages are raw") {
  CHECK(is_raw(*ops_of<raw_message>));
  message_ops const copy = *ops_of<raw_message>;
  CHECK_FALSE(is_raw(copy));
}

}  // namespace heddle
