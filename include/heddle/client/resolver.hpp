// From a name to addresses: an interface, and the system's DNS behind it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/base/result.hpp>
#include <heddle/client/target.hpp>

namespace heddle {

namespace asio = boost::asio;

/// Resolves the name of one channel, again and again: before each attempt to connect. Replace it by
/// channel_options::use_resolver(). Destroying it cancels: `done` is not called then. That happens when it takes longer
/// than backoff_options::min_connect_timeout(); another one is made for the next attempt.
class resolver {
 public:
  using callback = std::function<void(result<std::vector<endpoint>>)>;

  virtual ~resolver() = default;
  /// Calls `done` on the executor it was made for, never from inside this function. One at a time.
  virtual void resolve(callback done) = 0;
};

/// Makes the resolver of a channel. `name.addresses` of a literal target are used without asking anybody.
using resolver_factory = std::function<std::unique_ptr<resolver>(target const& name, asio::any_io_executor executor)>;

/// getaddrinfo() through Asio, which runs it on a thread of its own: the one thread that the library is the cause of,
/// and only for names.
HEDDLE_DECL std::unique_ptr<resolver> make_dns_resolver(target const& name, asio::any_io_executor executor);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/resolver.ipp>
#endif
