// Statuses and metadata as header fields, and back.
#pragma once

#include <cstddef>

#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>

namespace heddle {

/// The final status of a call out of its trailers, or of the only header block of a Trailers-Only response. Adds the
/// user metadata in them to `user_trailers`; a status that is not OK carries its own copy as well. `http_status`
/// counts only if there is no `grpc-status` (0: not known). Status origin `peer` means that the fields said so; what
/// is made up for missing or malformed ones has origin `transport`, and a `-bin` value that can't be decoded turns an
/// OK into a local INTERNAL. Details that can't be decoded are left out.
status read_status(header_list const& trailers, int http_status, metadata& user_trailers);

/// Adds `grpc-status` always, `grpc-message` if there is a message, and `grpc-status-details-bin` if there are
/// details and its value is at most `max_details_size` long: peers limit header lists, often to 8 KiB, and details
/// are not worth the call. The metadata in s.trailers() is not added: see append_metadata().
void write_status(header_list& out, status const& s, std::size_t max_details_size = 4096);

/// Adds the entries as fields: values of `-bin` keys as base64, others without the blanks at their ends, which HTTP/2
/// forbids (RFC 9113 §8.2.1). Does not allocate beyond `out`, unless a binary value is longer than 384 bytes.
void append_metadata(metadata const& from, header_list& out);

/// Adds a received field to `to`, if it is user metadata. Fields of HTTP and of gRPC are skipped, and so are those
/// that HTTP allows but gRPC does not: all that is in `to` can be sent back by metadata::add(). A `-bin` value may be
/// several joined by commas. False when one of them is not base64; the call should then fail with INTERNAL.
[[nodiscard]] bool read_metadata(header_field const& field, metadata& to);

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/status_fields.ipp>
#endif
