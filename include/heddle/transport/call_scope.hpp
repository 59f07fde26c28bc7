// A call that is being served, as the calls see it that are made on its behalf.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/time.hpp>
#include <heddle/transport/clock.hpp>

namespace heddle {

/// Made by server_context::scope(), taken by call_options::parent(). May be used from any thread.
class call_scope {
 public:
  /// A call that is to end with this one.
  class child {
   public:
    /// On any thread, once at most. To be taken note of and acted upon later: it must not come back to the scope.
    virtual void on_parent_end() = 0;

   protected:
    ~child() = default;
  };

  /// `deadline`: by that clock, which must outlive the scope; or `never`.
  call_scope(time_point deadline, clock& c) noexcept : deadline_(deadline), clock_(c) {}
  call_scope(call_scope const&) = delete;
  call_scope& operator=(call_scope const&) = delete;

  /// Of the deadline, never below zero; nothing if there is none.
  std::optional<duration> time_left() const noexcept;

  /// False when the call is over already: nobody will tell.
  bool add(child& c);
  /// When it returns, the child is told no more.
  void remove(child& c) noexcept;
  /// The call is over. Tells its children.
  void end();

 private:
  time_point const deadline_;
  clock& clock_;
  std::mutex mutex_;
  std::vector<child*> children_;
  bool over_ = false;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/call_scope.ipp>
#endif
