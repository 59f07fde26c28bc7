// A test's coroutine, run to its end on the test's own thread and by its own clock.
#pragma once

#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <heddle/testing/manual_clock.hpp>

namespace heddle::testing {

/// Runs the clock's context until nothing is left to do, while `d` passes; none by default. Returns what `work`
/// returns, throws what it throws. Where sync_wait() would wait for ever, this throws std::runtime_error: `work` still
/// waits for something that never comes. It is cancelled then, so that what it refers to is no longer used; what
/// ignores that goes with the clock's context.
template <class T>
T run(manual_clock& clock, asio::awaitable<T> work, duration d = duration::zero()) {
  auto const promise = std::make_shared<std::promise<T>>();
  // Belongs to the coroutine, whose state of cancellation is in it: it may stay when this function has thrown.
  auto const signal = std::make_shared<asio::cancellation_signal>();
  auto const on_end = [promise, signal](std::exception_ptr e, auto&&... value) {
    if (e)
      promise->set_exception(e);
    else
      promise->set_value(std::forward<decltype(value)>(value)...);
  };
  std::future<T> end = promise->get_future();
  auto const done = [&end] { return end.wait_for(duration::zero()) == std::future_status::ready; };
  asio::co_spawn(clock.context(), std::move(work), asio::bind_cancellation_slot(signal->slot(), on_end));
  clock.advance(d);
  clock.settle();
  if (done()) return end.get();
  signal->emit(asio::cancellation_type::terminal);
  clock.settle();
  throw std::runtime_error("the test's coroutine did not end: it waits for something that does not come");
}

}  // namespace heddle::testing
