#pragma once

#include <utility>

#include <heddle/transport/tls.hpp>
#include <heddle/transport/tls_stream.hpp>

namespace heddle {

HEDDLE_DECL std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)> tls_server(
    tls_context_source contexts) {
  return [contexts = std::move(contexts)](std::unique_ptr<byte_stream> inner) -> std::unique_ptr<byte_stream> {
    return std::make_unique<transport::tls_stream>(std::move(inner), contexts);
  };
}

}  // namespace heddle
