// What was found out about the fields that answers begin and end with, as long as they come again.
#pragma once

#include <cstdint>
#include <string>

#include <heddle/base/header_list.hpp>

namespace heddle::transport {

/// Fields of one connection: what was made of a list holds as long as the connection shows that list with that
/// revision.
struct known_fields {
  header_list const* list = nullptr;
  std::uint64_t revision = 0;

  bool are(header_list const& fields) const noexcept { return list == &fields && revision == fields.revision(); }
  void remember(header_list const& fields) noexcept {
    list = &fields;
    revision = fields.revision();
  }
};

/// Answers mostly begin, and end, in the same words.
struct known_answer {
  known_fields head;  // 200, gRPC, and `subtype`: nothing else
  std::string subtype;
  known_fields end;  // OK, and nothing else
};

}  // namespace heddle::transport
