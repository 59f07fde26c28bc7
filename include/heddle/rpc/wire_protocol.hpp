// How calls look in headers, envelopes and trailers. gRPC is the first; gRPC-Web and Connect are others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <heddle/base/header_list.hpp>
#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>
#include <heddle/base/time.hpp>

namespace heddle::rpc {

/// What a request's head says. Recycled with its call: clear() keeps memory.
struct request_head {
  std::string path;
  std::string authority;
  std::string subtype;     // of the content-type: "proto", "json", … ; empty: none was named
  std::string encoding;    // of the messages; empty: identity
  std::string accepted;    // encodings of the answer's messages, as a list; empty: nothing is said
  std::optional<duration> timeout;
  heddle::metadata metadata;

  void clear() noexcept {
    path.clear();
    authority.clear();
    subtype.clear();
    encoding.clear();
    accepted.clear();
    timeout.reset();
    metadata.clear();
  }
};

/// What a response's head says.
struct response_head {
  int http_status = 0;
  bool foreign = false;  // no answer of this protocol: its body is for people
  std::string subtype;
  std::string encoding;
  std::string accepted;  // encodings that the server knows, as a list; empty: nothing is said
  heddle::metadata metadata;

  void clear() noexcept {
    http_status = 0;
    foreign = false;
    subtype.clear();
    encoding.clear();
    accepted.clear();
    metadata.clear();
  }
};

/// Stateless, shared by all calls of all connections.
class wire_protocol {
 public:
  // ---- server

  /// Whether a request with that content-type is this protocol's.
  virtual bool speaks(std::string_view content_type) const noexcept = 0;
  /// Reads a head. A status that is not OK is the call's answer.
  virtual status read_request(header_list const& fields, request_head& head) const = 0;
  virtual void write_response(response_head const& head, header_list& fields) const = 0;
  /// The end of an answer whose head was sent.
  virtual void write_trailers(status const& s, metadata const& trailers, header_list& fields) const = 0;
  /// An answer without messages whose head was not sent: head and end in one, where the protocol has such a thing.
  virtual void write_trailers_only(response_head const& head, status const& s, metadata const& trailers,
                                   header_list& fields) const = 0;

  // ---- client

  virtual void write_request(request_head const& head, std::string_view scheme, std::string_view user_agent,
                             header_list& fields) const = 0;
  /// Reads a head that does not end the answer. A status that is not OK is the call's end.
  virtual status read_response(header_list const& fields, response_head& head) const = 0;
  /// Reads the final status and the trailing metadata. `head`: what came before; a head that is also the end
  /// (Trailers-Only) is given here alone, with http_status 0 in `head`.
  virtual status read_trailers(header_list const& fields, response_head const& head, metadata& trailers) const = 0;
  /// The answer ended without trailers.
  virtual status missing_trailers(response_head const& head) const = 0;

 protected:
  ~wire_protocol() = default;
};

}  // namespace heddle::rpc
