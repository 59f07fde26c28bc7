#pragma once

#include <charconv>

#include <heddle/rpc/content_type.hpp>
#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/rpc/http_mapping.hpp>
#include <heddle/rpc/status_fields.hpp>
#include <heddle/rpc/timeout.hpp>

namespace heddle::rpc {

namespace detail {

HEDDLE_DECL void add_content_type(header_list& fields, std::string_view subtype) {
  if (subtype.empty()) {
    fields.add(header_name::content_type, "application/grpc");
  } else if (subtype == "proto") {
    fields.add(header_name::content_type, "application/grpc+proto");
  } else {
    fields.add(header_name::content_type, "application/grpc+" + std::string(subtype));
  }
}

HEDDLE_DECL void add_trailers(status const& s, metadata const& trailers, header_list& fields) {
  write_status(fields, s);
  append_metadata(trailers, fields);
  append_metadata(s.trailers(), fields);
}

/// A list may be several fields (RFC 9110 §5.3).
HEDDLE_DECL void add_to_list(std::string& list, std::string_view more) {
  if (!list.empty()) list += ',';
  list += more;
}

HEDDLE_DECL int parse_http_status(std::string_view text) noexcept {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace detail

HEDDLE_DECL bool grpc_protocol::speaks(std::string_view content_type) const noexcept {
  return classify_content_type(content_type).is_grpc;
}

HEDDLE_DECL status grpc_protocol::read_request(header_list const& fields, request_head& head) const {
  status wrong;
  for (header_field const field : fields) {
    switch (field.token) {
      case header_name::path: head.path.assign(field.value); break;
      case header_name::authority: head.authority.assign(field.value); break;
      case header_name::host:  // counts only where there is no :authority (gRFC A41)
        if (head.authority.empty()) head.authority.assign(field.value);
        break;
      case header_name::content_type: head.subtype.assign(classify_content_type(field.value).subtype); break;
      case header_name::grpc_encoding:
        if (field.value != "identity") head.encoding.assign(field.value);
        break;
      case header_name::grpc_accept_encoding: detail::add_to_list(head.accepted, field.value); break;
      case header_name::grpc_timeout:
        head.timeout = parse_timeout(field.value);
        if (!head.timeout)
          wrong = status(status_code::internal, "grpc-timeout \"" + std::string(field.value) +
                                                    "\" is malformed: 1 to 8 digits and one of HMSmun are wanted");
        break;
      default:
        if (!read_metadata(field, head.metadata))
          wrong = status(status_code::internal, "metadata " + std::string(field.name) + " is not base64");
    }
  }
  return wrong;
}

HEDDLE_DECL void grpc_protocol::write_response(response_head const& head, header_list& fields) const {
  fields.add(header_name::status, "200");
  detail::add_content_type(fields, head.subtype);
  if (!head.encoding.empty()) fields.add(header_name::grpc_encoding, head.encoding);
  append_metadata(head.metadata, fields);
}

HEDDLE_DECL void grpc_protocol::write_trailers(status const& s, metadata const& trailers, header_list& fields) const {
  detail::add_trailers(s, trailers, fields);
}

HEDDLE_DECL void grpc_protocol::write_trailers_only(response_head const& head, status const& s,
                                                    metadata const& trailers, header_list& fields) const {
  fields.add(header_name::status, "200");
  detail::add_content_type(fields, head.subtype);
  if (!head.accepted.empty()) fields.add(header_name::grpc_accept_encoding, head.accepted);
  append_metadata(head.metadata, fields);
  detail::add_trailers(s, trailers, fields);
}

HEDDLE_DECL void grpc_protocol::write_request(request_head const& head, std::string_view scheme,
                                              std::string_view user_agent, header_list& fields) const {
  fields.add(header_name::method, "POST");
  fields.add(header_name::scheme, scheme);
  fields.add(header_name::path, head.path);
  fields.add(header_name::authority, head.authority);
  if (head.timeout) {  // before everything but the pseudo-headers
    timeout_buffer text;
    fields.add(header_name::grpc_timeout, format_timeout(*head.timeout, text));
  }
  fields.add(header_name::te, "trailers");
  detail::add_content_type(fields, head.subtype);
  if (!head.encoding.empty()) fields.add(header_name::grpc_encoding, head.encoding);
  if (!head.accepted.empty()) fields.add(header_name::grpc_accept_encoding, head.accepted);
  fields.add(header_name::user_agent, user_agent);
  append_metadata(head.metadata, fields);
}

HEDDLE_DECL status grpc_protocol::read_response(header_list const& fields, response_head& head) const {
  bool grpc = false, decodable = true;
  std::string_view type;
  for (header_field const field : fields) {
    switch (field.token) {
      case header_name::status: head.http_status = detail::parse_http_status(field.value); break;
      case header_name::content_type: {
        type = field.value;
        auto const info = classify_content_type(type);
        grpc = info.is_grpc;
        head.subtype.assign(info.subtype);
        break;
      }
      case header_name::grpc_encoding:
        if (field.value != "identity") head.encoding.assign(field.value);
        break;
      default:
        if (!read_metadata(field, head.metadata)) decodable = false;
    }
  }
  head.foreign = head.http_status != 200 || !grpc;
  if (head.http_status != 200)
    return status(status_from_http(head.http_status),
                  "HTTP status " + std::to_string(head.http_status) + " instead of a gRPC answer",
                  status_origin::transport);
  if (!grpc)
    return status(status_code::unknown, "content-type \"" + std::string(type) + "\" instead of application/grpc",
                  status_origin::transport);
  if (!decodable) return status(status_code::internal, "response metadata is not base64", status_origin::transport);
  return {};
}

HEDDLE_DECL status grpc_protocol::read_trailers(header_list const& fields, response_head const& head,
                                                metadata& trailers) const {
  if (head.http_status != 0) return read_status(fields, head.http_status, trailers);
  status s = read_status(fields, detail::parse_http_status(fields.get(header_name::status)), trailers);
  if (fields.contains(header_name::grpc_status)) return s;
  response_head only;  // whoever ends an answer so, and does not speak gRPC, is named
  status foreign = read_response(fields, only);
  if (!only.foreign) return s;
  foreign.set_trailers(s.trailers());
  return foreign;
}

HEDDLE_DECL status grpc_protocol::missing_trailers(response_head const& head) const {
  if (head.http_status != 200)
    return status(status_from_http(head.http_status), "HTTP status " + std::to_string(head.http_status),
                  status_origin::transport);
  return status(status_code::unknown, "the answer ended without grpc-status", status_origin::transport);
}

}  // namespace heddle::rpc
