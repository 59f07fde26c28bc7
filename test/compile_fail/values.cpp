// Mistakes with what both sides share. CASE 0 is right.
#if CASE == 1  // expect: needs HEDDLE_SEPARATE_COMPILATION
#undef HEDDLE_SEPARATE_COMPILATION
#include <heddle/src.hpp>
#endif
#include "prelude.hpp"

#if CASE == 2  // expect: generate it again
#undef HEDDLE_CODEGEN_VERSION
#define HEDDLE_CODEGEN_VERSION 1000000
#endif
#include "route_guide.heddle.hpp"

heddle::status work();
heddle::result<HelloReply> ask();

void values() {
#if CASE == 0
  if (auto const answer = ask(); answer.has_error()) static_cast<void>(answer.error().code());
#elif CASE == 3  // expect: nodiscard
  work();
#elif CASE == 4  // expect: conversion|convert
  HelloReply const reply = ask();
#elif CASE == 5  // expect: conversion|convert
  heddle::status const status = "not found";
#elif CASE == 6  // expect: conversion|convert
  heddle::status const status = heddle::status_code::not_found;
#elif CASE == 7  // expect: message_traits
  static constexpr heddle::unary_method<int, HelloReply> method("/a.B/C");
#elif CASE == 8  // expect: convert|invalid|cannot initialize
  heddle::status_code const code = 5;
#endif
}
