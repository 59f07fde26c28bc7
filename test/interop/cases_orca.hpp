// Load reports with each call, and out of band. Weighting by them is a balancer's; these read them where they come.
#pragma once

#include <google/protobuf/util/message_differencer.h>
#include <chrono>
#include <string>

#include "cases.hpp"
#include "orca.hpp"

namespace interop {

inline TestOrcaReport test_report(double cpu, double memory, double util) {
  TestOrcaReport report;
  report.set_cpu_utilization(cpu);
  report.set_memory_utilization(memory);
  (*report.mutable_utilization())["util"] = util;
  return report;
}

inline bool same_report(OrcaLoadReport const& a, OrcaLoadReport const& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

inline asio::awaitable<void> orca_per_rpc(environment& where) {
  client stub(where.channel());
  SimpleRequest request;
  TestOrcaReport wanted = test_report(0.8210, 0.5847, 0.30499);
  (*wanted.mutable_request_cost())["cost"] = 3456.32;
  *request.mutable_orca_per_query_report() = wanted;
  heddle::call_info info;
  co_await stub.unary_call(request, heddle::call_options().info(info));
  auto const bytes = info.trailers().get(orca_trailer);
  check(bytes.has_value(), std::string("no trailer ") + orca_trailer);
  OrcaLoadReport report;
  check(report.ParseFromString(std::string(*bytes)), "the trailer is no OrcaLoadReport");
  check(same_report(report, load_report(wanted)),
        "the server reports a load that is not the one it was told: cpu_utilization " +
            std::to_string(report.cpu_utilization()));
}

template <class Reports, class Call>
asio::awaitable<void> check_reported(Reports& reports, Call& call, TestOrcaReport wanted) {
  StreamingOutputCallRequest request;
  *request.mutable_orca_oob_report() = wanted;
  request.add_response_parameters()->set_size(1);
  co_await call.write(request);
  auto const response = co_await call.read();
  check(response.has_value(), "no response");
  OrcaLoadReport report;
  do {
    bool const more = co_await reports.read(report);
    check(more, "the load reports have ended");
  } while (!same_report(report, load_report(wanted)));
}

inline asio::awaitable<void> orca_oob(environment& where) {
  client stub(where.channel());
  orca::open_rca_service::client metrics(where.channel());
  orca::OrcaLoadReportRequest each_second;
  each_second.mutable_report_interval()->set_seconds(1);
  auto const limit = heddle::call_options().timeout(std::chrono::seconds(25));
  auto reports = metrics.stream_core_metrics(each_second, limit);
  auto call = stub.full_duplex_call(limit);
  co_await check_reported(reports, call, test_report(0.8210, 0.5847, 0.30499));
  co_await check_reported(reports, call, test_report(0.29309, 0.2, 0.2039));
  co_await call.writes_done();
  heddle::status const outcome = co_await end_of(call);
  check_code(outcome, heddle::status_code::ok);
}

inline case_map orca_cases() {
  return {
      {"orca_per_rpc", orca_per_rpc},
      {"orca_oob", orca_oob},
  };
}

}  // namespace interop
