#pragma once

#include <algorithm>
#include <stdexcept>

#include <heddle/rpc/compression.hpp>

namespace heddle {

HEDDLE_DECL compressor_list& compressor_list::add(std::shared_ptr<compressor const> c) & {
  std::string_view const name = c->name();
  if (name.empty() || name == "identity" ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string_view::npos)
    throw std::invalid_argument("\"" + std::string(name) + "\" can't be the name of a compressor");
  auto next = std::make_shared<state>();
  if (state_ != nullptr) next->all = state_->all;
  auto const same = std::find_if(next->all.begin(), next->all.end(), [&](auto const& o) { return o->name() == name; });
  if (same != next->all.end())
    *same = std::move(c);
  else
    next->all.push_back(std::move(c));
  for (auto const& one : next->all) next->names.append(1, ',').append(one->name());
  state_ = std::move(next);
  return *this;
}

HEDDLE_DECL compressor const* compressor_list::find(std::string_view name) const noexcept {
  if (empty()) return nullptr;
  for (auto const& one : state_->all)
    if (one->name() == name) return one.get();
  return nullptr;
}

HEDDLE_DECL compressor const* compressor_list::get(std::string_view name) const {
  compressor const* const found = find(name);
  if (found == nullptr && !name.empty() && name != "identity")
    throw std::invalid_argument("compression \"" + std::string(name) +
                                "\" is none of compressors(): " + std::string(names()));
  return found;
}

HEDDLE_DECL bool accepts_encoding(std::string_view accepted, std::string_view name) noexcept {
  while (!accepted.empty()) {
    std::size_t const comma = std::min(accepted.find(','), accepted.size());
    std::string_view one = accepted.substr(0, comma);
    accepted.remove_prefix(std::min(comma + 1, accepted.size()));
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (one == name) return true;
  }
  return false;
}

}  // namespace heddle
