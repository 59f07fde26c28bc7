// What the benchmark clients report: one line of JSON that has calls (or messages) a second and the CPU time of each.
#pragma once

#include <chrono>
#include <cstdio>

#include <sys/resource.h>

namespace bench_program {

class stopwatch {
 public:
  void report(long n) const {
    double const wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    double const cpu = cpu_seconds() - cpu_;
    std::printf("{\"n\":%ld,\"wall_s\":%.4f,\"rps\":%.0f,\"cpu_us\":%.4f}\n", n, wall, double(n) / wall,
                cpu * 1e6 / double(n));
  }

 private:
  static double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_ = cpu_seconds();
};

}  // namespace bench_program
