#!/usr/bin/env bash
# Coroutine shapes that compilers get wrong without a word, or that take a caller's cancellation away; test/canary
# shows what they do with the compiler at hand. In headers, examples and generated code, because there they are also
# our users' code.
#   capturing_lambda    co_await f([c] {...}): g++ 12 destroys the captures twice. Name the lambda first
#   braced_argument     co_await f(T{...}), co_await f({...}): the same for aggregates. Name the value, or T(...)
#   default_argument    = {} in a function that returns an awaitable: the same, where nobody sees it. Overload instead
#   structured_binding  auto [a, b] = co_await ...: g++ 15 and 16 skip destructors. Bind auto r = co_await ... first
#   cancellation_state  the state belongs to the whole stack of coroutines: only runners that we spawn may change it
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

files '*.hpp' '*.ipp' '*.cpp' | { grep -E '^(include|examples)/|/golden' || true; } | tr '\n' '\0' |
  xargs -0 -r grep -lE 'co_await|awaitable<|reply<|reset_cancellation_state|throw_if_cancelled' -- /dev/null |
  tr '\n' '\0' | xargs -0 -r awk -f "$here/coroutines.awk" | report
