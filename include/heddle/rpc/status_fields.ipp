#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <heddle/base/base64.hpp>
#include <heddle/base/percent.hpp>
#include <heddle/rpc/http_mapping.hpp>
#include <heddle/rpc/status_details.hpp>
#include <heddle/rpc/status_fields.hpp>

namespace heddle {

namespace status_fields_detail {

inline std::string_view trim(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

inline bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The status that the fields name, without its details and metadata.
inline status status_from_number(std::string_view number, std::string_view encoded_message) {
  if (number == "0") return ok;
  if (!all_digits(number))
    return status(status_code::unknown, "malformed grpc-status: '" + std::string(number.substr(0, 32)) + "'",
                  status_origin::transport);

  std::string_view significant = number.substr(std::min(number.find_first_not_of('0'), number.size() - 1));
  std::string message;
  auto code = status_code::unknown;
  if (auto const known = parse_status_code(significant)) {
    code = *known;
  } else {
    message = "unknown status code " + std::string(significant.substr(0, 32));
    if (!encoded_message.empty()) message += ": ";
  }
  percent_decode(encoded_message, message);
  return status(code, std::move(message), status_origin::peer);
}

inline status status_without_number(int http_status) {
  if (http_status == 0 || http_status == 200)
    return status(status_code::unknown, "the call ended without a grpc-status", status_origin::transport);
  return status(status_from_http(http_status), "HTTP status " + std::to_string(http_status) + " without a grpc-status",
                status_origin::transport);
}

inline void write_details(header_list& out, status const& s, std::size_t max_details_size) {
  std::string bytes;
  encode_status_details(s, bytes);
  if (base64_encoded_size(bytes.size()) > max_details_size) return;
  std::string text;
  base64_encode(bytes, text);
  out.add(header_name::grpc_status_details_bin, text);
}

}  // namespace status_fields_detail

HEDDLE_DECL status read_status(header_list const& trailers, int http_status, metadata& user_trailers) {
  using namespace status_fields_detail;
  std::optional<std::string_view> number;
  std::string_view message, details;
  bool metadata_ok = true;
  std::size_t const before = user_trailers.size();
  for (header_field const field : trailers) {
    if (field.token == header_name::grpc_status) {
      if (!number) number = field.value;
    } else if (field.token == header_name::grpc_message) {
      message = field.value;
    } else if (field.token == header_name::grpc_status_details_bin) {
      details = field.value;
    } else if (!read_metadata(field, user_trailers)) {
      metadata_ok = false;
    }
  }

  status s = number ? status_from_number(*number, message) : status_without_number(http_status);
  if (s.is_ok()) {
    if (metadata_ok) return s;
    s = status(status_code::internal, "undecodable binary metadata in the trailers");
  }
  if (std::string bytes; !details.empty() && base64_decode(details, bytes)) {
    bool const decoded = decode_status_details(bytes, s);
    static_cast<void>(decoded);  // details are extra: a broken one takes nothing from the status
  }
  metadata own;
  for (std::size_t i = before; i < user_trailers.size(); ++i) own.append(user_trailers[i].key, user_trailers[i].value);
  if (!own.empty()) s.set_trailers(std::move(own));
  return s;
}

HEDDLE_DECL void write_status(header_list& out, status const& s, std::size_t max_details_size) {
  std::array<char, 12> number;
  char* const end = std::to_chars(number.data(), number.data() + number.size(), static_cast<int>(s.code())).ptr;
  out.add(header_name::grpc_status, {number.data(), static_cast<std::size_t>(end - number.data())});
  if (!s.message().empty()) {
    std::string text;
    percent_encode(s.message(), text);
    out.add(header_name::grpc_message, text);
  }
  if (!s.details().empty()) status_fields_detail::write_details(out, s, max_details_size);
}

HEDDLE_DECL void append_metadata(metadata const& from, header_list& out) {
  for (metadata::entry const entry : from) {
    if (!is_binary_metadata_key(entry.key)) {
      out.add(entry.key, status_fields_detail::trim(entry.value));
      continue;
    }
    std::array<char, 512> buffer;
    std::size_t const size = base64_encoded_size(entry.value.size());
    if (size <= buffer.size()) {
      base64_encode(entry.value, buffer.data());
      out.add(entry.key, {buffer.data(), size});
    } else {
      std::string text;
      base64_encode(entry.value, text);
      out.add(entry.key, text);
    }
  }
}

HEDDLE_DECL bool read_metadata(header_field const& field, metadata& to) {
  if (is_reserved_metadata_key(field.name) || !is_valid_metadata_key(field.name)) return true;
  if (!is_binary_metadata_key(field.name)) {
    if (is_valid_metadata_text(field.value)) to.append(field.name, field.value);
    return true;
  }
  std::string_view rest = field.value;
  for (bool more = true; more;) {
    std::size_t const comma = rest.find(',');
    std::string_view const one = status_fields_detail::trim(rest.substr(0, comma));
    if (!to.append_written(field.name, [&](std::string& out) { return base64_decode(one, out); })) return false;
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace heddle
