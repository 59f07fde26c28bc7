// Shapes with a task of our own, so that nothing but the compiler can be at fault.
#include <stdexcept>
#include <string>
#include <tuple>

#include "canary.hpp"

namespace canary {
namespace {

struct aggregate {
  counted c;
  std::string text;
};

class fluent {
 public:
  fluent() {}
  fluent&& named(std::string text) && {
    text_ = std::move(text);
    return std::move(*this);
  }
  std::string const& text() const noexcept { return text_; }

 private:
  counted c_;
  std::string text_;
};

std::string long_text() { return std::string(40, 'x'); }

task seven() { co_return 7; }
task fails() {
  counted c;
  throw std::runtime_error("expected");
  co_return 0;
}
template <class F>
task call(F f) {
  co_return f();
}
task take(aggregate a) { co_return static_cast<int>(a.text.size()); }
task take_default(aggregate a = {}) { co_return static_cast<int>(a.text.size()); }
task take_fluent(fluent f = fluent()) { co_return static_cast<int>(f.text().size()); }
task take_text(std::string text) { co_return static_cast<int>(text.size()); }
task take_view(std::string const& text) { co_return co_await seven() + static_cast<int>(text.size()); }

task lambda_in_await() {
  counted x;
  co_return co_await call([x] { return x.intact() ? 7 : 0; });
}
task lambda_named() {
  counted x;
  auto f = [x] { return x.intact() ? 7 : 0; };
  co_return co_await call(std::move(f));
}
task lambda_without_captures() {
  co_return co_await call([] { return 7; });
}
task lambda_of_references() {
  counted x;
  co_return co_await call([&x] { return x.intact() ? 7 : 0; });
}
task aggregate_in_await() { co_return co_await take(aggregate{{}, long_text()}); }
task aggregate_named() {
  aggregate a{{}, long_text()};
  co_return co_await take(std::move(a));
}
task aggregate_by_default() { co_return co_await take_default(); }
task class_in_await() { co_return co_await take_fluent(fluent().named(long_text())); }
task class_by_default() { co_return co_await take_fluent(); }
task text_in_await() { co_return co_await take_text(long_text() + "y") + co_await take_view(long_text()); }
task two_in_one_expression() {
  auto const sum = [](counted const& c, int a, int b) { return c.intact() ? a + b : 0; };
  co_return sum(counted(), co_await seven(), co_await seven());
}
task conditional() {
  counted x;
  co_return x.intact() ? co_await seven() : co_await fails();
}
task conditions_and_loops() {
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    counted x;
    if (int const n = i; n > 0 && co_await seven() == 7) sum += n;
    if (x.intact() && sum > 2) break;
  }
  co_return sum;
}
task exception_through_await() {
  counted x;
  try {
    co_await fails();
  } catch (std::runtime_error const&) {
    co_return x.intact() ? 7 : 0;
  }
  co_return 0;
}

struct pair_task {
  task inner = seven();
  bool await_ready() noexcept { return false; }
  auto await_suspend(std::coroutine_handle<> h) noexcept { return inner.await_suspend(h); }
  std::pair<counted, int> await_resume() { return {counted(), inner.await_resume()}; }
};
task binding_of_await() {
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    auto [c, n] = co_await pair_task();
    if (n != co_await seven() || !c.intact()) continue;
    sum += n;
  }
  co_return sum;
}
task binding_of_named() {
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    auto r = co_await pair_task();
    auto& [c, n] = r;
    if (n != co_await seven() || !c.intact()) continue;
    sum += n;
  }
  co_return sum;
}

template <task (*Body)(), int Result>
bool gives() {
  return Body().run() == Result;
}

}  // namespace

std::vector<shape> task_shapes() {
  return {
      {false, "co_await f([x] {...}): x copied into the lambda", gives<lambda_in_await, 7>},
      {true, "auto g = [x] {...}; co_await f(std::move(g))", gives<lambda_named, 7>},
      {true, "co_await f([] {...})", gives<lambda_without_captures, 7>},
      {false, "co_await f([&x] {...})", gives<lambda_of_references, 7>},
      {false, "co_await f(aggregate{...})", gives<aggregate_in_await, 40>},
      {true, "aggregate a{...}; co_await f(std::move(a))", gives<aggregate_named, 40>},
      {false, "co_await f() with a default argument aggregate = {}", gives<aggregate_by_default, 0>},
      {true, "co_await f(options().named(...)): a class with constructors", gives<class_in_await, 40>},
      {true, "co_await f() with a default argument of such a class", gives<class_by_default, 0>},
      {true, "co_await f(a_string() + \"y\") + co_await g(a_string())", gives<text_in_await, 88>},
      {true, "f(object(), co_await a(), co_await b())", gives<two_in_one_expression, 14>},
      {true, "condition ? co_await a() : co_await b()", gives<conditional, 7>},
      {true, "if (init; condition && co_await a()) in a loop", gives<conditions_and_loops, 3>},
      {true, "an exception through co_await", gives<exception_through_await, 7>},
      {false, "auto [a, b] = co_await f() in a loop", gives<binding_of_await, 21>},
      {true, "auto r = co_await f(); auto& [a, b] = r; in a loop", gives<binding_of_named, 21>},
  };
}

}  // namespace canary
