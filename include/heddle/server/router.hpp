// From :path to the method that serves it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/base/status.hpp>
#include <heddle/rpc/method.hpp>
#include <heddle/transport/interceptor.hpp>

namespace heddle {

namespace asio = boost::asio;

class service;

}  // namespace heddle

namespace heddle::detail {

class server_call;

struct route {
  method_descriptor const* method;
  service* self;
  asio::awaitable<status> (*serve)(service& self, server_call& call);
  std::vector<interceptor const*> interceptors;
};

/// Filled before the server runs, and only read after that: by any number of connections.
class router {
 public:
  /// False when one of the paths is taken; nothing is added then.
  bool add(std::shared_ptr<service> added, interceptor_list const& interceptors);

  /// The path's field may carry the answer of the last time in its compression entry's cookie. The top bit is the
  /// HTTP/2 engine's.
  route const* find(header_field const& path) const {
    if (path.cookie != nullptr && (*path.cookie & index_mask) != 0)
      return routes_[(*path.cookie & index_mask) - 1].get();
    auto const found = by_path_.find(path.value);
    if (found == by_path_.end()) return nullptr;
    if (path.cookie != nullptr) *path.cookie |= static_cast<std::uint32_t>(found->second + 1);
    return routes_[found->second].get();
  }
  /// For calls of methods that nobody serves. False when there is one.
  bool set_fallback(std::shared_ptr<service> added,
                    asio::awaitable<status> (*serve)(service& self, server_call& call)) {
    if (fallback_.self != nullptr) return false;
    fallback_ = {nullptr, added.get(), serve, {}};
    services_.push_back(std::move(added));
    return true;
  }
  /// Without method and interceptors, which each call has for itself; null when there is none.
  route const* fallback() const noexcept { return fallback_.self != nullptr ? &fallback_ : nullptr; }
  std::vector<std::shared_ptr<service>> const& services() const noexcept { return services_; }
  /// "/service/method": two slashes, something behind each, and nothing that a server behind a proxy may read as
  /// another name of a method: many take a query off and undo percent-encoding. Whatever else a path looks like, the
  /// scopes of interceptors would not mean it, so that nobody may serve it.
  static bool is_canonical(std::string_view path) noexcept;
  /// Why find() has found nothing, with the nearest name if there is one.
  status not_found(std::string_view path) const;

 private:
  static constexpr std::uint32_t index_mask = 0x7fff'ffff;
  std::vector<std::unique_ptr<route>> routes_;
  std::unordered_map<std::string_view, std::size_t> by_path_;
  std::vector<std::shared_ptr<service>> services_;
  route fallback_{nullptr, nullptr, nullptr, {}};
};

}  // namespace heddle::detail
