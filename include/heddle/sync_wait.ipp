// What most programs wait for, compiled once.
#pragma once

#include <heddle/sync_wait.hpp>

namespace heddle {

template void sync_wait(asio::io_context& context, asio::awaitable<void> operation);
template std::size_t sync_wait(asio::io_context& context, asio::awaitable<std::size_t> operation);

}  // namespace heddle
