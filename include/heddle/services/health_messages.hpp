// grpc.health.v1, as structs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/services/message.hpp>

namespace heddle {

/// grpc.health.v1.HealthCheckResponse.ServingStatus. `service_unknown` is for answers of Watch only.
enum class serving_status : std::uint8_t { unknown, serving, not_serving, service_unknown };

}  // namespace heddle

namespace heddle::services {

struct health_check_request : message {
  static constexpr std::string_view type_name = "grpc.health.v1.HealthCheckRequest";
  std::string service;

  void write(wire::writer& out) const { write_text(out, 1, service); }
  bool read(wire::reader const& field) {
    if (field.tag() == wire::tag(1, wire::wire_type::bytes)) service = field.bytes();
    return true;
  }
};

struct health_check_response : message {
  static constexpr std::string_view type_name = "grpc.health.v1.HealthCheckResponse";
  serving_status status = serving_status::unknown;

  void write(wire::writer& out) const { write_number(out, 1, static_cast<std::int64_t>(status)); }
  bool read(wire::reader const& field) {
    if (field.tag() == wire::tag(1, wire::wire_type::varint))
      status = field.varint() > 3 ? serving_status::unknown : static_cast<serving_status>(field.varint());
    return true;
  }
};

struct health_list_request : message {
  static constexpr std::string_view type_name = "grpc.health.v1.HealthListRequest";

  void write(wire::writer&) const {}
  bool read(wire::reader const&) { return true; }
};

struct health_list_response : message {
  static constexpr std::string_view type_name = "grpc.health.v1.HealthListResponse";
  std::vector<std::pair<std::string, health_check_response>> statuses;

  void write(wire::writer& out) const {
    for (auto const& status : statuses) {
      out.nested(1, [&status](wire::writer& entry) {
        entry.bytes(1, status.first);
        write_message(entry, 2, status.second);
      });
    }
  }
  bool read(wire::reader const& field) {
    if (field.tag() != wire::tag(1, wire::wire_type::bytes)) return true;
    auto& [name, answer] = statuses.emplace_back();
    wire::reader entry(field.bytes());
    while (entry.next()) {
      if (entry.tag() == wire::tag(1, wire::wire_type::bytes)) name = entry.bytes();
      if (entry.tag() == wire::tag(2, wire::wire_type::bytes) && !unpack(answer, entry.bytes())) return false;
    }
    return !entry.failed();
  }
};

}  // namespace heddle::services
