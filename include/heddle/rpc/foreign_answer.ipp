#pragma once

#include <heddle/rpc/foreign_answer.hpp>

namespace heddle::rpc {

HEDDLE_DECL bool foreign_answer::add(bytes_view bytes) {
  piece_.append(as_text(bytes).substr(0, most - piece_.size()));
  return piece_.size() == most;
}

HEDDLE_DECL status foreign_answer::end() const {
  status s = why_;
  std::string text;
  for (char const c : piece_) {
    bool const blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank)
      text += c > ' ' && c <= '~' ? c : '?';
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  if (text.ends_with(' ')) text.pop_back();
  if (!text.empty()) s.set_message(std::string(s.message()) + ": \"" + text + (piece_.size() == most ? "...\"" : "\""));
  return s;
}

}  // namespace heddle::rpc
