#pragma once

#include <algorithm>
#include <array>

#include <heddle/server/core.hpp>
#include <heddle/services/files/reflection.hpp>
#include <heddle/services/reflection_lite.hpp>

namespace heddle::detail {

HEDDLE_DECL void add_reflection(server& served, find_files elsewhere) {
  served.add(std::make_shared<reflection_service>(served.heddle_core_().shared().routes, elsewhere));
}

HEDDLE_DECL std::span<method_binding const> reflection_service::heddle_methods_() const noexcept {
  static constexpr std::array<method_binding, 2> methods = {
      bind_method<&reflection_service::info>(services::reflection_v1),
      bind_method<&reflection_service::info>(services::reflection_v1alpha)};
  return methods;
}

HEDDLE_DECL std::span<descriptor_file const> reflection_service::heddle_files_() const noexcept {
  static constexpr std::array<descriptor_file, 2> both = {files::reflection_v1.back(),
                                                          files::reflection_v1alpha.back()};
  return both;
}

HEDDLE_DECL std::shared_ptr<descriptor_index const> reflection_service::index() {
  std::lock_guard const lock(mutex_);
  auto const& services = routes_.services();
  if (index_ != nullptr && indexed_ == services.size()) return index_;
  auto const made = std::make_shared<descriptor_index>();
  for (auto const& each : services) {
    for (descriptor_file const& file : each->heddle_files_()) made->add(file.name, file.bytes);
    if (elsewhere_ == nullptr || !each->heddle_files_().empty()) continue;
    for (method_binding const& bound : each->heddle_methods_())
      if (std::string_view const name = bound.method->service(); made->symbol(name) == nullptr)
        for (auto& [file, bytes] : elsewhere_(name)) made->add_copy(file, std::move(bytes));
  }
  index_ = made;
  indexed_ = services.size();
  return index_;
}

HEDDLE_DECL std::vector<std::string> reflection_service::names() const {
  std::set<std::string_view> all;
  for (auto const& each : routes_.services())
    for (method_binding const& bound : each->heddle_methods_()) all.insert(bound.method->service());
  return {all.begin(), all.end()};
}

HEDDLE_DECL reply<void> reflection_service::info(server_context&, stream<request, response>& both) {
  auto const known = index();
  std::set<std::string, std::less<>> sent;
  request asked;
  while (co_await both.read(asked)) {
    response const said = answer(asked, *known, sent);
    co_await both.write(said);
  }
  co_return ok;
}

/// Nothing that a query asks for ends the stream: the next one may be answered.
HEDDLE_DECL services::reflection_response reflection_service::answer(request const& asked,
                                                                     descriptor_index const& index,
                                                                     std::set<std::string, std::less<>>& sent) const {
  using query = request::query;
  response said;
  said.valid_host = asked.host;
  said.original_request = asked;
  auto const error = [&said](status_code code, std::string text) {
    said.kind = response::answer::error;
    said.error_code = static_cast<std::int32_t>(code);
    said.error_message = std::move(text);
  };
  auto const files = [&](indexed_file const* file, auto const& why_not) {
    if (file == nullptr) return error(status_code::not_found, why_not());
    said.kind = response::answer::files;
    said.files = index.with_imports(*file, sent);
  };
  switch (asked.asked) {
    case query::file_by_filename:
      files(index.file(asked.text), [&] { return "no file \"" + asked.text + "\" is known here"; });
      break;
    case query::file_containing_symbol:
      files(index.symbol(asked.text), [&] { return missing(asked.text, index); });
      break;
    case query::file_containing_extension:
      files(index.extension(asked.text, asked.extension_number), [&] {
        return "no extension " + std::to_string(asked.extension_number) + " of \"" + asked.text + "\" is known here";
      });
      break;
    case query::all_extension_numbers_of_type:
      if (index.symbol(asked.text) == nullptr) {
        error(status_code::not_found, missing(asked.text, index));
        break;
      }
      said.kind = response::answer::extension_numbers;
      said.base_type_name = asked.text;
      said.extension_numbers = index.extension_numbers(asked.text);
      break;
    case query::list_services:
      said.kind = response::answer::services;
      said.services = names();
      break;
    case query::none: error(status_code::invalid_argument, "the request asks for nothing that is known here"); break;
  }
  return said;
}

/// Why nothing is known of a symbol.
HEDDLE_DECL std::string reflection_service::missing(std::string_view symbol, descriptor_index const& index) const {
  for (std::string const& name : names()) {
    bool const in_it = symbol.starts_with(name) && (symbol.size() == name.size() || symbol[name.size()] == '.');
    if (in_it && index.symbol(name) == nullptr)
      return "service " + name +
             " is served, but was generated without descriptors: heddle_generate(... DESCRIPTORS) embeds them" +
             (elsewhere_ == nullptr ? ", or enable_reflection() finds them in full protobuf messages" : "");
  }
  return "no symbol \"" + std::string(symbol) + "\" is known here";
}

}  // namespace heddle::detail
