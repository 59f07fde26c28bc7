#pragma once

#include <algorithm>

#include <heddle/base/status_code.hpp>
#include <heddle/rpc/header_limit.hpp>

namespace heddle::rpc {

namespace detail {

/// Cuts a percent-encoded text neither inside of an escape nor inside of a character of several.
HEDDLE_DECL std::string_view cut_encoded(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t n = most;
  if (n >= 1 && text[n - 1] == '%') {
    n -= 1;
  } else if (n >= 2 && text[n - 2] == '%') {
    n -= 2;
  }
  auto const continues = [text](std::size_t at) {  // 10xxxxxx
    return text[at] == '%' && at + 1 < text.size() && std::string_view("89ABab").find(text[at + 1]) != text.npos;
  };
  while (n >= 3 && continues(n)) n -= 3;
  return text.substr(0, n);
}

}  // namespace detail

HEDDLE_DECL std::string header_limit_text(std::string_view what, std::size_t size, std::size_t most,
                                          std::string_view whose) {
  return std::string(what) + " of " + std::to_string(size) + " bytes are more than the " + std::to_string(most) +
         " that " + std::string(whose) + " takes (its SETTINGS_MAX_HEADER_LIST_SIZE)";
}

HEDDLE_DECL header_list reduced_answer(header_list const& fields, std::size_t most) {
  header_list reduced;
  for (header_field const field : fields)
    if (field.token == header_name::status || field.token == header_name::content_type) reduced.add(field);
  std::string_view const code = fields.get(header_name::grpc_status);
  bool const failed = !code.empty() && code != "0";
  reduced.add(header_name::grpc_status,
              failed ? std::string(code) : std::to_string(static_cast<int>(status_code::resource_exhausted)));

  header_list empty_message;
  empty_message.add(header_name::grpc_message, {});
  std::size_t const used = reduced.list_size() + empty_message.list_size();
  std::size_t room = most - std::min(most, used);
  std::string const why =
      header_limit_text(code.empty() ? "the response headers" : "the trailers", fields.list_size(), most, "the client");
  std::string_view const said = failed ? fields.get(header_name::grpc_message) : std::string_view();
  std::string const note = said.empty() ? why : " [metadata and details are left out: " + why + "]";
  bool const with_note = note.size() <= room;
  if (with_note) room -= note.size();
  std::string text(detail::cut_encoded(said, room));
  if (with_note) text += note;
  if (!text.empty()) reduced.add(header_name::grpc_message, text);
  return reduced;
}

}  // namespace heddle::rpc
