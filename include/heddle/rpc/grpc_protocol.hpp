// gRPC over HTTP/2 (PROTOCOL-HTTP2.md): the first wire protocol.
#pragma once

#include <heddle/base/config.hpp>
#include <heddle/rpc/wire_protocol.hpp>

namespace heddle::rpc {

class grpc_protocol final : public wire_protocol {
 public:
  /// The only one: it has no state.
  static grpc_protocol const& instance() noexcept {
    static constexpr grpc_protocol only;
    return only;
  }
  constexpr grpc_protocol() noexcept = default;

  HEDDLE_DECL bool speaks(std::string_view content_type) const noexcept override;
  HEDDLE_DECL status read_request(header_list const& fields, request_head& head) const override;
  HEDDLE_DECL void write_response(response_head const& head, header_list& fields) const override;
  HEDDLE_DECL void write_trailers(status const& s, metadata const& trailers, header_list& fields) const override;
  HEDDLE_DECL void write_trailers_only(response_head const& head, status const& s, metadata const& trailers,
                                       header_list& fields) const override;
  HEDDLE_DECL void write_request(request_head const& head, std::string_view scheme, std::string_view user_agent,
                                 header_list& fields) const override;
  HEDDLE_DECL status read_response(header_list const& fields, response_head& head) const override;
  HEDDLE_DECL status read_trailers(header_list const& fields, response_head const& head,
                                   metadata& trailers) const override;
  HEDDLE_DECL status missing_trailers(response_head const& head) const override;
};

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/grpc_protocol.ipp>
#endif
