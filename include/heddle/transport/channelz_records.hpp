// What options name to have a server or a channel recorded; heddle::channelz is one.
#pragma once

#include <memory>

#include <heddle/base/config.hpp>

namespace heddle {

namespace detail {

class channelz_registry;

}  // namespace detail

/// Where servers and channels keep what channelz tells of them. They share it, and it may go before them.
class channelz_records {
 public:
  channelz_records();
  std::shared_ptr<detail::channelz_registry> const& heddle_registry_() const noexcept { return registry_; }

 private:
  std::shared_ptr<detail::channelz_registry> registry_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/channelz_registry.hpp>
#endif
