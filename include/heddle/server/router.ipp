#pragma once

#include <string>
#include <utility>

#include <heddle/server/nearest.hpp>
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

HEDDLE_DECL bool router::is_canonical(std::string_view path) noexcept {
  auto const slash = path.rfind('/');
  return path.starts_with('/') && slash > 1 && slash + 1 < path.size() && slash == path.find('/', 1) &&
         path.find_first_of("?#%") == std::string_view::npos;
}

HEDDLE_DECL status router::not_found(std::string_view path) const {
  if (!is_canonical(path))
    return status(status_code::unimplemented,
                  "malformed method name \"" + std::string(path) + "\": /service/method is wanted");
  auto const slash = path.rfind('/');
  std::string_view const wanted_service = path.substr(1, slash - 1), wanted_method = path.substr(slash + 1);
  nearest_name service(wanted_service), method(wanted_method);
  bool known = false;
  for (auto const& r : routes_) {
    if (r->method->service() == wanted_service) {
      known = true;
      method.look_at(r->method->name());
    } else if (!known) {
      service.look_at(r->method->service());
    }
  }
  std::string text = known ? "service " + std::string(wanted_service) + " has no method " + std::string(wanted_method)
                           : "unknown service " + std::string(wanted_service);
  std::string_view const near = known ? method.found() : service.found();
  if (!near.empty()) text += "; did you mean " + std::string(near) + "?";
  return status(status_code::unimplemented, std::move(text));
}

}  // namespace heddle::detail
