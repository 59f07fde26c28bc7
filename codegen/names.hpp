// How names of a .proto become C++ names in generated code. Knows nothing of protobuf.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace heddle::codegen {

/// The snake_case form of a proto name. One rule: an upper-case letter begins a word when the character before it is a
/// lower-case letter or a digit, or when it ends a run of upper-case letters, that is, when a lower-case letter follows
/// it. Underscores stay and are never doubled by the rule; everything is lower-case in the end.
///
///     SayHello -> say_hello     HTTPGet -> http_get     GetV2Thing -> get_v2_thing     already_snake -> already_snake
std::string snake_case(std::string_view name);

/// Whether generated code can't declare a member of this name: C++ keywords, what generated classes and their bases
/// declare themselves, and lower-case macros of system headers.
bool is_reserved(std::string_view name);

/// The names of one C++ scope, given out at most once each.
class name_scope {
 public:
  /// Something that is not ours declares `name` here.
  void take(std::string name) { taken_.insert(std::move(name)); }

  /// A free name: `name` itself, or with as many trailing underscores as it takes.
  std::string claim(std::string name);

 private:
  std::set<std::string, std::less<>> taken_;
};

/// The scope of a C++ namespace before anything is declared in it: names which protobuf's own headers use unqualified,
/// or which all of its generated code needs, must not be declared there.
name_scope namespace_scope();

}  // namespace heddle::codegen
