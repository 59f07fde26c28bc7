// A value, or the status that says why there is none.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <heddle/base/rpc_error.hpp>
#include <heddle/base/status.hpp>

namespace heddle {

/// Made implicitly from a T or from a status. `value()` throws rpc_error when there is none; `error()` is OK when there
/// is one. A result must not be made from an OK status.
template <class T>
using result = boost::system::result<T, status>;

/// What boost::system::result calls, found by argument-dependent lookup, when value() is asked of an error.
[[noreturn]] inline void throw_exception_from_error(status const& why, boost::source_location const&) {
  if (why.is_ok()) throw rpc_error(status_code::internal, "an OK status was given where a value was expected");
  throw rpc_error(why);
}

/// Makes a call hand back a `result<T>` instead of throwing.
struct as_result_t {};
inline constexpr as_result_t as_result;

}  // namespace heddle
