#pragma once

#include <algorithm>
#include <stdexcept>

#include <heddle/base/ascii.hpp>
#include <heddle/rpc/codec.hpp>

namespace heddle {

HEDDLE_DECL bool same_subtype(std::string_view a, std::string_view b) noexcept {
  if (a.empty()) a = "proto";
  if (b.empty()) b = "proto";
  return same_letters(a, b);
}

HEDDLE_DECL bool is_valid_subtype(std::string_view text) noexcept {
  auto const allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

HEDDLE_DECL void codec_list::add(std::shared_ptr<codec const> c) {
  std::string_view const name = c->name();
  bool const lower = std::none_of(name.begin(), name.end(), is_capital);
  if (!lower || !is_valid_subtype(name))
    throw std::invalid_argument("codec \"" + std::string(name) + "\": no name of a content-subtype in lower case");
  if (name == "proto") throw std::invalid_argument("codec \"proto\": that is what every server has");
  for (auto& old : all_)
    if (old->name() == name) {
      old = std::move(c);
      return;
    }
  all_.push_back(std::move(c));
}

HEDDLE_DECL codec const* codec_list::find(std::string_view name) const noexcept {
  for (auto const& c : all_)
    if (same_subtype(c->name(), name)) return c.get();
  return nullptr;
}

HEDDLE_DECL std::string codec_list::names() const {
  std::string text = "proto";
  for (auto const& c : all_) text.append(", ").append(c->name());
  return text;
}

}  // namespace heddle
