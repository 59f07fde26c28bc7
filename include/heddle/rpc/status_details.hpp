// google.rpc.Status, which travels in `grpc-status-details-bin`, without generated code.
#pragma once

#include <string>
#include <string_view>

#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>

namespace heddle {

/// Appends the serialised google.rpc.Status: code, message and details.
void encode_status_details(status const& s, std::string& out);

/// Adds the details of a serialised google.rpc.Status to `into`, whose own code and message stand: where they differ
/// from those inside, the plain headers win. False when it is malformed; `into` is then as before.
[[nodiscard]] bool decode_status_details(std::string_view text, status& into);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/status_details.ipp>
#endif
