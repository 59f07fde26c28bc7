// Load reports: TestOrcaReport, as the interop messages have it, and ORCA's own message.
#pragma once

#include <string>

#include "grpc/testing/messages.pb.h"
#include "xds/service/orca/v3/orca.heddle.hpp"

namespace interop {

namespace orca = xds::service::orca::v3;
using xds::data::orca::v3::OrcaLoadReport;

inline constexpr char const* orca_trailer = "endpoint-load-metrics-bin";

inline OrcaLoadReport load_report(grpc::testing::TestOrcaReport const& wanted) {
  OrcaLoadReport report;
  report.set_cpu_utilization(wanted.cpu_utilization());
  report.set_mem_utilization(wanted.memory_utilization());
  *report.mutable_request_cost() = wanted.request_cost();
  *report.mutable_utilization() = wanted.utilization();
  return report;
}

}  // namespace interop
