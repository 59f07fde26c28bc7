// Runs every shape in a process of its own, since the broken ones crash, and prints a table.
#include <cstdio>
#include <cstring>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.hpp"

namespace {

int const lives_wrong = 3;
int const answers_wrong = 4;

[[noreturn]] void run_alone(canary::shape const& shape) {
  rlimit const no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (!std::freopen("/dev/null", "w", stderr)) _exit(1);  // what the allocator says of a double free
  bool const works = shape.works();
  _exit(canary::counted::live != 0 ? lives_wrong : works ? 0 : answers_wrong);
}

char const* verdict(int wait_status) {
  if (WIFSIGNALED(wait_status)) return strsignal(WTERMSIG(wait_status));
  switch (WEXITSTATUS(wait_status)) {
    case 0: return "works";
    case lives_wrong: return "destroys too often, or too rarely";
    case answers_wrong: return "computes wrongly";
    default: return "ends early";
  }
}

}  // namespace

int main() {
  std::vector<canary::shape> shapes = canary::task_shapes();
  for (canary::shape const& shape : canary::awaitable_shapes()) shapes.push_back(shape);
  int failures = 0;
  std::printf("compiler %s\n", __VERSION__);
  for (canary::shape const& shape : shapes) {
    std::fflush(stdout);
    pid_t const child = fork();
    if (child == 0) run_alone(shape);
    int wait_status = 0;
    if (child < 0 || waitpid(child, &wait_status, 0) != child) return 2;
    std::printf("  %-9s %-70s %s\n", shape.relied_on ? "relied on" : "banned", shape.name, verdict(wait_status));
    if (shape.relied_on && wait_status != 0) ++failures;
  }
  if (failures != 0) std::printf("%d shapes that heddle relies on are broken with this compiler\n", failures);
  return failures == 0 ? 0 : 1;
}
