// The client of gRPC's interop tests: interop_client --server_host=H --server_port=P --test_case=CASE
// [--use_tls [--ca_file=PEM | --use_test_ca] [--server_host_override=NAME]] [--soak_iterations=N and its company]
// Ends with 0 when the case passed and with 1 when it did not, after 30 seconds at the latest; a soak test has 20 more
// than its own limit. CASE "list" prints the names of all there are.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "cases_basic.hpp"
#include "cases_compression.hpp"
#include "cases_soak.hpp"
#include "security.hpp"
#if defined(INTEROP_ORCA)
#include "cases_orca.hpp"
#endif

namespace {

namespace asio = boost::asio;

interop::case_map all_cases() {
  interop::case_map cases = interop::basic_cases();
  cases.merge(interop::compression_cases());
  cases.merge(interop::soak_cases());
#if defined(INTEROP_ORCA)
  cases.merge(interop::orca_cases());
#endif
  return cases;
}

asio::awaitable<void> run_case(interop::test_case const& body, interop::flags const& given) {
  std::string const target = given.get("server_host", "localhost") + ":" + given.get("server_port", "10000");
  interop::environment where(co_await asio::this_coro::executor, given, target, interop::client_security(given));
  co_await body(where);
}

}  // namespace

int main(int argc, char** argv) try {
  // service_config_json chooses a balancer for others, where ours reads load reports without one.
  interop::flags const given(
      argc, argv,
      {"server_host", "server_port", "test_case", "use_tls", "use_test_ca", "ca_file", "server_host_override",
       "service_config_json", "soak_iterations", "soak_max_failures", "soak_per_iteration_max_acceptable_latency_ms",
       "soak_min_time_ms_between_rpcs", "soak_overall_timeout_seconds", "soak_request_size", "soak_response_size",
       "soak_num_threads"});
  interop::case_map const cases = all_cases();
  std::string const name = given.get("test_case", "large_unary");
  if (name == "list") {
    for (auto const& entry : cases) std::cout << entry.first << '\n';
    return 0;
  }
  auto const found = cases.find(name);
  if (found == cases.end()) throw std::invalid_argument("unknown test case " + name);

  std::chrono::seconds limit(30);
  if (name.ends_with("_soak"))
    limit = std::chrono::seconds(std::stoi(given.get("soak_overall_timeout_seconds", "10")) + 20);
  asio::io_context context(1);
  std::exception_ptr failure =
      std::make_exception_ptr(std::runtime_error(std::to_string(limit.count()) + " seconds were not enough"));
  asio::co_spawn(context, run_case(found->second, given), [&failure](std::exception_ptr e) { failure = e; });
  context.run_for(limit);
  if (failure) std::rethrow_exception(failure);
} catch (std::exception const& e) {
  std::cerr << "interop_client: " << e.what() << '\n';
  return 1;
}
