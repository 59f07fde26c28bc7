#pragma once

#include <algorithm>

#include <heddle/base/rpc_error.hpp>
#include <heddle/transport/interceptor.hpp>

namespace heddle {

namespace detail {

HEDDLE_DECL void interception::reset() noexcept {
  request_hooks_.clear();
  response_hooks_.clear();
  header_hooks_.clear();
  depth_ = 0;
}

HEDDLE_DECL asio::awaitable<status> interception::run(std::size_t depth) {
  try {
    depth_ = depth;
    if (depth == chain_.size()) co_return co_await innermost();
    co_return co_await (*chain_[depth])(*this, next(*this, depth));
  } catch (rpc_error const& e) {
    if (!e.status().is_ok()) co_return e.status();
  } catch (...) {  // its text might be a secret
    on_exception(std::current_exception());
  }
  co_return status(status_code::unknown,
                   depth == chain_.size() ? "the handler threw an exception" : "an interceptor threw an exception");
}

HEDDLE_DECL asio::awaitable<status> interception::go_on(std::size_t depth) {
  status const outcome = co_await run(depth + 1);
  depth_ = depth;
  forget_deeper(depth);
  status const late = on_return();
  co_return outcome.is_ok() ? late : outcome;
}

HEDDLE_DECL void interception::forget_deeper(std::size_t depth) {
  auto const deeper = [depth](auto const& entry) { return entry.depth > depth; };
  std::erase_if(request_hooks_, deeper);
  std::erase_if(response_hooks_, deeper);
  std::erase_if(header_hooks_, deeper);
}

/// They run in the middle of reads and writes, which may be the library's own.
template <class F>
status interception::call_hooks(F f) {
  return status_caught(f, [this](std::exception_ptr error) {
    on_exception(std::move(error));
    return status(status_code::unknown, "a hook of an interceptor threw an exception");
  });
}

HEDDLE_DECL status interception::see_request(message_view& message) {
  return call_hooks([&] {
    for (auto const& entry : request_hooks_) {
      status const s = entry.hook(message);
      if (!s.is_ok()) return s;
    }
    return status();
  });
}

HEDDLE_DECL status interception::see_response(message_view& message) {
  return call_hooks([&] {
    for (auto entry = response_hooks_.rbegin(); entry != response_hooks_.rend(); ++entry) {
      status const s = entry->hook(message);
      if (!s.is_ok()) return s;
    }
    return status();
  });
}

HEDDLE_DECL status interception::see_response_headers(metadata& headers) {
  return call_hooks([&] {
    for (auto entry = header_hooks_.rbegin(); entry != header_hooks_.rend(); ++entry) entry->hook(headers);
    return status();
  });
}

}  // namespace detail

HEDDLE_DECL void interceptor_list::collect(method_descriptor const& method,
                                           std::vector<interceptor const*>& into) const {
  into.clear();
  for (entry const& e : entries_)
    if (e.scope.empty() || e.scope == method.service() || e.scope == method.path()) into.push_back(&e.f);
}

}  // namespace heddle
