// xds.service.orca.v3.OpenRcaService: what load this server reports, to whoever wants to hear of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <heddle/server.hpp>
#include <heddle/transport/clock.hpp>

#include "orca.hpp"

namespace interop {

/// For servers that run on one thread.
class orca_service final : public orca::open_rca_service::service {
 public:
  /// Held by one test at a time, or they would see each other's reports.
  using turn = std::shared_ptr<void>;
  boost::asio::awaitable<turn> take_turn() {
    while (!turn_.expired()) co_await heddle::system_clock().sleep_for(std::chrono::milliseconds(10));
    turn const mine = std::make_shared<bool>();
    turn_ = mine;
    co_return mine;
  }
  void report(OrcaLoadReport now) { now_ = std::move(now); }

 private:
  heddle::reply<void> stream_core_metrics(heddle::server_context&, orca::OrcaLoadReportRequest& request,
                                          heddle::writer<OrcaLoadReport>& out) override {
    auto const wanted = std::chrono::seconds(request.report_interval().seconds()) +
                        std::chrono::nanoseconds(request.report_interval().nanos());
    auto const interval = std::max<heddle::duration>(wanted, std::chrono::seconds(1));
    while (true) {
      OrcaLoadReport report = now_;
      if (request.request_cost_names_size() != 0) keep_costs(report, request);
      co_await out.write(report);
      co_await heddle::system_clock().sleep_for(interval);
    }
  }

  static void keep_costs(OrcaLoadReport& report, orca::OrcaLoadReportRequest const& request) {
    auto const all = report.request_cost();
    report.clear_request_cost();
    for (auto const& name : request.request_cost_names())
      if (auto const found = all.find(name); found != all.end()) (*report.mutable_request_cost())[name] = found->second;
  }

  OrcaLoadReport now_;
  std::weak_ptr<void> turn_;
};

}  // namespace interop
