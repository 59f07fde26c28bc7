// Sessions of a client that its next connections may resume.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

namespace heddle::transport {

namespace asio = boost::asio;

using tls_session = std::shared_ptr<SSL_SESSION>;

/// By the name that the server has proved to have, and for one context: a resumed session is not verified again, so one
/// that another context has verified is worth nothing. Each is given out once (RFC 8446, C.4). Thread-safe.
class tls_sessions {
 public:
  void put(std::shared_ptr<asio::ssl::context> const& context, std::string const& name, tls_session session) {
    std::lock_guard const lock(mutex_);
    use(context);
    std::vector<tls_session>& kept = by_name_[name];
    if (kept.size() == max_kept) kept.erase(kept.begin());
    kept.push_back(std::move(session));
  }
  /// The newest one, or null.
  tls_session take(std::shared_ptr<asio::ssl::context> const& context, std::string const& name) {
    std::lock_guard const lock(mutex_);
    use(context);
    auto const found = by_name_.find(name);
    if (found == by_name_.end() || found->second.empty()) return nullptr;
    tls_session session = std::move(found->second.back());
    found->second.pop_back();
    return session;
  }

 private:
  static constexpr std::size_t max_kept = 4;

  void use(std::shared_ptr<asio::ssl::context> const& context) {
    if (context_ == context) return;
    context_ = context;
    by_name_.clear();
  }

  std::mutex mutex_;
  std::shared_ptr<asio::ssl::context> context_;
  std::map<std::string, std::vector<tls_session>> by_name_;
};

}  // namespace heddle::transport
