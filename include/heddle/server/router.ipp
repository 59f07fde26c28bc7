#pragma once

#include <heddle/server/router.hpp>
#include <heddle/server/service.hpp>

namespace heddle::detail {

HEDDLE_DECL bool router::add(std::shared_ptr<service> added, interceptor_list const& interceptors) {
  auto const bindings = added->heddle_methods_();
  for (method_binding const& b : bindings)
    if (by_path_.count(b.method->path()) != 0) return false;
  for (method_binding const& b : bindings) {
    routes_.push_back(std::make_unique<route>(route{b.method, added.get(), b.serve, {}}));
    interceptors.collect(*b.method, routes_.back()->interceptors);
    by_path_.emplace(b.method->path(), routes_.size() - 1);
  }
  services_.push_back(std::move(added));
  return true;
}

}  // namespace heddle::detail
