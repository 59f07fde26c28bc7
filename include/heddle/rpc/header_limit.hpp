// Answers whose fields are more than the other side takes (its SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 §6.5.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>

namespace heddle::rpc {

/// "the response headers of 9000 bytes are more than the 8192 that …": `what`, its size, the limit and whose it is.
std::string header_limit_text(std::string_view what, std::size_t size, std::size_t most, std::string_view whose);

/// The end of an answer instead of `fields`, which are more than `most` and a head, trailers or both in one: a status
/// and its message, cut if need be, without metadata and details. A status that is not OK stays; what would have been
/// a good answer becomes RESOURCE_EXHAUSTED, for some of it would be missing.
header_list reduced_answer(header_list const& fields, std::size_t most);

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/header_limit.ipp>
#endif
