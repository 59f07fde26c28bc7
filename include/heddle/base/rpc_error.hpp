// The exception that an RPC which did not end with OK becomes at the public edge.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include <heddle/base/status.hpp>

namespace heddle {

/// Carries the status of a call. what() is to_string(status()), for example `NOT_FOUND: no such feature`.
/// A handler may throw it to answer with that status. Copying does not throw.
class rpc_error : public std::runtime_error {  // whose text is shared, so that a copy of the exception can't throw
 public:
  explicit rpc_error(heddle::status why) : std::runtime_error(to_string(why)), status_(std::move(why)) {}
  rpc_error(status_code code, std::string message) : rpc_error(heddle::status(code, std::move(message))) {}

  heddle::status const& status() const noexcept { return status_; }

 private:
  heddle::status status_;
};

namespace detail {

/// What `f()` returns, or throws as an rpc_error; `accident(exception)` says what anything else becomes. For code of
/// the application that is called where no exception may leave.
template <class F, class Accident>
status status_caught(F f, Accident accident) {
  try {
    return f();
  } catch (rpc_error const& e) {
    if (!e.status().is_ok()) return e.status();
    return accident(std::current_exception());
  } catch (...) {
    return accident(std::current_exception());
  }
}

}  // namespace detail

}  // namespace heddle
