#include <heddle/services/descriptor_index.hpp>

#include <set>
#include <string>

#include <google/protobuf/descriptor.pb.h>

#include "support/catch.hpp"

using heddle::detail::descriptor_index;
namespace protobuf = google::protobuf;

namespace {

std::string base_file() {
  protobuf::FileDescriptorProto file;
  file.set_name("deep/base.proto");
  file.set_package("deep.base");
  protobuf::DescriptorProto& outer = *file.add_message_type();
  outer.set_name("Outer");
  outer.add_field()->set_name("number");
  outer.add_oneof_decl()->set_name("choice");
  protobuf::DescriptorProto& inner = *outer.add_nested_type();
  inner.set_name("Inner");
  inner.add_enum_type()->set_name("Colour");
  inner.mutable_enum_type(0)->add_value()->set_name("RED");
  outer.add_extension_range()->set_start(100);
  protobuf::ServiceDescriptorProto& service = *file.add_service();
  service.set_name("Weaver");
  service.add_method()->set_name("Weave");
  return file.SerializeAsString();
}

void extend(protobuf::FieldDescriptorProto& field, std::string const& name, int number) {
  field.set_name(name);
  field.set_extendee(".deep.base.Outer");
  field.set_number(number);
}

std::string extending_file() {
  protobuf::FileDescriptorProto file;
  file.set_name("extra.proto");
  file.add_dependency("middle.proto");
  file.add_dependency("not/here.proto");
  extend(*file.add_extension(), "loud", 120);
  file.add_message_type()->set_name("Holder");
  extend(*file.mutable_message_type(0)->add_extension(), "quiet", 101);
  return file.SerializeAsString();
}

std::string middle_file() {
  protobuf::FileDescriptorProto file;
  file.set_name("middle.proto");
  file.add_dependency("deep/base.proto");
  return file.SerializeAsString();
}

}  // namespace

TEST_CASE("every name leads to the file that declares it") {
  std::string const base = base_file();
  descriptor_index index;
  index.add("deep/base.proto", base);
  index.add_copy("extra.proto", extending_file());
  for (char const* const name : {"deep.base.Outer", ".deep.base.Outer", "deep.base.Outer.number",
                                 "deep.base.Outer.choice", "deep.base.Outer.Inner", "deep.base.Outer.Inner.Colour",
                                 "deep.base.Outer.Inner.RED", "deep.base.Weaver", "deep.base.Weaver.Weave"}) {
    INFO(name);
    REQUIRE(index.symbol(name) != nullptr);
    CHECK(index.symbol(name)->name == "deep/base.proto");
  }
  CHECK(index.symbol("loud") == index.file("extra.proto"));
  CHECK(index.symbol("Holder.quiet") == index.file("extra.proto"));
  for (char const* const name : {"", "deep", "deep.base", "Outer", "deep.base.Outer.Inner.Colour.RED"})
    CHECK(index.symbol(name) == nullptr);
  CHECK(index.file("base.proto") == nullptr);
}

TEST_CASE("extensions are found by type and number, wherever they are declared") {
  std::string const base = base_file();
  descriptor_index index;
  index.add("deep/base.proto", base);
  CHECK(index.extension_numbers("deep.base.Outer").empty());
  index.add_copy("extra.proto", extending_file());
  CHECK(index.extension_numbers("deep.base.Outer") == std::vector<std::int32_t>{101, 120});
  CHECK(index.extension("deep.base.Outer", 120) == index.file("extra.proto"));
  CHECK(index.extension(".deep.base.Outer", 101) == index.file("extra.proto"));
  CHECK(index.extension("deep.base.Outer", 102) == nullptr);
  CHECK(index.extension("deep.base.Nobody", 101) == nullptr);
}

TEST_CASE("a file comes with what it imports, and nothing is sent twice but what is asked for") {
  std::string const base = base_file();
  descriptor_index index;
  index.add("deep/base.proto", base);
  index.add_copy("extra.proto", extending_file());
  index.add_copy("middle.proto", middle_file());
  index.add_copy("middle.proto", "not this one");
  std::set<std::string, std::less<>> sent;
  CHECK(index.with_imports(*index.file("middle.proto"), sent) == std::vector<std::string>{middle_file(), base});
  CHECK(index.with_imports(*index.file("extra.proto"), sent) == std::vector<std::string>{extending_file()});
  CHECK(index.with_imports(*index.file("extra.proto"), sent) == std::vector<std::string>{extending_file()});
}
