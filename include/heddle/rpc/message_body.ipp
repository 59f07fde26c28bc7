#pragma once

#include <string>

#include <heddle/rpc/message_body.hpp>

namespace heddle::rpc {

HEDDLE_DECL status no_such_message(char const* what, message_ops const& ops) {
  return status(status_code::internal, std::string(what) + " is no " + std::string(ops.type_name()));
}

}  // namespace heddle::rpc
