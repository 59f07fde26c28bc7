#pragma once

#include <stdexcept>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/client/core.hpp>
#include <heddle/client/generic.hpp>

namespace heddle::detail {

HEDDLE_DECL std::string checked_path(std::string_view path) {
  auto const visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (!path.starts_with('/') || path.size() == 1)
    throw std::invalid_argument("method \"" + std::string(path) + "\": /package.Service/Method is wanted");
  for (char const c : path)
    if (!visible(c))
      throw std::invalid_argument("method \"" + std::string(path) + "\" has a character that no path may have");
  return std::string(path);
}

HEDDLE_DECL asio::awaitable<result<raw_message>> call_unary(std::shared_ptr<channel_core> core,
                                                            std::shared_ptr<named_unary const> method,
                                                            raw_message const& request, call_options options) {
  raw_message response;
  unary_run run(core, co_await asio::this_coro::executor);
  run.begin(*method, options, &request, &response, method);
  co_await run.wait();
  status outcome = run.end(options);
  if (!outcome.is_ok()) co_return outcome;
  co_return response;
}

HEDDLE_DECL asio::awaitable<raw_message> call_unary_or_throw(std::shared_ptr<channel_core> core,
                                                             std::shared_ptr<named_unary const> method,
                                                             raw_message const& request, call_options options) {
  auto outcome = co_await call_unary(std::move(core), std::move(method), request, std::move(options));
  if (outcome.has_error()) throw rpc_error(outcome.error());
  co_return std::move(*outcome);
}

}  // namespace heddle::detail
